import type { Output } from '../../../api/operation-types.ts';
import { useQueryOf } from '../../../api/queries.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { EmptyState } from '../../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { Panel } from '../../../kit/page/page-header.tsx';
import { GatewayTable } from './gateway-table.tsx';
import { HeldBodies } from './held-bodies.tsx';
import { InstanceTable } from './instance-table.tsx';
import { LimitTable } from './limit-table.tsx';
import styles from './load.module.css';
import { ManualBreaker } from './manual-breaker.tsx';
import { ManualNote } from './manual-note.tsx';
import { RecentChanges } from './recent-changes.tsx';

const TEXTS = defineTexts({
  title: ['负载与保护', 'Load and protection'],
  help: [
    '各网关此刻的并发、熔断、后端实例和限流，每 5 秒刷新；按真实请求得出，各网关各自判断。',
    'Concurrency, breaker, instances and limits in each gateway now, renewed every 5 s. Each gateway judges by its own requests.',
  ],
  nobody: ['没有网关正在服务该接口', 'No gateway serves this interface'],
  nobodyNext: [
    '接口下线、所属服务域没有网关，或网关没有应答。请看“网关”页的节点。',
    'It is offline, no gateway serves its domain, or no gateway replied. See the nodes on the page Gateways.',
  ],
});

const REFRESH_MS = 5000;

export interface LoadPanelProps {
  readonly document: Output<'interfaces.get'>;
}

/** Shows the load of an interface in each gateway, what protects its target, and what that did in the last hour. */
export function LoadPanel({ document }: LoadPanelProps) {
  const t = useTexts(TEXTS);
  const { interfaceId } = document;
  const load = useQueryOf('interfaces.load', { interfaceId }, { refetchIntervalMs: REFRESH_MS });
  const { loads = [], manual } = load.data ?? {};
  return (
    <Panel title={t('title')} help={t('help')} extra={<ManualBreaker document={document} manual={manual} />}>
      <div className={styles.stack}>
        {manual === undefined ? null : <ManualNote manual={manual} />}
        {load.error !== null && load.data === undefined ? (
          <ErrorBox error={load.error} onRetry={() => void load.refetch()} />
        ) : load.data !== undefined && loads.length === 0 ? (
          <EmptyState title={t('nobody')} next={t('nobodyNext')} />
        ) : (
          <>
            <GatewayTable loads={loads} isLoading={load.isPending} />
            <InstanceTable loads={loads} />
            <LimitTable loads={loads} />
            <HeldBodies load={loads[0]} />
          </>
        )}
        <RecentChanges interfaceId={interfaceId} />
      </div>
    </Panel>
  );
}
