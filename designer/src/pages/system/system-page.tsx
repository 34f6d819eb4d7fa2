import { Alert, Button, Skeleton } from 'antd';
import { RefreshCw } from 'lucide-react';
import type { SystemReport } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { GatewayTable } from './gateway-table.tsx';
import { HealthGrid } from './health-grid.tsx';
import { IntegrityPanel } from './integrity-panel.tsx';
import { ListenerTable } from './listener-table.tsx';
import { OutboundTable } from './outbound-table.tsx';
import { ProcessTable } from './process-table.tsx';
import { SettingsTable } from './settings-table.tsx';
import { VersionList } from './version-list.tsx';

const TEXTS = defineTexts({
  title: ['系统', 'System'],
  help: ['各进程与各部分的状态、版本和生效的设置。', 'Health of each process and part, versions, and current settings.'],
  refresh: ['刷新', 'Refresh'],
  limited: [
    '本账号只限部分服务域，不显示进程、网关、主机、数据完整性、可连接的地址与设置',
    'This account cannot see processes, gateways, the machine, integrity, outbound addresses and settings',
  ],
  limitedHelp: [
    '它们涉及全部服务域。需要查看时，请由不限服务域的账号打开本页。',
    'The account is limited to some domains, but this information concerns all domains. An account with all domains sees it here.',
  ],
});

const REFRESH_MS = 5000;

export function SystemPage() {
  const t = useTexts(TEXTS);
  const system = useQueryOf('system.get', {}, { refetchIntervalMs: REFRESH_MS });
  const refresh = () => void system.refetch();
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={<Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={refresh} />}
      />
      {system.error === null || system.data !== undefined ? null : <ErrorBox error={system.error} onRetry={refresh} />}
      {system.isPending ? (
        <Panel>
          <Skeleton active paragraph={{ rows: 8 }} />
        </Panel>
      ) : null}
      {system.data === undefined ? null : <Parts report={system.data} onRefresh={refresh} />}
    </Page>
  );
}

function Parts({ report, onRefresh }: { readonly report: SystemReport; readonly onRefresh: () => void }) {
  const t = useTexts(TEXTS);
  // True if the user is limited to domains. The platform then leaves out or refuses everything that concerns all
  // domains.
  const isLimited = useMe().domains !== 'all';
  return (
    <>
      {isLimited ? <Alert type="info" showIcon title={t('limited')} description={t('limitedHelp')} /> : null}
      <HealthGrid report={report} isLimited={isLimited} />
      {isLimited ? null : (
        <>
          <ProcessTable processes={report.processes} />
          <GatewayTable gateways={report.gateways} />
        </>
      )}
      {report.listeners === undefined ? null : <ListenerTable listeners={report.listeners} />}
      <VersionList report={report} />
      {isLimited ? null : (
        <>
          <IntegrityPanel />
          <OutboundTable />
          <SettingsTable settings={report.settings} onRefresh={onRefresh} />
        </>
      )}
    </>
  );
}
