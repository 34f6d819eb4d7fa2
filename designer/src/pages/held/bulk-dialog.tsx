import { useQuery } from '@tanstack/react-query';
import { Alert, Checkbox, Input, Modal, Select, Skeleton } from 'antd';
import { useState, type ReactNode } from 'react';
import type { BulkKind, BulkPreview } from '../../api/operations.ts';
import { call, type ApiError } from '../../api/client.ts';
import type { Input as InputOf } from '../../api/operation-types.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { actOf, BULK_TEXTS } from './bulk-texts.ts';
import { FailingSystem, GroupFacts } from './group-facts.tsx';
import { isCodeMissing, type GroupName } from '../messages/held-group.ts';
import { TablesChoice, type RetryTables } from '../messages/tables-choice.tsx';
import styles from './held-page.module.css';

const TEXTS = defineTexts({
  retryEffect: [
    '{{count}} 条消息将从停下的节点接着走：用收到时的内容和流程版本，沿用原来的幂等键；每条只重试一次。可中途停止，之后再继续。要按流程的当前版本从头走一遍，请用“重发”。',
    '{{count}} {{count|message continues|messages continue}} from the node where it stopped, with the content and the flow version as received and the same idempotency keys; each exactly once. You can stop and continue later. To run the flow’s current version from its start, resend instead.',
  ],
  goOnEffect: [
    '{{count}} 条消息从停下的节点接着走：已办理的写操作保留，不再重做；只重新执行出错的部分，仍用它们开始时的流程版本和代码表。每条只继续一次，可中途停止，之后再继续。',
    '{{count}} {{count|message continues|messages continue}} from the node where it stopped: completed steps are kept and not done again. Only failed steps run once more, with the original flow version and code tables; each exactly once. You can stop and continue later.',
  ],
  resendEffect: [
    '{{count}} 条消息将按流程的当前版本从头走一遍：在通道中的位置、业务键和幂等键不变，后面的消息继续等它；每条只重发一次。已有写操作办成的、内容没有留存的保持挂起。可中途停止，之后再继续。',
    '{{count}} {{count|message runs|messages run}} through the flow’s current version from its start: the place in the lane, business keys and idempotency keys stay the same, and later messages keep waiting; each exactly once. Messages with a completed write, or without their content, stay held. You can stop and continue later.',
  ],
  concludeEffect: [
    '对方已办成：{{count}} 条消息到此结束，计为成功，其后的节点不再执行，同一通道里排在后面的消息继续。没有给出应答：同步调用方用同一幂等键查询时，得到“已办理”。没有写操作办成的保持挂起。可中途停止，之后再继续。',
    'Done at the other side: {{count}} {{count|message ends|messages end}} here as completed, later nodes do not run, and messages that wait behind them in their lanes continue. No reply is given: a caller who asks with the same idempotency key gets the information that it was done. Messages without a completed write stay held. You can stop and continue later.',
  ],
  cancelEffect: [
    '{{count}} 条消息将到此为止，不再继续，也不能恢复。已送到对方的不会撤回。可中途停止，之后再继续。',
    '{{count}} {{count|message ends|messages end}} here and cannot continue later. What has reached the other side is not undone. You can stop and continue later.',
  ],
  cancelDone: [
    '{{count}} 条消息将到此为止，不再继续，也不能恢复。已办理的写操作不撤销，在对方仍然有效。可中途停止，之后再继续。',
    '{{count}} {{count|message ends|messages end}} here and cannot continue later. Their completed writes at the other side are not undone. You can stop and continue later.',
  ],
  none: ['现在没有可以处理的消息：可能已有人处理过。', 'There is nothing to do now: someone may already have done it.'],
  most: ['一次最多处理 10,000 条，其余请再来一次。', 'At most 10,000 are processed at once; the rest needs another bulk.'],
  skipped: ['另有 {{count}} 条结果不明，不在其中。', '{{count}} more have an unknown outcome and are left out.'],
  include: ['连同结果不明的 {{count}} 条一起', 'Include the {{count}} with an unknown outcome'],
  asked: [
    '我已向对方核对：结果不明的没有办成，或对方能按幂等键去重',
    'I asked the other side: those with an unknown outcome were not done, or it recognises their idempotency keys',
  ],
  askedDone: ['我已向对方核对：这些消息都已办成', 'I asked the other side: all of these were done'],
  rate: ['每秒条数', 'Messages per second'],
  rateHelp: ['对方刚恢复时宜慢', 'Use a lower rate if the other side has only just recovered'],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  startGoOn: ['继续执行', 'Continue'],
  startRetry: ['开始重试', 'Start retry'],
  startResend: ['开始重发', 'Start resend'],
  startConclude: ['按已办理结束', 'End as done'],
  startCancel: ['开始取消', 'Start cancelling'],
  back: ['返回', 'Back'],
});

