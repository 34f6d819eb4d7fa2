import { Button, Select } from 'antd';
import { Ban, CircleCheck, MessageSquareReply, PencilLine, RotateCcw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails, PayloadAnswer, Standstill } from '../../../api/operations.ts';
import { useMay } from '../../../session/session-context.ts';
import { useEditor, useEditorStore } from '../../../editor/state/editor-context.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { repeatOf } from '../../../model/problems/error-causes.ts';
import { RUN_TEXTS } from '../../../editor/state/node-looks.ts';
import { MessageData } from './message-data.tsx';
import { ErrorNote, MessageFacts } from './message-facts.tsx';
import { overlayOf, standstillsOf, stepsOf } from './message-overlay.ts';
import styles from './message-page.module.css';
import { ReplyDrawer } from './reply-drawer.tsx';
import { seenOf } from '../resend/resend-order.ts';
import { StandstillCard } from './standstill-card.tsx';
import { useMessageActions } from './use-message-actions.tsx';
import { usePayload } from '../use-payload.ts';

const TEXTS = defineTexts({
  panel: ['消息详情', 'About the message'],
  data: ['数据', 'Data'],
  wholeData: [
    '收到的消息与答复。选中一个节点看它的输入输出。',
    'The message as received, and the reply. Select a node to see its input and output.',
  ],
  attempt: ['第 {{count}} 次尝试', 'attempt {{count}}'],
  sandboxWait: ['等待脚本沙箱 {{time}}', 'waited {{time}} for the script sandbox'],
  resend: ['更正后重发', 'Correct and resend'],
  reply: ['给出应答', 'Give the reply'],
  message: ['消息', 'Message'],
  whole: ['整条消息', 'The whole message'],
  whose: ['查看哪个节点的数据', 'Whose data is shown'],
  notReached: ['消息没有走到这个节点。', 'The message did not reach this node.'],
});
const WHOLE = '';
/** Maximum number of stopped nodes that are shown. In a loop, the node may have stopped in each iteration. */
const MOST_STANDSTILLS = 3;

interface Props {
  readonly details: ExecutionDetails;
  readonly document: FlowDocument;
  readonly isWanted: boolean;
  readonly onWant: () => void;
  /** True if the canvas is hidden and the panel has its space too. */
  readonly isWide: boolean;
}

/**
 * Shows beside the canvas why the message has stopped, the data of the selected node, and the facts of the whole
 * message.
 */
export function MessagePanel({ details, document, isWanted, onWant, isWide }: Props) {
  const t = useTexts(TEXTS);
  const nodeId = useEditor(({ selection }) => (selection.nodes.length === 1 ? selection.nodes[0] : undefined));
  const node = document.nodes.find(({ id }) => id === nodeId);
  const state = `${details.status} ${details.attempt}`;
  const { data, standstills } = useFullData(details, state, isWanted);
  const [runsAtFirst] = useState(details.attempt);
  const shown = node === undefined ? standstills : standstills.filter((one) => one.node === node.id);
  return (
    <aside className={isWide ? `${styles.panel} ${styles.wide}` : styles.panel} aria-label={t('panel')}>
      <div className={styles.content}>
        {shown.slice(0, MOST_STANDSTILLS).map((standstill) => (
          <StandstillCard
            key={`${standstill.node} ${standstill.scope}`}
            standstill={standstill}
            details={details}
            document={document}
            isAgain={details.attempt > runsAtFirst}
            data={data}
          />
        ))}
        <Acts details={details} document={document} />
      </div>
      <div className={styles.content}>
        <NodeChoice details={details} document={document} nodeId={node?.id} />
        {node === undefined ? <p>{t('wholeData')}</p> : <NodeSteps details={details} document={document} nodeId={node.id} />}
        <MessageData executionId={details.executionId} state={state} nodeId={node?.id} isWanted={isWanted} onWant={onWant} />
      </div>
      <div className={styles.content}>
        <h3>{t('message')}</h3>
        <MessageFacts details={details} document={document} />
      </div>
    </aside>
  );
}

/**
 * Returns the data of the message, and where the message has stopped. The data contains the full texts of the errors,
 * which may name a person. So the full texts are shown only once the data is loaded.
 */
function useFullData(
  details: ExecutionDetails,
  state: string,
  isWanted: boolean,
): { readonly data: PayloadAnswer | undefined; readonly standstills: readonly Standstill[] } {
  const mayLook = useMay()('executions.payload');
  const { data } = usePayload(details.executionId, state, isWanted && mayLook);
  const standstills = details.standstills.map((standstill) => data?.standstills.find((told) => isSame(standstill, told)) ?? standstill);
  return { data, standstills };
}

