import { App } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { withSuggestedId } from '../../kit/document/suggested-id.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { NoRight } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { useMade } from '../../kit/document/use-made.ts';
import { APP_NEW, appProblems, wholeApp } from './app-schema.ts';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  callers: ['调用方', 'Callers'],
  title: ['新建应用', 'New app'],
  help: [
    '应用属于一个单位；创建后为它添加密钥、授权接口，再把签名示例交给对方。',
    'An app belongs to an organisation. After creating it, add a key and grants, and give the signing example to the caller.',
  ],
  settings: ['应用设置', 'Settings of the app'],
  saved: ['应用已创建', 'The app has been created'],
});

const FIXED = { revision: 0, state: 'active' } as const;

/** Creates an app. Keys and grants are added later, on the page of the app. */
export function NewAppPage() {
  const may = useMay();
  const domain = useStartDomain();
  if (!may('callers.edit')) return <NoRight permission="callers.edit" />;
  return domain === undefined ? null : <NewApp domain={domain} />;
}

function NewApp({ domain }: { readonly domain: string }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const save = useMutationOf('apps.save');
  const [start] = useState<Content>({ domain });
  const { isMade, setMade } = useMade('/callers');
  const submit = async (content: Content) => {
    const document = wholeApp(content, FIXED);
    await save.mutateAsync({ appId: document.appId, document });
    void message.success(t('saved'));
    setMade(document.appId);
  };
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} trail={[{ label: t('callers'), to: '/callers' }]} />
      <DocumentForm
        isNew
        title={t('settings')}
        content={start}
        isReadOnly={false}
        error={save.error}
        isSaving={save.isPending || isMade}
        problems={(content, language) => appProblems(content, FIXED, language)}
        onSave={(content) => void submit(content).catch(() => undefined)}
        onReload={() => save.reset()}
        form={({ content, change, isFresh }) => (
          <Panel>
            <SchemaForm
              editors={FIELD_EDITORS}
              schema={APP_NEW}
              value={content}
              isFresh={isFresh}
              onChange={(next) => change(withSuggestedId(content, next, 'appId', ''))}
            />
          </Panel>
        )}
      />
    </Page>
  );
}
