import { App } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { NoRight } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { useMade } from '../../kit/document/use-made.ts';
import { InterfaceCall } from './interface-aside.tsx';
import { CheckedForm } from './interface-page.tsx';
import { interfaceProblems, newInterface, wholeInterface } from './interface-schema.ts';

const TEXTS = defineTexts({
  interfaces: ['接口与服务', 'Interfaces'],
  title: ['新建接口', 'New interface'],
  help: ['新接口先处于下线状态；保存并授权后再上线。', 'A new interface is offline at first: save it, grant it, then put it online.'],
  document: ['接口设置', 'Settings of the interface'],
  saved: ['接口已创建，尚未上线', 'The interface has been created; it is not online yet'],
});

const FIXED = { revision: 0 };

/** Creates an interface, which starts offline. */
export function NewInterfacePage() {
  const may = useMay();
  const domain = useStartDomain();
  if (!may('interfaces.edit')) return <NoRight permission="interfaces.edit" />;
  return domain === undefined ? null : <NewInterface domain={domain} />;
}

function NewInterface({ domain }: { readonly domain: string }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const save = useMutationOf('interfaces.save');
  const [start] = useState(() => newInterface(domain));
  const { isMade, setMade } = useMade('/interfaces');
  const submit = async (content: Content) => {
    const document = wholeInterface(content, FIXED);
    const { interfaceId } = document;
    await save.mutateAsync({ interfaceId, document });
    void message.success(t('saved'));
    setMade(interfaceId);
  };
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} trail={[{ label: t('interfaces'), to: '/interfaces' }]} />
      <DocumentForm
        isNew
        title={t('document')}
        content={start}
        isReadOnly={false}
        error={save.error}
        isSaving={save.isPending || isMade}
        problems={(content, language) => interfaceProblems(content, FIXED, language)}
        onSave={(content) => void submit(content).catch(() => undefined)}
        onReload={() => save.reset()}
        form={(parts) => <CheckedForm {...parts} fixed={FIXED} isNew isReadOnly={false} />}
        aside={({ content }) => <InterfaceCall called={wholeInterface(content, FIXED)} />}
      />
    </Page>
  );
}
