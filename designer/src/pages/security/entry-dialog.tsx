import { DatePicker, Form, Input, Modal } from 'antd';
import type { Dayjs } from 'dayjs';
import type { ReactNode } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './security.module.css';

const TEXTS = defineTexts({
  reason: ['原因', 'Reason'],
  reasonHelp: ['以后据此判断能否删除；不要写姓名、证件号等个人信息。', 'Shows later whether it can be deleted. Write no personal data.'],
  reasonShort: ['至少 3 个字', 'At least 3 characters'],
  expires: ['到期时间（可不填）', 'Ends (optional)'],
  cancel: ['取消', 'Cancel'],
  missing: ['请填写', 'Enter a value'],
});

/** What every entry of a list has besides what it lists. */
export interface EntryValues {
  readonly reason: string;
  readonly expires?: Dayjs | null;
}

interface EntryDialogProps<Values extends object> {
  readonly title: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly initialValues?: Partial<Values>;
  readonly children: ReactNode;
  readonly onSubmit: (values: Values) => void;
  readonly onClose: () => void;
}

/** A dialog with the fields of one thing. The error of the last attempt is shown below them. */
export function EntryDialog<Values extends object>(props: EntryDialogProps<Values>) {
  const { title, isPending, error, initialValues, children, onSubmit, onClose } = props;
  const t = useTexts(TEXTS);
  const [form] = Form.useForm<Values>();
  return (
    <Modal
      open
      title={title}
      okText={title}
      cancelText={t('cancel')}
      confirmLoading={isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={onSubmit}
        {...(initialValues === undefined ? {} : { initialValues: initialValues as object })}
      >
        {children}
      </Form>
      {error === null ? null : <ErrorBox error={error} />}
    </Modal>
  );
}

/** The fields for reason and end of an entry. */
export function ReasonAndEnd() {
  const t = useTexts(TEXTS);
  return (
    <>
      <Form.Item name="reason" label={t('reason')} extra={t('reasonHelp')} rules={[{ required: true, min: 3, message: t('reasonShort') }]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="expires" label={t('expires')}>
        <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" className={styles.full ?? ''} />
      </Form.Item>
    </>
  );
}

/** Returns reason and end as documents store them. */
export function reasonAndEnd({ reason, expires }: EntryValues): { readonly reason: string; readonly expiresAt?: number } {
  return { reason: reason.trim(), ...(expires ? { expiresAt: expires.valueOf() } : {}) };
}

/** Returns the rule of a field that must not be empty. */
export function useRequired() {
  const t = useTexts(TEXTS);
  return { required: true, whitespace: true, message: t('missing') };
}

/** The rule of a group of boxes. With `required`, the form would give the group an attribute that a group may not have. */
export function requireOne(message: string) {
  return {
    validator: (_rule: unknown, chosen: readonly unknown[] = []) =>
      chosen.length > 0 ? Promise.resolve() : Promise.reject(new Error(message)),
  };
}
