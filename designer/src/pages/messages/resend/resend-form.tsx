import { Alert, Button, Checkbox, Input } from 'antd';
import { Send, Undo2 } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { ExecutionDetails, ResendAnswer, ShownMessage } from '../../../api/operations.ts';
import { ApiError } from '../../../api/client.ts';
import { useMutationOf } from '../../../api/queries.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { CodeEditor } from '../../../kit/code/code-editor.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { Panel } from '../../../kit/page/page-header.tsx';
import { useLeaveGuard } from '../../../kit/page/use-leave-guard.ts';
import { contentOf } from '../../../viewer/content.ts';
import { DataViewer } from '../../../viewer/data-viewer.tsx';
import { DifferenceView } from './difference-view.tsx';
import { editableOf, editedMessage, newRequestId, type Edited, type Seen } from './resend-order.ts';
import styles from './resend-page.module.css';

const TEXTS = defineTexts({
  original: ['原文', 'Original'],
  corrected: ['更正后', 'Corrected'],
  restore: ['恢复原文', 'Restore the original'],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  fixed: [
    '这份内容不是文本，或太大只显示了开头，不能在此更正；可以原样重发。',
    'This content is not text, or is too large to be shown completely, and cannot be corrected here; it can be sent unchanged.',
  ],
  changes: ['改动', 'Changes'],
  send: ['发出', 'Send'],
  held: [
    '发出后接替这条挂起的消息：通道中的位置、业务键和幂等键都不变，后面的消息继续等它；原消息随之取消，两条不会都走。若更正涉及患者等业务键，则按新消息排到通道末尾。',
    'It replaces this held message: the place in the lane, business keys and idempotency key stay the same, and later messages keep waiting. The old one is cancelled, so the two are never both sent. If the correction changes a business key such as the patient, it becomes a new message at the end of its lane.',
  ],
  completed: [
    '这条消息已经成功。再发一次就再办一次：它是一条新消息，使用新的幂等键，排在通道末尾，对方认不出是同一件事。',
    'This message has succeeded. A resend does it once more: it is a new message with new idempotency keys, at the end of its lane, and the other side does not recognise it.',
  ],
  archived: [
    '这条消息接收于 {{at}}，已移入归档。先确认现在仍应发出：患者、预约或医嘱此后可能已变。',
    'This message arrived at {{at}} and is in the archive. Make sure that it should still be sent: the patient, appointment or order may have changed since.',
  ],
  ended: [
    '这是一条新消息：使用新的幂等键，排在通道末尾，从头走一遍流程的当前版本。',
    'It is a new message: with new idempotency keys, at the end of its lane, from the start of the flow’s current version.',
  ],
  unknown: [
    '我已向对方核对：上一次写入没有办成。若其实办成过，重发可能办两次。',
    'I asked the other side: the last write was not done. If it was done after all, it may be done twice.',
  ],
  done: [
    '已办成的写操作再办一次：对方须能按幂等键去重，或确需再办。',
    'Repeat completed writes: the other side recognises the key, or I want them to be done again.',
  ],
  newKeys: [
    '换用新的幂等键：只在对方按键记住了上一次的拒绝时选。若上一次其实办成过，就会办两次。',
    'Use new idempotency keys: only if the other side remembers its refusal by the key. If it was done after all, it is done twice.',
  ],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  submit: ['重发', 'Resend'],
  look: ['重新读取这条消息', 'Reload the message'],
});

interface Props {
  readonly details: ExecutionDetails;
  readonly seen: Seen;
  readonly input: ShownMessage;
  /** Loads the message again. It is offered if another user has acted on the message. */
  readonly onReload: () => void;
}

export function ResendForm({ details, seen, input, onReload }: Props) {
  const t = useTexts(TEXTS);
  const original = editableOf(input);
  const [typed, setTyped] = useState(original?.text ?? '');
  const [requestId, setRequestId] = useState(newRequestId);
  const [sent, setSent] = useState<ResendAnswer>();
  const go = useNavigate();
  const edited = editedMessage(input, typed);
  const change = (next: string) => {
    setTyped(next);
    setRequestId(newRequestId());
  };
  useLeaveGuard(sent === undefined && typed !== (original?.text ?? ''));
  useEffect(() => {
    if (sent !== undefined) void go(`/messages/${sent.executionId}`);
  }, [sent, go]);
  return (
    <>
      {original === undefined ? (
        <Panel>
          <p className={styles.quiet}>{t('fixed')}</p>
          <DataViewer label={t('original')} message={input} />
        </Panel>
      ) : (
        <>
          <div className={styles.sides}>
            <Side label={t('original')} input={input} value={original.text} />
            <Side label={t('corrected')} input={input} value={typed} onChange={change}>
              {'problem' in edited ? (
                <span role="alert" className={styles.bad}>
                  {t('notJson')}
                </span>
              ) : null}
              <Button size="small" icon={<Undo2 size={14} />} disabled={typed === original.text} onClick={() => change(original.text)}>
                {t('restore')}
              </Button>
            </Side>
          </div>
          <Panel title={t('changes')}>
            <DifferenceView before={original.text} after={typed} />
          </Panel>
        </>
      )}
      <Sending details={details} order={{ seen, requestId, edited }} onSent={setSent} onReload={onReload} />
    </>
  );
}

