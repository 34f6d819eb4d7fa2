import { Alert, Button, Checkbox, Input } from 'antd';
import { Send, Undo2 } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { ResendAnswer } from '../../../../control/actions/resend.ts';
import type { ShownMessage } from '../../../../control/actions/shown-message.ts';
import type { ExecutionDetails } from '../../../../engine/services.ts';
import { ApiError } from '../../api/client.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../parts/code-editor.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Panel } from '../../parts/page-header.tsx';
import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { contentOf } from '../../viewer/content.ts';
import { DataViewer } from '../../viewer/data-viewer.tsx';
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
    'This content is no text, or too large to be shown whole, and cannot be corrected here; it can be sent as it was.',
  ],
  changes: ['改动', 'Changes'],
  send: ['发出', 'Send'],
  held: [
    '发出后，新消息接替这条挂起的消息，原消息随之取消：两条不会都走。新消息使用新的键。',
    'The new message takes the place of this held one, which is cancelled: never both go. It goes under new keys.',
  ],
  completed: [
    '这条消息已经成功。再发一次就再办一次：新消息使用新的键，对方认不出是同一件事。',
    'This message has succeeded. Sent anew it is done anew: it goes under new keys, and the other side does not recognise it.',
  ],
  archived: [
    '这条消息接收于 {{at}}，已移入归档。先确认现在仍应发出：患者、预约或医嘱此后可能已变。',
    'This message came at {{at}} and lies in the archive. Make sure that it should still be sent: patient, appointment or order may have changed since.',
  ],
  ended: [
    '新消息使用新的键，从头走一遍流程的当前版本。',
    'The new message goes under new keys, from the start of the flow’s current version.',
  ],
  unknown: [
    '我已向对方核对：上一次写入没有办成。新消息使用新的键，若办成过就会重复。',
    'I asked the other side: the last write was not done. The new message goes under new keys; if it had been done, it would be done twice.',
  ],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  submit: ['重发', 'Resend'],
  look: ['重新读取这条消息', 'Read the message again'],
});

interface Props {
  readonly details: ExecutionDetails;
  readonly seen: Seen;
  readonly input: ShownMessage;
  /** Reads the message again: somebody else has acted upon it. */
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

/** What it will do, why, and the button that does it. */
function Sending({ details, order, onSent, onReload }: SendingProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { seen, requestId, edited } = order;
  const [reason, setReason] = useState('');
  const [isAsked, setAsked] = useState(false);
  const resend = useMutationOf('executions.resend', ['held', 'flows', 'system']);
  const { isUnknown } = details;
  const isReady = reason.trim() !== '' && !('problem' in edited) && (!isUnknown || isAsked);
  const send = () => {
    if (!isReady) return;
    const message = edited.message === undefined ? {} : { message: edited.message };
    const accepted = isUnknown ? { acceptUnknown: true } : {};
    const input = { executionId: details.executionId, seen, reason: reason.trim(), requestId, ...message, ...accepted };
    resend.mutateAsync(input).then(onSent, () => undefined);
  };
  const isStale = resend.error instanceof ApiError && resend.error.code === 'RESEND_GONE_ON';
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