function isSame(a: Standstill, b: Standstill): boolean {
  return a.node === b.node && a.scope === b.scope && a.state === b.state && a.attempt === b.attempt && a.since === b.since;
}

/** Selects the node whose data is shown. It is for users who hide the canvas or do not find the node there. */
function NodeChoice({ details, document, nodeId }: Pick<Props, 'details' | 'document'> & { readonly nodeId: string | undefined }) {
  const t = useTexts(TEXTS);
  const run = useTexts(RUN_TEXTS);
  const { select } = useEditorStore().getState();
  const runs = useMemo(() => overlayOf(details, document).nodes, [details, document]);
  const options = document.nodes.map(({ id, label }) => ({ value: id, label: `${label} · ${run(runs[id]?.status ?? 'not-reached')}` }));
  return (
    <div className={styles.choice} role="search" aria-label={t('whose')}>
      <h3>{t('data')}</h3>
      <Select
        aria-label={t('whose')}
        popupMatchSelectWidth={false}
        value={nodeId ?? WHOLE}
        options={[{ value: WHOLE, label: t('whole') }, ...options]}
        onChange={(id: string) => select({ nodes: id === WHOLE ? [] : [id] })}
      />
    </div>
  );
}

function NodeSteps({ details, document, nodeId }: Pick<Props, 'details' | 'document'> & { readonly nodeId: string }) {
  const t = useTexts(TEXTS);
  const run = useTexts(RUN_TEXTS);
  const format = useFormat();
  const steps = stepsOf(details, nodeId);
  const isReached = steps.length > 0 || standstillsOf(details, nodeId).length > 0;
  return (
    <>
      {isReached ? null : <p>{t('notReached')}</p>}
      {steps.map(({ scope, status, durationMs, attempt, sandboxWaitMs, error }) => (
        <div key={scope} className={styles.content}>
          <div>{[scope, run(status), format.duration(durationMs), t('attempt', { count: attempt })].filter(Boolean).join(' · ')}</div>
          {sandboxWaitMs === undefined ? null : <div>{t('sandboxWait', { time: format.duration(sandboxWaitMs) })}</div>}
          {error === undefined ? null : (
            <ErrorNote error={error} repeat={repeatOf(details.status, document.mode)} isFixHidden={details.hasWritten} />
          )}
        </div>
      ))}
    </>
  );
}

function Acts({ details, document }: Pick<Props, 'details' | 'document'>) {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const may = useMay();
  const acts = useMessageActions();
  const [isReplying, setReplying] = useState(false);
  const isEnded = details.finishedAt !== undefined;
  const mayConclude = details.status === 'held' && (details.hasWritten || details.isUnknown) && may('executions.retry');
  const mayReply = mayConclude && document.mode === 'sync' && may('executions.payload');
  const mayRetry = details.status === 'held' && may('executions.retry');
  const mayTryNow = details.standstills.some(({ state }) => state === 'retrying') && may('executions.retry');
  const mayCancel = !isEnded && may('executions.cancel');
  // Do not offer a resend after a completed write of a sync flow. It would repeat the write, and the caller no longer
  // waits for a reply.
  const isDone = details.hasWritten && document.mode === 'sync';
  const mayResend = seenOf(details) !== undefined && !isDone && may('executions.retry') && may('executions.payload');
  if (!mayRetry && !mayTryNow && !mayCancel && !mayResend) return null;
  return (
    <div className={styles.acts}>
      {mayRetry ? (
        <Button type="primary" icon={<RotateCcw size={16} />} onClick={() => acts.retry(details)}>
          {acts.words.retryOf(details)}
        </Button>
      ) : null}
      {mayTryNow ? (
        <Button type="primary" icon={<RotateCcw size={16} />} onClick={() => acts.tryNow(details)}>
          {acts.words.tryNow}
        </Button>
      ) : null}
      {mayReply ? (
        <Button icon={<MessageSquareReply size={16} />} onClick={() => setReplying(true)}>
          {t('reply')}
        </Button>
      ) : null}
      {mayConclude ? (
        <Button icon={<CircleCheck size={16} />} onClick={() => acts.conclude(details)}>
          {acts.words.conclude}
        </Button>
      ) : null}
      {mayResend ? (
        <Button icon={<PencilLine size={16} />} onClick={() => void go(`/messages/${details.executionId}/resend`)}>
          {t('resend')}
        </Button>
      ) : null}
      {mayCancel ? (
        <Button danger icon={<Ban size={16} />} onClick={() => acts.cancel(details)}>
          {acts.words.cancel}
        </Button>
      ) : null}
      {isReplying ? <ReplyDrawer details={details} document={document} onClose={() => setReplying(false)} /> : null}
    </div>
  );
}