interface SideProps {
  readonly label: string;
  readonly input: ShownMessage;
  readonly value: string;
  readonly onChange?: (value: string) => void;
  readonly children?: ReactNode;
}

function Side({ label, input, value, onChange, children }: SideProps) {
  const { form } = contentOf(input);
  return (
    <Panel title={label} extra={children}>
      <CodeEditor
        label={label}
        language={form === 'json' || form === 'xml' ? form : 'text'}
        height="360px"
        value={value}
        {...(onChange === undefined ? { isReadOnly: true } : { onChange })}
      />
    </Panel>
  );
}

interface SendingProps {
  readonly details: ExecutionDetails;
  readonly order: { readonly seen: Seen; readonly requestId: string; readonly edited: Edited };
  readonly onSent: (answer: ResendAnswer) => void;
  readonly onReload: () => void;
}

/** Shows the effect, asks for the reason, and has the button that resends. */
function Sending({ details, order, onSent, onReload }: SendingProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { seen, requestId, edited } = order;
  const [reason, setReason] = useState('');
  const [isAsked, setAsked] = useState(false);
  const [hasNewKeys, setNewKeys] = useState(false);
  const [repeatsDone, setRepeatsDone] = useState(false);
  const resend = useMutationOf('executions.resend', ['held', 'flows', 'system']);
  const { isUnknown } = details;
  const isReady = reason.trim() !== '' && !('problem' in edited) && (!isUnknown || isAsked);
  const send = () => {
    if (!isReady) return;
    const message = edited.message === undefined ? {} : { message: edited.message };
    const accepted = isUnknown ? { acceptUnknown: true } : {};
    const keys = { ...(hasNewKeys ? { newKeys: true } : {}), ...(repeatsDone ? { acceptDone: true } : {}) };
    const input = { executionId: details.executionId, seen, reason: reason.trim(), requestId, ...message, ...accepted, ...keys };
    resend.mutateAsync(input).then(onSent, () => undefined);
  };
  const code = resend.error instanceof ApiError ? resend.error.code : undefined;
  const isStale = code === 'RESEND_GONE_ON';
  return (
    <Panel title={t('send')}>
      <div className={styles.form}>
        <Alert
          type={seen === 'completed' ? 'warning' : 'info'}
          showIcon
          title={t(seen === 'held' || seen === 'completed' ? seen : 'ended')}
        />
        {details.isArchived === true ? (
          <Alert type="warning" showIcon title={t('archived', { at: format.time(details.acceptedAt) })} />
        ) : null}
        {isUnknown ? (
          <Checkbox checked={isAsked} onChange={({ target }) => setAsked(target.checked)}>
            {t('unknown')}
          </Checkbox>
        ) : null}
        {repeatsDone || code === 'RESEND_ALREADY_WRITTEN' ? (
          <Checkbox checked={repeatsDone} onChange={({ target }) => setRepeatsDone(target.checked)}>
            {t('done')}
          </Checkbox>
        ) : null}
        {seen === 'held' ? (
          <Checkbox checked={hasNewKeys} onChange={({ target }) => setNewKeys(target.checked)}>
            {t('newKeys')}
          </Checkbox>
        ) : null}
        <label className={styles.field}>
          {t('reason')}
          <Input.TextArea rows={2} maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
        </label>
        {resend.error === null ? null : <ErrorBox error={resend.error} />}
        <div className={styles.acts}>
          <Button type="primary" icon={<Send size={16} />} disabled={!isReady} loading={resend.isPending} onClick={send}>
            {t('submit')}
          </Button>
          {isStale ? <Button onClick={onReload}>{t('look')}</Button> : null}
        </div>
      </div>
    </Panel>
  );
}
