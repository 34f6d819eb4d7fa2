import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { call as callApi, type ApiError } from '../../api/client.ts';
import type { CallBodies as Bodies, CallLine } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useWhoMay } from '../../kit/feedback/who-may.ts';
import { useMay } from '../../session/session-context.ts';
import { DataViewer } from '../../viewer/data-viewer.tsx';
import styles from './calls.module.css';

const TEXTS = defineTexts({
  bodies: ['报文', 'Bodies'],
  show: ['查看报文', 'Show the bodies'],
  masked: [
    '已脱敏，每段最多 8 KB；查看须说明理由，并写入审计。',
    'Masked, and at most 8 KB each. Reading them requires a reason and writes an audit line.',
  ],
  noBodies: [
    '这次调用没有留下报文：接口的日志规则为“禁止”，或请求没有到达接口。',
    'No bodies were kept: the log rule of the interface is "None", or the request reached no interface.',
  ],
  noRight: [
    '看不到报文：需要“查看消息数据”的权限，持有它的角色：{{roles}}。',
    'The bodies are not shown: this requires the right to see the data of messages, which these roles give: {{roles}}.',
  ],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  reasonShort: ['至少 5 个字', 'At least 5 characters'],
  cancel: ['取消', 'Cancel'],
  target: ['请求的路径', 'Requested path'],
  query: ['查询串', 'Query'],
  in: ['请求体', 'Request body'],
  out: ['应答体', 'Response body'],
  nothing: ['空', 'Empty'],
});

const PARTS = ['target', 'query', 'in', 'out'] as const;

/** Shows the masked bodies of a call, after the user has given a reason. */
export function CallBodies({ call }: { readonly call: CallLine }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const whoMay = useWhoMay();
  const [isAsking, setAsking] = useState(false);
  const { at, traceId, front, interfaceId } = call;
  const open = useMutation<Bodies, ApiError, string>({
    mutationFn: (reason) => callApi('calls.open', { at, traceId, front, ...(interfaceId !== undefined && { interfaceId }), reason }),
    onSuccess: () => setAsking(false),
  });
  return (
    <section className={styles.part}>
      <h3>{t('bodies')}</h3>
      {!call.hasBodies ? (
        <span className={styles.quiet}>{t('noBodies')}</span>
      ) : !may('executions.payload') ? (
        <Alert type="info" showIcon title={t('noRight', { roles: whoMay('executions.payload') })} />
      ) : open.data !== undefined ? (
        <Opened bodies={open.data} />
      ) : (
        <>
          <Button icon={<Eye size={16} />} onClick={() => setAsking(true)}>
            {t('show')}
          </Button>
          <p className={styles.quiet}>{t('masked')}</p>
        </>
      )}
      {isAsking ? (
        <ReasonDialog
          isPending={open.isPending}
          error={open.error}
          onGiven={(reason) => open.mutate(reason)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </section>
  );
}

interface ReasonDialogProps {
  readonly isPending: boolean;
  readonly error: ApiError | null;
  readonly onGiven: (reason: string) => void;
  readonly onClose: () => void;
}

function ReasonDialog({ isPending, error, onGiven, onClose }: ReasonDialogProps) {
  const t = useTexts(TEXTS);
  const [form] = Form.useForm<{ reason: string }>();
  return (
    <Modal
      open
      title={t('show')}
      okText={t('show')}
      cancelText={t('cancel')}
      confirmLoading={isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => onGiven(reason.trim())}>
        <Form.Item
          name="reason"
          label={t('reason')}
          extra={t('masked')}
          rules={[{ required: true, whitespace: true, min: 5, message: t('reasonShort') }]}
        >
          <Input.TextArea autoFocus maxLength={500} rows={3} />
        </Form.Item>
      </Form>
      {error === null ? null : <ErrorBox error={error} />}
    </Modal>
  );
}

function Opened({ bodies }: { readonly bodies: Bodies }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.stack}>
      {PARTS.map((part) => {
        const text = bodies[part];
        if (text === undefined) return null;
        if (text === '')
          return (
            <span key={part}>
              {t(part)} · {t('nothing')}
            </span>
          );
        return <DataViewer key={part} label={t(part)} message={viewed(text)} />;
      })}
    </div>
  );
}

/** A body that was cut is no JSON any more. */
function viewed(text: string): Parameters<typeof DataViewer>[0]['message'] {
  try {
    return { form: 'json', data: JSON.parse(text) as unknown };
  } catch {
    return { form: 'text', data: text };
  }
}
