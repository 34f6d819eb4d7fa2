import { App, Descriptions } from 'antd';
import { Link, useParams } from 'react-router';
import type { Input } from '../../api/client.ts';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { DocumentEditor } from '../../parts/document-editor.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { useOpened } from '../../parts/use-opened.ts';
import styles from './adapter-page.module.css';
import { ConnectionTest } from './connection-test.tsx';

const TEXTS = defineTexts({
  adapters: ['适配器', 'Adapters'],
  protocol: ['协议', 'Protocol'],
  owner: ['负责方', 'Owner'],
  environments: ['环境', 'Environments'],
  credential: ['凭据', 'Credential'],
  noCredential: ['无', 'None'],
  usedBy: ['使用它的流程', 'Used by flows'],
  unused: ['没有流程使用', 'No flow uses it'],
  revision: ['修订', 'Revision'],
  settings: ['设置', 'Settings'],
  settingsHelp: [
    'environments 下按环境填写地址等设置，limits 填写限流与超时；credential 只写机密的名称，不写值。',
    'Settings of each environment stand under "environments", limits and timeouts under "limits"; "credential" is the name of a secret, never its value.',
  ],
  saved: ['已保存，下一次调用即使用', 'Saved: the next call uses it'],
});

type Adapter = Outputs['adapters.get'];

/** One adapter: its settings as a document, a connection test, and who uses it. */
export function AdapterPage() {
  const { adapterId = '' } = useParams();
  const adapter = useQueryOf('adapters.get', { adapterId });
  const { opened, setOpened, reload } = useOpened(adapter, adapterId, (document) => document.adapterId);
  if (opened !== undefined) return <Loaded key={adapterId} adapter={opened} onSaved={setOpened} onReload={reload} />;
  return adapter.error === null ? null : <ErrorBox error={adapter.error} onRetry={() => void adapter.refetch()} isPage />;
}

interface LoadedProps {
  readonly adapter: Adapter;
  readonly onSaved: (adapter: Adapter) => void;
  readonly onReload: () => void;
}

function Loaded({ adapter, onSaved, onReload }: LoadedProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const { message } = App.useApp();
  const save = useMutationOf('adapters.save');
  const { adapterId, revision, ...content } = adapter;
  const submit = async (changed: Readonly<Record<string, unknown>>) => {
    const document = { ...changed, adapterId, revision } as Input<'adapters.save'>['document'];
    onSaved(await save.mutateAsync({ adapterId, document }));
    void message.success(t('saved'));
  };
  const reload = () => {
    save.reset();
    onReload();
  };
  return (
    <Page>
      <PageHeader title={text(adapter.name)} trail={[{ label: t('adapters'), to: '/adapters' }]} beside={<code>{adapterId}</code>} />
      <Facts adapter={adapter} />
      <ConnectionTest adapterId={adapterId} />
      <DocumentEditor
        key={revision}
        title={t('settings')}
        help={t('settingsHelp')}
        content={content}
        isReadOnly={!may('adapters.edit')}
        error={save.error}
        isSaving={save.isPending}
        onSave={(changed) => void submit(changed).catch(() => undefined)}
        onReload={reload}
      />
    </Page>
  );
}

function Facts({ adapter }: { readonly adapter: Adapter }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const list = useQueryOf('adapters.list', {});
  const usedBy = list.data?.items.find(({ adapterId }) => adapterId === adapter.adapterId)?.usedBy ?? [];
  const flows = usedBy.map(({ flowId, name }) => (
    <Link key={flowId} to={`/flows/${flowId}`}>
      {text(name)}
    </Link>
  ));
  return (
    <Panel>
      <Descriptions
        size="small"
        column={3}
        items={[
          { key: 'protocol', label: t('protocol'), children: adapter.protocol.toUpperCase() },
          { key: 'environments', label: t('environments'), children: Object.keys(adapter.environments).join(' · ') },
          { key: 'owner', label: t('owner'), children: adapter.owner },
          {
            key: 'credential',
            label: t('credential'),
            children: adapter.credential === undefined ? t('noCredential') : <code>{adapter.credential}</code>,
          },
          { key: 'revision', label: t('revision'), children: adapter.revision },
          {
            key: 'usedBy',
            label: t('usedBy'),
            children: flows.length === 0 ? t('unused') : <div className={styles.links}>{flows}</div>,
          },
        ]}
      />
    </Panel>
  );
}
