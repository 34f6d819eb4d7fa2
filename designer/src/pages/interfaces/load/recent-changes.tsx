import { useQueryOf } from '../../../api/queries.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { EmptyState } from '../../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { EventTable } from '../../gateways/event-table.tsx';

const TEXTS = defineTexts({
  title: ['最近一小时做了什么', 'What happened in the last hour'],
  empty: ['最近一小时没有变化', 'Nothing changed in the last hour'],
  emptyNext: ['没有熔断、摘除、限流调整或内容告警。', 'No breaker, instance, limit or content check has changed or reported anything.'],
});

const REFRESH_MS = 10_000;
const HOUR_MS = 3_600_000;

/** Shows what the limits, breakers and checks of an interface did in the last hour, in all gateways. */
export function RecentChanges({ interfaceId }: { readonly interfaceId: string }) {
  const t = useTexts(TEXTS);
  const events = useQueryOf('gateways.events', { interfaceId }, { refetchIntervalMs: REFRESH_MS });
  const recent = (events.data?.items ?? []).filter(({ at }) => at > Date.now() - HOUR_MS);
  return (
    <div>
      <h3>{t('title')}</h3>
      {events.error !== null && events.data === undefined ? (
        <ErrorBox error={events.error} onRetry={() => void events.refetch()} />
      ) : (
        <EventTable
          label={t('title')}
          events={recent}
          isLoading={events.isPending}
          isOfOneInterface
          empty={<EmptyState title={t('empty')} next={t('emptyNext')} />}
        />
      )}
    </div>
  );
}
