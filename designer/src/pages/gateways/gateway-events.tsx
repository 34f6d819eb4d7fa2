import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { EventTable } from './event-table.tsx';

const TEXTS = defineTexts({
  title: ['状态变化', 'Changes of state'],
  help: [
    '熔断、摘除、限流调整、内容告警等，最近的在前；每个网关进程保留最近 500 条，重启后清空。',
    'Breakers, ejected instances, changed limits, suspicious content: the newest first. Each process keeps its last 500 until it is restarted.',
  ],
  empty: ['没有状态变化', 'No change of state'],
  emptyNext: ['网关应答正常，没有熔断、摘除或调整过。', 'The gateways have not opened a breaker, ejected an instance or changed a limit.'],
  nobody: ['没有网关应答', 'No gateway replied'],
});

const REFRESH_MS = 10_000;

export function GatewayEvents() {
  const t = useTexts(TEXTS);
  const events = useQueryOf('gateways.events', {}, { refetchIntervalMs: REFRESH_MS });
  const empty = events.data?.gateways === 0 ? <EmptyState title={t('nobody')} /> : <EmptyState title={t('empty')} next={t('emptyNext')} />;
  return (
    <Panel title={t('title')} help={t('help')}>
      {events.error === null ? (
        <EventTable label={t('title')} events={events.data?.items ?? []} isLoading={events.isPending} empty={empty} />
      ) : (
        <ErrorBox error={events.error} onRetry={() => void events.refetch()} />
      )}
    </Panel>
  );
}
