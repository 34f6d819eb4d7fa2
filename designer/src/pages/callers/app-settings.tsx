import type { Output } from '../../api/operation-types.ts';
import { App } from 'antd';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { FormProvider } from '../../kit/form/form-context.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { APP_FIELDS, appProblems, wholeApp } from './app-schema.ts';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  settings: ['应用设置', 'Settings of the app'],
  saved: ['已保存，网关一秒内生效', 'Saved: gateways use it within a second'],
});

type AppDocument = Output<'apps.get'>;

interface AppSettingsProps {
  readonly app: AppDocument;
  readonly onSaved: (app: AppDocument) => void;
  readonly onReload: () => void;
}

/** Edits name, owner, state and clock tolerance of the app. */
export function AppSettings({ app, onSaved, onReload }: AppSettingsProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { message } = App.useApp();
  const save = useMutationOf('apps.save');
  const { appId, revision, ...content } = app;
  const fixed = { appId, revision };
  const submit = async (next: Content) => {
    onSaved(await save.mutateAsync({ appId, document: wholeApp(next, fixed) }));
    void message.success(t('saved'));
  };
  const isReadOnly = !may('callers.edit');
  return (
    <DocumentForm
      key={revision}
      title={t('settings')}
      content={content}
      isReadOnly={isReadOnly}
      error={save.error}
      isSaving={save.isPending}
      problems={(next, language) => appProblems(next, fixed, language)}
      onSave={(next) => void submit(next).catch(() => undefined)}
      onReload={() => {
        save.reset();
        onReload();
      }}
      form={({ content: now, change }) => (
        <Panel title={t('settings')}>
          <FormProvider isReadOnly={isReadOnly}>
            <SchemaForm editors={FIELD_EDITORS} schema={APP_FIELDS} value={now} onChange={change} />
          </FormProvider>
        </Panel>
      )}
    />
  );
}
