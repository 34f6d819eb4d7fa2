import type { Output } from '../../api/operation-types.ts';
import { Alert, Tabs } from 'antd';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { DEFAULT_APP_ID } from '../../../../gateways/documents/caller-documents.ts';
import { useListOf, useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { useOpened } from '../../kit/document/use-opened.ts';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { AppSettings } from './app-settings.tsx';
import styles from './caller-page.module.css';
import { BusConsumersPanel } from './bus-consumers-panel.tsx';
import { AppStateTag } from './callers-page.tsx';
import { GrantsPanel } from './grants-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { SigningExample } from './signing-example.tsx';

const TEXTS = defineTexts({
  callers: ['调用方', 'Callers'],
  calls: ['查看调用', 'Calls'],
  citizens: [
    '市民经用户网关的全部调用，都以本应用授权和计数',
    'All calls of citizens through the user gateway are granted to, and counted as, this app',
  ],
  citizensNext: [
    '授权给本应用的接口，凭登录系统的令牌即可调用。按“应用”的限流和配额对全体市民合计，要限制每个人请按“用户”。',
    'Its interfaces are called with a token of the login system. Limits and quotas by app count all citizens together; count by user to limit each of them.',
  ],
  access: ['密钥与授权', 'Keys and grants'],
  example: ['签名示例', 'Signing example'],
  settings: ['设置', 'Settings'],
  removeEffect: [
    '删除应用“{{name}}”及其 {{keys}} 把密钥、{{grants}} 个授权和 {{consumers}} 个总线消费方。一秒内它的调用全部被拒绝，无法恢复。',
    'Deletes the app "{{name}}" with its {{keys}} keys, {{grants}} grants and {{consumers}} bus consumers. Within a second all its calls are refused; this cannot be undone.',
  ],
});

type AppDocument = Output<'apps.get'>;

/** Shows one calling app: keys, granted interfaces, signing, and settings. */
export function CallerPage() {
  const { appId = '' } = useParams();
  const app = useQueryOf('apps.get', { appId });
  const { opened, setOpened, reload } = useOpened(app, appId, (document) => document.appId);
  if (opened !== undefined) return <Loaded key={appId} app={opened} onSaved={setOpened} onReload={reload} />;
  return app.error === null ? null : <ErrorBox error={app.error} onRetry={() => void app.refetch()} isPage />;
}

interface LoadedProps {
  readonly app: AppDocument;
  readonly onSaved: (app: AppDocument) => void;
  readonly onReload: () => void;
}

function Loaded({ app, onSaved, onReload }: LoadedProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const [address, setAddress] = useSearchParams();
  const { appId, name, state } = app;
  const tab = address.get('tab') ?? (address.has('interface') ? 'example' : 'access');
  const show = (next: string) => setAddress(next === 'access' ? {} : { tab: next }, { replace: true });
  return (
    <Page>
      <PageHeader
        title={text(name) || appId}
        trail={[{ label: t('callers'), to: '/callers' }]}
        beside={
          <>
            <AppStateTag state={state} />
            <code>{appId}</code>
          </>
        }
        actions={
          <>
            {may('interfaces.read') ? <Link to={callsAddress({ app: appId })}>{t('calls')}</Link> : null}
            {may('callers.edit') ? <Remove app={app} /> : null}
          </>
        }
      />
      {appId === DEFAULT_APP_ID ? <Alert type="info" showIcon title={t('citizens')} description={t('citizensNext')} /> : null}
      <Tabs
        activeKey={tab}
        onChange={show}
        destroyOnHidden
        items={[
          {
            key: 'access',
            label: t('access'),
            children: (
              <div className={styles.panels}>
                <KeysPanel appId={appId} />
                <GrantsPanel appId={appId} appName={text(name) || appId} />
                <BusConsumersPanel appId={appId} />
              </div>
            ),
          },
          { key: 'example', label: t('example'), children: <SigningExample appId={appId} /> },
          { key: 'settings', label: t('settings'), children: <AppSettings app={app} onSaved={onSaved} onReload={onReload} /> },
        ]}
      />
    </Page>
  );
}

function Remove({ app: { appId, name } }: { readonly app: AppDocument }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const keys = useListOf('keys.list', { appId });
  const grants = useListOf('grants.list', { appId });
  const consumers = useListOf('bus-consumers.list', {});
  const remove = useMutationOf('apps.remove', ['keys', 'grants', 'bus-consumers', 'interfaces']);
  return (
    <RemoveButton
      name={text(name) || appId}
      effect={t('removeEffect', {
        name: text(name) || appId,
        keys: keys.data?.items.length ?? 0,
        grants: grants.data?.items.length ?? 0,
        consumers: consumers.data?.items.filter(({ value }) => value.appId === appId).length ?? 0,
      })}
      isAsking={!keys.isSuccess || !grants.isSuccess || !consumers.isSuccess}
      run={async ($reason) => {
        await remove.mutateAsync({ appId, $reason });
        void go('/callers');
      }}
    />
  );
}
