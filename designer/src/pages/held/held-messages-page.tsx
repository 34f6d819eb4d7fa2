/**
 * The page `/held/messages?flow=…&node=…&code=…&outcome=…`: the messages of one group. With `?bulk=…` it shows the
 * messages that were held again after a bulk operation had released them.
 */
import { Button } from 'antd';
import { Ban, CheckCheck, RefreshCw, RotateCcw, Send } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import type { ExecutionSummary } from '../../api/operations.ts';
import { useMay } from '../../session/session-context.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import listStyles from '../../kit/table/data-table.module.css';
import type { Column } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { MessageTable } from '../messages/message-table.tsx';
import { useMessageColumns } from '../messages/use-message-columns.tsx';
import { useMessageActions } from '../messages/message/use-message-actions.tsx';
import { useMessagePages } from '../messages/use-message-pages.ts';
import { useKeysColumn } from '../messages/keys-column.tsx';
import type { BulkChoice, RequestedBulk } from './bulk-dialog.tsx';
import { OutcomeTag } from './cause-panel.tsx';
import { GroupFacts } from './group-facts.tsx';
import { addressOf, choiceOf, groupOfAddress, isAfterWrite, mayBeDone, type GroupName } from '../messages/held-group.ts';
import styles from './held-page.module.css';
import { RetryOutcome, type Retried } from './retry-outcome.tsx';
import { useBulks } from './use-bulks.tsx';
import { useKeySearch } from './key-search.tsx';

const TEXTS = defineTexts({
  held: ['待人工处理', 'Held messages'],
  heldAgain: ['再次挂起的消息', 'Held again'],
  heldAgainHelp: [
    '这次批量操作让它们接着走，之后又停下、现在仍待人工处理的消息。看清各自的原因再处理。',
    'Messages that this bulk continued, and that were held again and still wait for a decision. Check the cause of each first.',
  ],
  all: ['全部待人工处理的消息', 'All held messages'],
  allHelp: [
    '按患者等业务键查找，再处理查到的这些；键的值不写入网址。',
    'Find messages by a business key, such as the patient, and process them. The value of a key is not part of the address.',
  ],
  noneAtAll: ['没有待人工处理的消息', 'No message waits for a decision'],
  noneFound: ['没有这个业务键的待人工处理消息', 'No held message has this business key'],
  noneAgain: ['现在没有再次挂起的消息', 'None of them is currently held again'],
  refresh: ['刷新', 'Refresh'],
  retryAll: ['全部重试', 'Retry all'],
  goOnAll: ['全部继续执行', 'Continue all'],
  goOnSome: ['继续执行选中的 {{count}} 条', 'Continue {{count}} selected'],
  resendAll: ['全部重发', 'Resend all'],
  concludeAll: ['全部按已办理结束', 'End all as done'],
  cancelAll: ['全部取消', 'Cancel all'],
  retrySome: ['重试选中的 {{count}} 条', 'Retry {{count}} selected'],
  resendSome: ['重发选中的 {{count}} 条', 'Resend {{count}} selected'],
  concludeSome: ['选中的 {{count}} 条按已办理结束', 'End {{count}} selected as done'],
  cancelSome: ['取消选中的 {{count}} 条', 'Cancel {{count}} selected'],
  since: ['首次挂起', 'First held'],
  accepted: ['接收时间', 'Accepted'],
  version: ['版本', 'Version'],
  attempt: ['执行次数', 'Runs'],
  id: ['消息编号', 'Message id'],
  empty: ['这一组已经没有待人工处理的消息', 'No message of this group waits for a decision any more'],
});

const REFRESH_MS = 5000;

export function HeldMessagesPage() {
  const [address] = useSearchParams();
  const bulkId = address.get('bulk');
  const group = groupOfAddress(address);
  if (address.get('all') !== null) return <AllHeld />;
  if (bulkId !== null) return <HeldAgain key={bulkId} bulkId={bulkId} />;
  return group === undefined ? <Navigate to="/held" replace /> : <Group key={addressOf(group)} group={group} />;
}

function Group({ group }: { readonly group: GroupName }) {
  const t = useTexts(TEXTS);
  const { what, fix } = useCauseWords()(group.code);
  const columns = useColumns();
  return (
    <Messages
      title={what}
      help={fix}
      beside={<OutcomeTag group={group} />}
      facts={<GroupFacts group={group} />}
      columns={columns}
      empty={t('empty')}
      isAfterWrite={isAfterWrite(group)}
      group={group}
      isDoneThere={mayBeDone(group)}
      {...choiceOf(group)}
    />
  );
}

/** Shows all held messages, whatever their cause. It is for a user who looks for the messages of one patient. */
function AllHeld() {
  const t = useTexts(TEXTS);
  return (
    <Messages
      title={t('all')}
      help={t('allHelp')}
      columns={useMixedColumns()}
      empty={t('noneAtAll')}
      choice={{ all: true }}
      outcome="any"
      isAfterWrite={false}
    />
  );
}

/** Shows the messages that were held again after a bulk operation had released them. Their causes may differ. */
function HeldAgain({ bulkId }: { readonly bulkId: string }) {
  const t = useTexts(TEXTS);
  return (
    <Messages
      title={t('heldAgain')}
      help={t('heldAgainHelp')}
      columns={useMixedColumns()}
      empty={t('noneAgain')}
      choice={{ ofBulk: bulkId }}
      outcome="any"
      isAfterWrite={false}
    />
  );
}

/** Returns columns for messages of several flows and causes. */
function useMixedColumns(): readonly Column<ExecutionSummary>[] {
  const [since, ...facts] = useColumns();
  const known = useMessageColumns().filter(({ key }) => key === 'flow' || key === 'cause');
  return [since!, ...known, ...facts];
}

