import { Form, Input, Modal } from 'antd';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';

const TEXTS = defineTexts({
  create: ['新增例外地址', 'New exception'],
  confirm: ['确认例外地址', 'Confirm the exception'],
  target: ['地址', 'Address'],
  targetHelp: [
    '主机名、地址或网段，可带端口，如 127.0.0.1:25、mail.example:587、[::1]:25；不带端口则不限端口。主机名只放行它此刻指向的那类地址。',
    'A name, an address or a range, optionally with a port: 127.0.0.1:25, mail.example:587, [::1]:25. Without a port, any port. A name allows only the kind of address to which it currently resolves.',
  ],
  reason: ['理由', 'Reason'],
  reasonHelp: ['对方是什么系统、为何在此；写入审计。', 'Which system has this address and why; written into the audit trail.'],
  missing: ['请填写', 'Enter a value'],
  save: ['允许', 'Allow'],
  cancel: ['取消', 'Cancel'],
});

interface Values {
  readonly target: string;
  readonly reason: string;
}

interface OutboundDialogProps {
  /** The target to confirm; absent for a new target. */
  readonly target: string | undefined;
  readonly onClose: () => void;
}

export function OutboundDialog({ target, onClose }: OutboundDialogProps) {
  const t = useTexts(TEXTS);
  const allow = useMutationOf('outbound.allow');
  const [form] = Form.useForm<Values>();
  const submit = async (values: Values) => {
    await allow.mutateAsync(values);
    onClose();
  };
  const required = { required: true, message: t('missing') };
  return (
    <Modal
      open
      title={target === undefined ? t('create') : t('confirm')}
      okText={t('save')}
      cancelText={t('cancel')}
      confirmLoading={allow.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{ target: target ?? '', reason: '' }}
        onFinish={(values) => void submit(values).catch(() => undefined)}
      >
        <Form.Item name="target" label={t('target')} extra={t('targetHelp')} rules={[required]}>
          <Input disabled={target !== undefined} autoFocus={target === undefined} maxLength={300} />
        </Form.Item>
        <Form.Item name="reason" label={t('reason')} extra={t('reasonHelp')} rules={[{ ...required, min: 3 }]}>
          <Input.TextArea autoFocus={target !== undefined} maxLength={500} rows={2} />
        </Form.Item>
      </Form>
      {allow.error === null ? null : <ErrorBox error={allow.error} />}
    </Modal>
  );
}
