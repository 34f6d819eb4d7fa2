import { Button } from 'antd';
import { Ban, CircleCheck, MessageSquareReply, PencilLine, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { FlowDocument } from '../../../../engine/contract/flow-document.ts';
import type { ExecutionDetails } from '../../../../engine/services.ts';
import { useMay } from '../../app/session.tsx';
import { useEditor } from '../../editor/editor-context.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { RUN_TEXTS } from '../../canvas/node-looks.ts';
import { MessageData } from './message-data.tsx';
import { ErrorNote, MessageFacts } from './message-facts.tsx';
import { stepsOf } from './message-overlay.ts';
import styles from './message-page.module.css';
import { ReplyDrawer } from './reply-drawer.tsx';
import { seenOf } from './resend-order.ts';
import { useMessageActs } from './use-message-acts.ts';

const TEXTS = defineTexts({
  panel: ['消息详情', 'About the message'],
  data: ['数据', 'Data'],
  wholeData: [
    '整条消息：收到的与答复的。选中一个节点看它的输入输出。',
    'The whole message: as it came and the reply. Select a node for its own.',
  ],
  attempt: ['第 {{count}} 次尝试', 'attempt {{count}}'],
  sandboxWait: ['等待脚本沙箱 {{time}}', 'waited {{time}} for the script sandbox'],
  resend: ['更正后重发', 'Correct and resend'],
  reply: ['给出应答', 'Give the reply'],
  notReached: ['消息没有走到这个节点。', 'The message did not come to this node.'],
});

interface Props {
  readonly details: ExecutionDetails;
  readonly document: FlowDocument;
  readonly isWanted: boolean;
  readonly onWant: () => void;
}

/** Beside the canvas: the message, and the selected node's part in it. */
export function MessagePanel({ details, document, isWanted, onWant }: Props) {
  const t = useTexts(TEXTS);
  const nodeId = useEditor(({ selection }) => (selection.nodes.length === 1 ? selection.nodes[0] : undefined));
  const node = document.nodes.find(({ id }) => id === nodeId);
  return (
    <aside className={styles.panel} aria-label={t('panel')}>
      <div className={styles.content}>
        <Acts details={details} document={document} />
        <MessageFacts details={details} document={document} />
        <h3>{t('data')}</h3>
        {node === undefined ? <p>{t('wholeData')}</p> : <NodeSteps details={details} nodeId={node.id} label={node.label} />}
        <MessageData
          executionId={details.executionId}
          state={`${details.status} ${details.attempt}`}
          nodeId={node?.id}
          isWanted={isWanted}
          onWant={onWant}
        />
      </div>
    </aside>
  );
}

function NodeSteps({ details, nodeId, label }: { readonly details: ExecutionDetails; readonly nodeId: string; readonly label: string }) {
  const t = useTexts(TEXTS);
  const run = useTexts(RUN_TEXTS);
  const format = useFormat();
  const steps = stepsOf(details, nodeId);
  return (
    <>
      <h4>{label}</h4>
      {steps.length === 0 ? <p>{t('notReached')}</p> : null}
      {steps.map(({ scope, status, durationMs, attempt, sandboxWaitMs, error }) => (
        <div key={scope} className={styles.content}>
          <div>{[scope, run(status), format.duration(durationMs), t('attempt', { count: attempt })].filter(Boolean).join(' · ')}</div>
          {sandboxWaitMs === undefined ? null : <div>{t('sandboxWait', { time: format.duration(sandboxWaitMs) })}</div>}
          {error === undefined ? null : <ErrorNote error={error} isFixHidden={details.hasWritten} />}
        </div>
      ))}
    </>
  );
}

function Acts({ details, document }: Pick<Props, 'details' | 'document'>) {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const may = useMay();
  const acts = useMessageActs();
  const [isReplying, setReplying] = useState(false);
  const isEnded = details.finishedAt !== undefined;
  const mayConclude = details.status === 'held' && (details.hasWritten || details.isUnknown) && may('executions.retry');
  const mayReply = mayConclude && document.mode === 'sync' && may('executions.payload');
  const mayRetry = details.status === 'held' && may('executions.retry');
  const mayCancel = !isEnded && may('executions.cancel');
  // A caller of a sync flow waits for no new message, and what was done would be done another time.
  const isDone = details.hasWritten && document.mode === 'sync';
  const mayResend = seenOf(details) !== undefined && !isDone && may('executions.retry') && may('executions.payload');
  if (!mayRetry && !mayCancel && !mayResend) return null;
  return (
    <div className={styles.acts}>
      {mayRetry ? (
        <Button type="primary" icon={<RotateCcw size={16} />} onClick={() => acts.retry(details)}>
          {acts.words.retryOf(details)}
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
