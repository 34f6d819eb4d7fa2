/**
 * Shows what happened to the messages that a bulk operation released. A message whose retry was accepted may be held
 * again, so this is shown separately.
 */
import { Alert } from 'antd';
import { CircleCheck, CircleX, Hand, LoaderCircle } from 'lucide-react';
import { Link } from 'react-router';
import type { Bulk, BulkOutcome } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { addressOfBulk } from '../messages/held-group.ts';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  wentOn: ['走通 {{count}} 条', '{{count}} continued'],
  heldAgain: ['再次挂起 {{count}} 条', '{{count}} held again'],
  failed: ['失败或已取消 {{count}} 条', '{{count}} failed or cancelled'],
  underWay: ['执行中 {{count}} 条', '{{count}} still running'],
  waiting: ['还在执行，结果未定', 'Still running: not all outcomes are known yet'],
  allWell: ['全部走通', 'All continued'],
  partly: ['没有全部走通', 'Not all continued'],
  nothing: ['全部未成功', 'All held again or failed'],
  look: ['查看再次挂起的消息', 'See those that were held again'],
});

const WATCH_MS = 1500;

/** The result of a bulk operation. It is a success only if all messages continued. */
export type Verdict = 'waiting' | 'allWell' | 'partly' | 'nothing';

export function verdictOf({ wentOn, heldAgain, failed, underWay }: BulkOutcome): Verdict {
  if (heldAgain + failed > 0) return wentOn + underWay === 0 ? 'nothing' : 'partly';
  return underWay > 0 ? 'waiting' : 'allWell';
}

/** Shows how many messages continued and how many did not, with a link to those that were held again. */
export function OutcomeTags({ bulk: { bulkId, outcome } }: { readonly bulk: Pick<Bulk, 'bulkId' | 'outcome'> }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  if (outcome === undefined) return null;
  const { wentOn, heldAgain, failed, underWay } = outcome;
  const words = (name: keyof BulkOutcome) => t(name, { count: format.number(outcome[name]) });
  return (
    <span className={styles.counts}>
      {wentOn === 0 ? null : (
        <Tag tone="green" icon={CircleCheck}>
          {words('wentOn')}
        </Tag>
      )}
      {heldAgain === 0 ? null : (
        <Link to={addressOfBulk(bulkId)}>
          <Tag tone="amber" icon={Hand}>
            {words('heldAgain')}
          </Tag>
        </Link>
      )}
      {failed === 0 ? null : (
        <Tag tone="red" icon={CircleX}>
          {words('failed')}
        </Tag>
      )}
      {underWay === 0 ? null : (
        <Tag tone="blue" icon={LoaderCircle}>
          {words('underWay')}
        </Tag>
      )}
    </span>
  );
}

const ALERTS = { waiting: 'info', allWell: 'success', partly: 'warning', nothing: 'error' } as const;

/**
 * Shows in a dialog how the released messages ended. This takes a while, so the result is polled while the dialog is
 * open.
 */
export function OutcomeAlert({ bulkId }: { readonly bulkId: string }) {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('bulks.get', { bulkId }, { refetchIntervalMs: WATCH_MS });
  if (data?.outcome === undefined || data.done === 0) return null;
  const verdict = verdictOf(data.outcome);
  return (
    <div aria-live="polite" className={styles.alert}>
      <Alert
        type={ALERTS[verdict]}
        showIcon
        title={t(verdict)}
        description={
          <div className={styles.outcome}>
            <OutcomeTags bulk={data} />
            {data.outcome.heldAgain === 0 ? null : <Link to={addressOfBulk(bulkId)}>{t('look')}</Link>}
          </div>
        }
      />
    </div>
  );
}
