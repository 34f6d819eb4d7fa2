import { Button, Skeleton } from 'antd';
import { BookOpen, RefreshCw } from 'lucide-react';
import type { Overview } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { TrafficPanel } from '../../kit/traffic/traffic-panel.tsx';
import { AddressList, TryIt } from '../system/address-list.tsx';
import { AttentionList } from './attention-list.tsx';
import { FrontCalls } from './front-calls.tsx';
import styles from './overview-page.module.css';
import { PublishedFlows } from './published-flows.tsx';
import { StatusCounts } from './status-counts.tsx';

const TEXTS = defineTexts({
  title: ['概览', 'Overview'],
  help: ['先看需要人处理的，再看各网关的调用与各条流程。', 'First what needs attention, then the calls of the gateways and the flows.'],
  api: ['管理接口文档', 'Admin API'],
  refresh: ['刷新', 'Refresh'],
});

const REFRESH_MS = 5_000;

/** Shows the first page: what needs attention, the traffic, and the addresses for callers. */
export function OverviewPage() {
  const t = useTexts(TEXTS);
  const overview = useQueryOf('system.overview', {}, { refetchIntervalMs: REFRESH_MS });
  const actions = (
    <>
      <Button icon={<BookOpen size={16} />} href="/api/docs" target="_blank" rel="noopener">
        {t('api')}
      </Button>
      <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void overview.refetch()} />
    </>
  );
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={actions} />
      {/* If the platform is unreachable, the last known data stays; the top bar shows that the connection is lost. */}
      {overview.error === null || overview.data !== undefined ? null : (
        <ErrorBox error={overview.error} onRetry={() => void overview.refetch()} />
      )}
      {overview.isPending ? (
        <Panel>
          <Skeleton active paragraph={{ rows: 8 }} />
        </Panel>
      ) : null}
      {overview.data === undefined ? null : <Parts overview={overview.data} />}
    </Page>
  );
}

function Parts({ overview }: { readonly overview: Overview }) {
  const may = useMay();
  const { attention, fronts, traffic, flows, counts, addresses, tryIt } = overview;
  return (
    <>
      <AttentionList attention={attention} />
      {fronts === undefined ? null : <FrontCalls fronts={fronts} />}
      {may('executions.read') ? <StatusCounts counts={counts} /> : null}
      {traffic === undefined ? null : <TrafficPanel traffic={traffic} />}
      <div className={styles.columns}>
        {may('flows.read') ? <PublishedFlows flows={flows} /> : null}
        <div className={styles.side}>
          <AddressList addresses={addresses} />
          {tryIt === undefined ? null : <TryIt command={tryIt} />}
        </div>
      </div>
    </>
  );
}
