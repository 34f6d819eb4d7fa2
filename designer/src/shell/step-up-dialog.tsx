import { Form, Input, Modal, type InputRef } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { onConfirmation, type Confirmation } from '../api/step-up.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CodeItem } from '../pages/login/code-item.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';

const TEXTS = defineTexts({
  title: ['再次确认身份', 'Confirm that it is you'],
  why: ['此操作影响重大，请再次输入当前账号的密码。', 'This action has far-reaching effects: enter the password of your account again.'],
  password: ['密码', 'Password'],
  missing: ['请输入密码', 'Enter your password'],
  confirm: ['确认并执行', 'Confirm and continue'],
  cancel: ['取消', 'Cancel'],
  code: [
    '登录后 5 分钟内可不填；之后填写验证器应用当前显示的 6 位数字，或一个恢复码。',
    'Not required within five minutes after the login; otherwise the six digits that the app shows, or a recovery code.',
  ],
});

/** Id of the form, by which the dialog's button finds it. Other forms of the page have other ids. */
const FORM = 'step-up';

interface Question {
  readonly problem: unknown;
  answer(confirmation: Confirmation | undefined): void;
}

/** Asks for the password again. It is shown over the page or dialog whose operation waits for the password. */
export function StepUpDialog({ hasSecondFactor }: { readonly hasSecondFactor: boolean }) {
  const t = useTexts(TEXTS);
  const [question, setQuestion] = useState<Question>();
  const [form] = Form.useForm<Confirmation>();
  const password = useRef<InputRef>(null);
  useEffect(
    () =>
      onConfirmation(
        (problem) =>
          new Promise((resolve) => {
            setQuestion({
              problem,
              answer(confirmation) {
                setQuestion(undefined);
                resolve(confirmation);
              },
            });
          }),
      ),
    [],
  );
  useEffect(() => {
    // If the password is refused, the next question may come before the dialog has closed. The field then still
    // contains the old password, so clear it.
    if (question !== undefined) form.resetFields();
  }, [form, question]);
  return (
    <Modal
      open={question !== undefined}
      width={420}
      // A drawer's dialog has the z-index 2000, and a dialog inside it 3000. This dialog must be above them.
      zIndex={5000}
      title={t('title')}
      okText={t('confirm')}
      cancelText={t('cancel')}
      destroyOnHidden
      onCancel={() => question?.answer(undefined)}
      okButtonProps={{ htmlType: 'submit', form: FORM }}
      // Set the focus after the dialog has opened. Before, the dialog would take it away.
      afterOpenChange={(isOpen) => {
        if (isOpen) password.current?.focus();
      }}
    >
      <p>{t('why')}</p>
      <Form
        form={form}
        name={FORM}
        layout="vertical"
        requiredMark={false}
        preserve={false}
        onFinish={({ code = '', ...given }) => question?.answer({ ...given, ...(code === '' ? {} : { code }) })}
      >
        <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('missing') }]}>
          <Input.Password ref={password} autoFocus autoComplete="current-password" maxLength={1000} />
        </Form.Item>
        {hasSecondFactor ? <CodeItem isOptional help={t('code')} /> : null}
        {question?.problem === undefined ? null : <ErrorBox error={question.problem} />}
      </Form>
    </Modal>
  );
}
