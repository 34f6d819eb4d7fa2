import { Button, Skeleton } from 'antd';
import { RefreshCw } from 'lucide-react';
import type { SystemReport } from '../../../../control/actions/system.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox, NoRight } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { GatewayTable } from './gateway-table.tsx';
import { HealthGrid } from './health-grid.tsx';
import { ListenerTable } from './listener-table.tsx';
import { ProcessTable } from './process-table.tsx';
import { SettingsTable } from './settings-table.tsx';
import { VersionList } from './version-list.tsx';

const TEXTS = defineTexts({
  title: ['系统', 'System'],
  help: ['各进程与各部分的状态、版本和生效的设置。', 'How each process and part is doing, versions, and the settings in force.'],
  refresh: ['刷新', 'Refresh'],
});

const REFRESH_MS = 5000;

/** The installation itself. */
export function SystemPage() {
  const may = useMay();
  return may('system.read') ? <Loaded /> : <NoRight permission="system.read" />;
}

function Loaded() {
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
  return (
    <>
      <HealthGrid report={report} />
      <ProcessTable processes={report.processes} />
      <GatewayTable gateways={report.gateways} />
      {report.listeners === undefined ? null : <ListenerTable listeners={report.listeners} />}
      <VersionList report={report} />
      <SettingsTable settings={report.settings} onRefresh={onRefresh} />
    </>
  );
}
