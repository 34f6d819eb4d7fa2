import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { StatusTag } from '../../kit/feedback/status-tag.tsx';
import styles from './overview-page.module.css';

const TEXTS = defineTexts({ label: ['各状态的消息数', 'Messages by status'] });
const STATUSES = ['queued', 'running', 'waiting', 'held', 'failed', 'completed', 'cancelled'] as const;

/**
 * Shows the number of messages by status. It uses the same response as the list of what needs attention, so that their
 * numbers always agree.
 */
export function StatusCounts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  return (
    <dl className={styles.counts} aria-label={t('label')}>
      {STATUSES.map((status) => (
        <div key={status} className={styles.count}>
          <dd data-status={status}>{format.number(counts[status] ?? 0)}</dd>
          <dt>
            <StatusTag status={status} />
          </dt>
        </div>
      ))}
    </dl>
  );
}
