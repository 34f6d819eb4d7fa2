import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Bulk, BulkAnswer } from '../../api/operations.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { callWithProgress } from '../../api/client.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { BULK_OPERATIONS, BulkDialog, type BulkOrder, type RequestedBulk } from './bulk-dialog.tsx';
import { OutcomeAlert } from './bulk-outcome.tsx';
import { actOf, actOfBulk, BULK_TEXTS } from './bulk-texts.ts';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  continued: ['已继续执行 {{count}} 条', '{{count}} continued'],
  retried: ['已重试 {{count}} 条', '{{count}} retried'],
  resent: ['已重发 {{count}} 条', '{{count}} resent'],
  refused: ['{{count}} 条不能这样处理，保持挂起', '{{count}} cannot be processed like this and stay held'],
  concluded: ['已结束 {{count}} 条（对方已办成）', '{{count}} ended as done'],
  cancelled: ['已取消 {{count}} 条', '{{count}} cancelled'],
  goneOn: ['{{count}} 条已被别人处理，没有再动', '{{count}} had already been processed by others and were skipped'],
  missing: ['{{count}} 条已不存在', '{{count}} are no longer stored'],
  stopped: [
    '已停止：做过的不再重做，其余未动。可在“待人工处理”页继续。',
    'Stopped: completed messages are not processed again, the rest is unchanged. You can continue it on the page of held messages.',
  ],
});

const REFRESHED = ['held', 'executions', 'bulks', 'flows', 'system'];
const DONE = { retry: 'retried', goOn: 'continued', resend: 'resent', conclude: 'concluded', cancel: 'cancelled' } as const;

type Open = { readonly wish: RequestedBulk } | { readonly work: Work<Bulk> };

export interface Bulks {
  /** Opens the dialog for a new bulk operation. */
  readonly begin: (wish: RequestedBulk) => void;
  /**
   * Continues an unfinished bulk operation at once. It asks no questions, because the user has confirmed the operation
   * before.
   */
  readonly goOn: (bulk: Bulk) => void;
  readonly dialog: ReactNode;
}

/** Runs bulk operations on held messages. The page must render `dialog`, which contains their dialogs. */
export function useBulks(): Bulks {
  const [open, setOpen] = useState<Open>();
  const client = useQueryClient();
  const workOf = useBulkWork();
  const close = () => {
    setOpen(undefined);
    void client.invalidateQueries({
      predicate: ({ queryKey }) => typeof queryKey[0] === 'string' && REFRESHED.includes(queryKey[0].split('.')[0] ?? ''),
    });
  };
  const dialog =
    open === undefined ? null : 'wish' in open ? (
      <BulkDialog wish={open.wish} onClose={() => setOpen(undefined)} onStart={(order) => setOpen({ work: workOf(order) })} />
    ) : (
      <ProgressDialog work={open.work} onClose={close} />
    );
  return { begin: (wish) => setOpen({ wish }), goOn: (bulk) => setOpen({ work: workOf(bulk) }), dialog };
}

function useBulkWork(): (what: BulkOrder | Bulk) => Work<Bulk> {
  const t = useTexts(TEXTS);
  const title = useTexts(BULK_TEXTS);
  return (what) => ({
    title: title(actOfEither(what)),
    stopped: t('stopped'),
    async run(report, signal) {
      const tell = (bulk: Bulk) => report({ done: bulk.handled, of: bulk.total, note: <Counts bulk={bulk} act={actOfEither(what)} /> });
      const bulk = (await ask(what, tell, signal)) as Bulk;
      tell(bulk);
      return bulk;
    },
    show: ({ bulkId }) => <OutcomeAlert bulkId={bulkId} />,
  });
}

function actOfEither(what: BulkOrder | Bulk): keyof typeof DONE {
  return 'bulkId' in what ? actOfBulk(what) : actOf(what);
}

/**
 * Starts or continues a bulk operation. The request contains an id. If it is sent again after a lost reply, the
 * operation is not started twice.
 */
function ask(what: BulkOrder | Bulk, onProgress: (bulk: Bulk) => void, signal: AbortSignal): Promise<BulkAnswer> {
  const operation = BULK_OPERATIONS[what.kind];
  if ('bulkId' in what) return callWithProgress(operation, { bulkId: what.bulkId }, onProgress, { signal });
  const { kind, choice, tables, perSecond, reason } = what;
  const order = { ...choice, perSecond, bulkId: createId('blk') };
  return kind === 'retry'
    ? callWithProgress('executions.retry-many', { ...order, tables }, onProgress, { signal, reason })
    : callWithProgress(BULK_OPERATIONS[kind], { ...order, reason }, onProgress, { signal, reason });
}

/**
 * Shows how many messages were processed, and how many were not and why. How the processed messages ended is shown
 * separately.
 */
function Counts({ bulk: { done, goneOn, missing, refused = 0 }, act }: { readonly bulk: Bulk; readonly act: keyof typeof DONE }) {
  const t = useTexts(TEXTS);
  return (
    <span className={styles.counts}>
      <Tag tone="grey">{t(DONE[act], { count: done })}</Tag>
      {goneOn === 0 ? null : <Tag tone="grey">{t('goneOn', { count: goneOn })}</Tag>}
      {refused === 0 ? null : <Tag tone="amber">{t('refused', { count: refused })}</Tag>}
      {missing === 0 ? null : <Tag tone="amber">{t('missing', { count: missing })}</Tag>}
    </span>
  );
}
