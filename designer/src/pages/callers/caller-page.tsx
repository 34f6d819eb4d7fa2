import { Descriptions } from 'antd';
import { useParams } from 'react-router';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { AppStateTag } from './callers-page.tsx';
import { GrantsPanel } from './grants-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { SigningExample } from './signing-example.tsx';

const TEXTS = defineTexts({
  callers: ['调用方', 'Callers'],
  id: ['应用编号', 'App id'],
  caller: ['所属单位', 'Of'],
  domain: ['域', 'Domain'],
  window: ['时间允差', 'Clock tolerance'],
  seconds: ['{{count}} 秒', '{{count}} s'],
});

/** One app that calls: its keys, what it may call, and how it signs. */
export function CallerPage() {
  const { appId = '' } = useParams();
  const t = useTexts(TEXTS);
  const text = useText();
  const app = useQueryOf('apps.get', { appId });
  if (app.error !== null) return <ErrorBox error={app.error} onRetry={() => void app.refetch()} isPage />;
  if (app.data === undefined) return null;
  const { name, state, caller, domain, windowSec } = app.data;
  return (
    <Page>
      <PageHeader title={text(name)} trail={[{ label: t('callers'), to: '/callers' }]} beside={<AppStateTag state={state} />} />
      <Panel>
        <Descriptions
          size="small"
          column={4}
          items={[
            { key: 'id', label: t('id'), children: <code>{appId}</code> },
            { key: 'caller', label: t('caller'), children: caller },
            { key: 'domain', label: t('domain'), children: domain },
            { key: 'window', label: t('window'), children: t('seconds', { count: windowSec }) },
          ]}
        />
      </Panel>
      <KeysPanel appId={appId} />
      <GrantsPanel appId={appId} />
      <SigningExample appId={appId} />
    </Page>
  );
}