interface MessagesProps extends Omit<RequestedBulk, 'kind'> {
  readonly title: string;
  readonly help: string;
  readonly beside?: ReactNode;
  readonly facts?: ReactNode;
  readonly columns: readonly Column<ExecutionSummary>[];
  readonly empty: string;
  /** True if the other system may already have done what the messages ask for. */
  readonly isDoneThere?: boolean;
}

/** Lists the selected messages. The user acts on one, some, or all of them. */
function Messages({ title, help, beside, facts, columns, empty, isDoneThere = true, ...wish }: MessagesProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [retried, setRetried] = useState<Retried>();
  const search = useKeySearch();
  const { all: _all, ids: _ids, key: _key, ...where } = wish.choice;
  const query = { ...where, ...(wish.outcome === 'any' ? {} : { outcome: wish.outcome }) };
  const list = useMessagePages(search.questionOf(query), REFRESH_MS);
  const keysColumn = useKeysColumn(list.rows);
  const acts: Column<ExecutionSummary> = {
    ...{ key: 'acts', title: '', align: 'right' },
    render: (row) => <Acts message={row} onRetried={() => setRetried(row)} />,
  };
  const bulks = useBulks();
  const isHeld = new Set(list.rows.map(({ executionId }) => executionId));
  const ids = chosen.filter((id) => isHeld.has(id));
  const begin = (kind: RequestedBulk['kind']) => {
    const found: BulkChoice = search.key === undefined ? wish.choice : { ...where, key: search.key };
    bulks.begin({ ...wish, kind, choice: ids.length === 0 ? found : { ids: [...ids] } });
    setChosen([]);
  };
  const mayAct = may('executions.retry') || may('executions.cancel');
  return (
    <Page>
      <PageHeader title={title} help={help} trail={[{ label: t('held'), to: '/held' }]} {...(beside === undefined ? {} : { beside })} />
      <div className={listStyles.list}>
        <div className={listStyles.tools}>
          {facts}
          <div className={listStyles.actions}>
            <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void list.refetch()} />
            <BulkButtons
              count={ids.length}
              isOff={list.rows.length === 0}
              isAfterWrite={wish.isAfterWrite}
              isDoneThere={isDoneThere}
              onBegin={begin}
            />
          </div>
        </div>
        {search.fields}
        {retried === undefined ? null : (
          <RetryOutcome key={`${retried.executionId} ${retried.attempt}`} retried={retried} onClose={() => setRetried(undefined)} />
        )}
        <MessageTable
          label={t('held')}
          list={list}
          columns={[columns[0]!, ...keysColumn, ...columns.slice(1), acts]}
          empty={<EmptyState title={search.key === undefined ? empty : t('noneFound')} />}
          {...(mayAct ? { selection: { keys: ids, onChange: setChosen } } : {})}
        />
      </div>
      {bulks.dialog}
    </Page>
  );
}

interface BulkButtonsProps {
  /** Number of chosen messages. If it is 0, the buttons act on all messages. */
  readonly count: number;
  readonly isOff: boolean;
  readonly isAfterWrite: boolean;
  readonly isDoneThere: boolean;
  readonly onBegin: (kind: RequestedBulk['kind']) => void;
}

function BulkButtons({ count, isOff, isAfterWrite: wasDone, isDoneThere, onBegin }: BulkButtonsProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const isAll = count === 0;
  return (
    <>
      {may('executions.retry') ? (
        <>
          <Button type="primary" icon={<RotateCcw size={16} />} disabled={isOff} onClick={() => onBegin('retry')}>
            {isAll ? t(wasDone ? 'goOnAll' : 'retryAll') : t(wasDone ? 'goOnSome' : 'retrySome', { count })}
          </Button>
          {wasDone ? null : (
            <Button icon={<Send size={16} />} disabled={isOff} onClick={() => onBegin('resend')}>
              {isAll ? t('resendAll') : t('resendSome', { count })}
            </Button>
          )}
          {isDoneThere ? (
            <Button icon={<CheckCheck size={16} />} disabled={isOff} onClick={() => onBegin('conclude')}>
              {isAll ? t('concludeAll') : t('concludeSome', { count })}
            </Button>
          ) : null}
        </>
      ) : null}
      {may('executions.cancel') ? (
        <Button danger icon={<Ban size={16} />} disabled={isOff} onClick={() => onBegin('cancel')}>
          {isAll ? t('cancelAll') : t('cancelSome', { count })}
        </Button>
      ) : null}
    </>
  );
}

function useColumns(): readonly Column<ExecutionSummary>[] {
  const t = useTexts(TEXTS);
  return [
    { key: 'since', title: t('since'), render: ({ heldSince }) => <TimeText at={heldSince} /> },
    { key: 'accepted', title: t('accepted'), render: ({ acceptedAt }) => <TimeText at={acceptedAt} /> },
    { key: 'id', title: t('id'), render: ({ executionId }) => <CopyText text={executionId} isShort /> },
    { key: 'version', title: t('version'), render: ({ version }) => `v${version}` },
    { key: 'attempt', title: t('attempt'), align: 'right', render: ({ attempt }) => attempt },
  ];
}

function Acts({ message, onRetried }: { readonly message: ExecutionSummary; readonly onRetried: () => void }) {
  const may = useMay();
  const acts = useMessageActions();
  return (
    <span className={styles.acts}>
      {may('executions.retry') ? (
        <Button size="small" icon={<RotateCcw size={14} />} onClick={() => acts.retry(message, onRetried)}>
          {acts.words.retryOf(message)}
        </Button>
      ) : null}
      {may('executions.cancel') ? (
        <Button size="small" danger icon={<Ban size={14} />} onClick={() => acts.cancel(message)}>
          {acts.words.cancel}
        </Button>
      ) : null}
    </span>
  );
}