/**
 * A selection of held messages: by flow, node and error code, by business key, by ids, or those that an earlier bulk
 * operation released.
 */
export type BulkChoice = Pick<InputOf<'executions.retry-many'>, 'flowId' | 'node' | 'code' | 'ofBulk' | 'key' | 'all' | 'ids'>;

type Outcome = 'known' | 'unknown' | 'any';

/** A bulk operation that the user wants to start. */
export interface RequestedBulk {
  readonly kind: BulkKind;
  readonly choice: BulkChoice;
  /** Which messages are selected: those with a known outcome, those with an unknown outcome, or all. */
  readonly outcome: Outcome;
  /** True if the writes of all messages were completed. */
  readonly isAfterWrite: boolean;
  /** The group that all messages belong to; absent if their causes differ. */
  readonly group?: GroupName;
}

/** A complete request for a bulk operation. */
export interface BulkOrder {
  readonly kind: BulkKind;
  readonly isAfterWrite: boolean;
  readonly choice: BulkChoice & { readonly outcome: Outcome };
  /** The code tables that a retry uses: the original ones or the current ones. */
  readonly tables: RetryTables;
  readonly perSecond: number;
  readonly reason: string;
}

const RATES = [5, 20, 50, 200];
const EFFECTS = {
  retry: 'retryEffect',
  goOn: 'goOnEffect',
  resend: 'resendEffect',
  conclude: 'concludeEffect',
  cancel: 'cancelEffect',
} as const;
const STARTS = { retry: 'startRetry', goOn: 'startGoOn', resend: 'startResend', conclude: 'startConclude', cancel: 'startCancel' } as const;
export const BULK_OPERATIONS = {
  retry: 'executions.retry-many',
  resend: 'executions.resend-many',
  conclude: 'executions.conclude-many',
  cancel: 'executions.cancel-many',
} as const;

interface Props {
  readonly wish: RequestedBulk;
  readonly onClose: () => void;
  readonly onStart: (order: BulkOrder) => void;
}

