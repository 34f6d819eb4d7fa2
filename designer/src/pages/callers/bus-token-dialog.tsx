import { DatePicker, Form, Input, Modal } from 'antd';
import type { Dayjs } from 'dayjs';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './caller-page.module.css';
import { SecretOnce } from '../../kit/text/secret-once.tsx';

const TEXTS = defineTexts({
  create: ['生成令牌', 'Create a token'],
  label: ['用于哪个系统', 'The system that uses it'],
  labelHelp: ['例如“门诊挂号系统 生产环境”；删除前据此判断谁受影响。', 'Shows later who loses access when the token is deleted.'],
  missing: ['请填写', 'Enter a value'],
  expires: ['到期日（可不填）', 'Expires (optional)'],
  cancel: ['取消', 'Cancel'],
  made: ['总线令牌', 'Bus token'],
});

interface Values {
  readonly label: string;
  readonly expires?: Dayjs | null;
}

/** Creates a token of the bus gateway for a named system, and shows it once. */
export function BusTokenDialog({ appId, onClose }: { readonly appId: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const create = useMutationOf('bus-consumers.create-token', ['apps']);
  const [form] = Form.useForm<Values>();
  const submit = ({ label, expires }: Values) =>
    create.mutate({ appId, label: label.trim(), ...(expires ? { expiresAt: expires.endOf('day').valueOf() } : {}) });
  if (create.data !== undefined) return <SecretOnce title={t('made')} secret={create.data.token} onClose={onClose} />;
  return (
    <Modal
      open
      title={t('create')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={submit}>
        <Form.Item
          name="label"
          label={t('label')}
          extra={t('labelHelp')}
          rules={[{ required: true, whitespace: true, message: t('missing') }]}
        >
          <Input autoFocus maxLength={100} />
        </Form.Item>
        <Form.Item name="expires" label={t('expires')}>
          <DatePicker className={styles.full ?? ''} />
        </Form.Item>
      </Form>
      {create.error === null ? null : <ErrorBox error={create.error} />}
    </Modal>
  );
}
