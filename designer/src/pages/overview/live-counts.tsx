import { useState } from 'react';
import { useLive } from '../../app/live.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { StatusTag } from '../../parts/status-tag.tsx';
import styles from './overview-page.module.css';

const TEXTS = defineTexts({ label: ['各状态的消息数，实时', 'Messages by status, live'] });
const STATUSES = ['queued', 'running', 'waiting', 'held', 'failed', 'completed', 'cancelled'] as const;

type Counts = Readonly<Record<string, number>>;

/** Messages by status, told anew each second. */
export function LiveCounts({ counts }: { readonly counts: Counts }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const [told, setTold] = useState<Counts>();
  useLive<Counts>('counts', setTold);
  const now = told ?? counts;
  return (
    <dl className={styles.counts} aria-label={t('label')}>
      {STATUSES.map((status) => (
        <div key={status} className={styles.count}>
          <dd data-status={status}>{format.number(now[status] ?? 0)}</dd>
          <dt>
            <StatusTag status={status} />
          </dt>
        </div>
      ))}
    </dl>
  );
}