/** Confirms a bulk operation: shows the number of messages, the effect and the rate, and asks for the reason. */
export function BulkDialog({ wish, onClose, onStart }: Props) {
  const t = useTexts(TEXTS);
  const title = useTexts(BULK_TEXTS);
  const { kind, choice, group } = wish;
  const act = actOf(wish);
  const preview = usePreview(wish);
  const [includesUnknown, setIncludesUnknown] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [perSecond, setPerSecond] = useState(50);
  const [tables, setTables] = useState<RetryTables>(group !== undefined && isCodeMissing(group) ? 'now' : 'then');
  const [reason, setReason] = useState('');
  const { total = 0 } = preview.data ?? {};
  // A group contains messages of only one outcome, so none of its messages is skipped. Only a selection of any outcome
  // can skip messages whose outcome is unknown.
  const unknownSkipped = wish.outcome === 'any' ? (preview.data?.unknownSkipped ?? 0) : 0;
  const count = total + (includesUnknown ? unknownSkipped : 0);
  const outcome = includesUnknown ? 'any' : safestOf(wish);
  const mustAsk = kind !== 'cancel' && outcome !== 'known';
  // Offer the choice of code tables only if a code may have been missing, because other causes do not depend on code
  // tables.
  const hasTables = act === 'retry' && (group === undefined || isCodeMissing(group));
  const isReady = count > 0 && reason.trim() !== '' && (!mustAsk || isAsked);
  return (
    <Modal
      open
      title={title(act)}
      okText={t(STARTS[act])}
      okButtonProps={{ danger: kind === 'cancel', disabled: !isReady }}
      cancelText={t('back')}
      onCancel={onClose}
      onOk={() =>
        onStart({ kind, isAfterWrite: wish.isAfterWrite, choice: { ...choice, outcome }, tables, perSecond, reason: reason.trim() })
      }
    >
      <div className={styles.form}>
        {preview.error === null ? null : <ErrorBox error={preview.error} onRetry={() => void preview.refetch()} />}
        {group === undefined ? null : <GroupFacts group={group} withCause />}
        {preview.data === undefined ? <Skeleton active title={false} /> : <Effect wish={wish} count={count} more={preview.data.more} />}
        {group !== undefined && (kind === 'retry' || kind === 'resend') ? <FailingSystem group={group} /> : null}
        {hasTables ? <TablesChoice value={tables} onChange={setTables} /> : null}
        {unknownSkipped > 0 ? (
          <Alert
            type="warning"
            showIcon
            title={t('skipped', { count: unknownSkipped })}
            description={
              <Checkbox checked={includesUnknown} onChange={({ target }) => setIncludesUnknown(target.checked)}>
                {t('include', { count: unknownSkipped })}
              </Checkbox>
            }
          />
        ) : null}
        {mustAsk ? (
          <Checkbox checked={isAsked} onChange={({ target }) => setAsked(target.checked)}>
            {t(kind === 'conclude' ? 'askedDone' : 'asked')}
          </Checkbox>
        ) : null}
        <Field label={t('rate')} hint={kind === 'cancel' || kind === 'conclude' ? undefined : t('rateHelp')}>
          <Select
            aria-label={t('rate')}
            className={styles.rate ?? ''}
            value={perSecond}
            options={RATES.map((value) => ({ value, label: value }))}
            onChange={setPerSecond}
          />
        </Field>
        <Field label={t('reason')}>
          <Input.TextArea
            aria-label={t('reason')}
            rows={2}
            maxLength={500}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </Field>
      </div>
    </Modal>
  );
}

function Effect({ wish, count, more }: { readonly wish: RequestedBulk; readonly count: number; readonly more: boolean }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const effect = wish.kind === 'cancel' && wish.isAfterWrite ? 'cancelDone' : EFFECTS[actOf(wish)];
  if (count === 0) return <div role="status">{t('none')}</div>;
  return (
    <div role="status">
      {t(effect, { count: format.number(count) })} {more ? t('most') : null}
    </div>
  );
}

function Field({ label, hint, children }: { readonly label: string; readonly hint?: string | undefined; readonly children: ReactNode }) {
  return (
    <div className={styles.field}>
      <span>
        {label} {hint === undefined ? null : <span className={styles.hint}>{hint}</span>}
      </span>
      {children}
    </div>
  );
}

/** Counts the messages that would be selected, without changing anything. */
function usePreview(wish: RequestedBulk) {
  const { kind, choice } = wish;
  const outcome = safestOf(wish);
  return useQuery<BulkPreview, ApiError>({
    queryKey: ['bulks.preview', kind, choice, outcome],
    queryFn: async ({ signal }) => {
      return (await call(BULK_OPERATIONS[kind], { ...choice, outcome, dryRun: true }, { signal })) as BulkPreview;
    },
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/**
 * Returns the outcome that is selected by default. A retry or resend may repeat a write that was already done.
 * Completing a message may lose a write that was not done. So messages with an unknown outcome are selected only if the
 * user chooses them.
 */
function safestOf({ kind, outcome }: RequestedBulk): Outcome {
  return kind !== 'cancel' && outcome === 'any' ? 'known' : outcome;
}
