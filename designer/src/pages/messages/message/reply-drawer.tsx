import { Alert, Button, Checkbox, Drawer, Form, Input, InputNumber } from 'antd';
import { useState } from 'react';
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../../api/operations.ts';
import { useMutationOf } from '../../../api/queries.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { CodeEditor } from '../../../kit/code/code-editor.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { useCloseGuard, useLeaveGuard } from '../../../kit/page/use-leave-guard.ts';

const TEXTS = defineTexts({
  title: ['给出应答', 'Give the reply'],
  effect: [
    '消息按已办理结束，不再执行任何节点。调用方用同一幂等键再次查询时，得到这里的应答。',
    'The message ends as done, and no further node runs. A caller who asks with the same key gets this reply.',
  ],
  status: ['状态码', 'Status'],
  mediaType: ['媒体类型', 'Media type'],
  body: ['应答内容', 'Body'],
  bodyHelp: [
    '须符合接口的应答格式。JSON 以外的类型按文本发出。',
    'It must match the response schema of the interface. Types other than JSON are sent as text.',
  ],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  missing: ['请填写', 'Enter a value'],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  asked: ['我已向对方核对：已经办成', 'I asked the other side: it was done'],
  submit: ['存为应答并结束', 'Store the reply and end'],
});

interface Values {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
  readonly reason: string;
}

interface Props {
  readonly details: ExecutionDetails;
  readonly document: FlowDocument;
  readonly onClose: () => void;
}

/**
 * Lets the user write the reply that the flow could not create. It is prefilled if the flow has only one reply node.
 */
export function ReplyDrawer({ details, document, onClose }: Props) {
  const t = useTexts(TEXTS);
  const [form] = Form.useForm<Values>();
  const mediaType = Form.useWatch('mediaType', form) ?? JSON_TYPE;
  const [isAsked, setAsked] = useState(false);
  const [isChanged, setChanged] = useState(false);
  const close = useCloseGuard(isChanged, onClose);
  useLeaveGuard(isChanged);
  const conclude = useMutationOf('executions.conclude', ['flows', 'held', 'system']);
  const { executionId, attempt, isUnknown } = details;
  const submit = ({ status, body, reason }: Values) => {
    const content = isJson(mediaType) ? { data: JSON.parse(body) as unknown } : { data: body, form: 'text' as const };
    const asked = isUnknown ? { wasDone: true } : {};
    const input = { executionId, attempt, reason: reason.trim(), reply: { status, mediaType, ...content }, ...asked };
    conclude.mutateAsync(input).then(onClose, () => undefined);
  };
  const isFilled = { required: true, whitespace: true, message: t('missing') };
  const parses = (_rule: unknown, text: string) =>
    isJson(mediaType) && !isParsed(text) ? Promise.reject(new Error(t('notJson'))) : Promise.resolve();
  return (
    <Drawer
      open
      title={t('title')}
      size={560}
      onClose={close}
      footer={
        <Button type="primary" form="reply" htmlType="submit" loading={conclude.isPending} disabled={isUnknown && !isAsked}>
          {t('submit')}
        </Button>
      }
    >
      <Form<Values>
        id="reply"
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={replyOf(document)}
        onValuesChange={() => setChanged(true)}
        onFinish={submit}
      >
        <Form.Item>
          <Alert type="info" showIcon title={t('effect')} />
        </Form.Item>
        <Form.Item name="status" label={t('status')} rules={[{ required: true, message: t('missing') }]}>
          <InputNumber min={200} max={599} precision={0} />
        </Form.Item>
        <Form.Item
          name="mediaType"
          label={t('mediaType')}
          rules={[{ required: true, pattern: /^[a-z]+\/[A-Za-z0-9.+-]+$/, message: t('missing') }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="body" label={t('body')} extra={t('bodyHelp')} rules={[{ validator: parses }]}>
          <Body label={t('body')} language={isJson(mediaType) ? 'json' : 'text'} />
        </Form.Item>
        <Form.Item name="reason" label={t('reason')} rules={[isFilled]}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
        {isUnknown ? (
          <Form.Item>
            <Checkbox checked={isAsked} onChange={({ target }) => setAsked(target.checked)}>
              {t('asked')}
            </Checkbox>
          </Form.Item>
        ) : null}
        {conclude.error === null ? null : <ErrorBox error={conclude.error} />}
      </Form>
    </Drawer>
  );
}

const JSON_TYPE = 'application/json';

interface BodyProps {
  readonly label: string;
  readonly language: 'json' | 'text';
  /** Set by the form, like `onChange`. */
  readonly value?: string;
  readonly onChange?: (value: string) => void;
}

function Body({ label, language, value = '', onChange }: BodyProps) {
  return <CodeEditor label={label} language={language} height="240px" value={value} onChange={(next) => onChange?.(next)} />;
}

/** Returns the initial values, from the flow's reply node if there is exactly one. */
function replyOf({ nodes }: FlowDocument): Values {
  const configs = nodes.filter(({ type }) => type.startsWith('control.reply@')).map(({ config }) => config);
  const [only] = configs.length === 1 ? configs : [];
  const { status = 200, mediaType = JSON_TYPE } = (only ?? {}) as { readonly status?: number; readonly mediaType?: string };
  return { status, mediaType, body: '{}', reason: '' };
}

function isJson(mediaType: string): boolean {
  return mediaType === JSON_TYPE || mediaType.endsWith('+json');
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
