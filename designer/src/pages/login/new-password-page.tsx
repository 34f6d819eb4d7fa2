import { Button, Form, Input } from 'antd';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { EntryFrame } from './login-page.tsx';
import styles from './login-page.module.css';

const TEXTS = defineTexts({
  title: ['设置自己的密码', 'Choose your own password'],
  why: ['一次性密码只能用来登录这一次。', 'The one-time password is valid only for this login.'],
  tooOld: ['密码已超过最长使用期限，请换一个近期没有用过的密码。', 'Your password is too old: choose one that you have not used recently.'],
  oneTime: ['一次性密码', 'One-time password'],
  old: ['现在的密码', 'Current password'],
  next: ['新密码（至少 12 个字符）', 'New password (at least 12 characters)'],
  again: ['再输入一次', 'Repeat the new password'],
  missing: ['请输入', 'Enter a value'],
  differs: ['两次输入不一致', 'The two passwords differ'],
  save: ['保存并进入', 'Save and continue'],
});

interface Values {
  readonly oldPassword?: string;
  readonly newPassword: string;
}

interface NewPasswordPageProps {
  readonly isOneTime: boolean;
  /** The current password, if the user has just typed it at the login. They need not type it again. */
  readonly typed: string | undefined;
  readonly onDone: () => void;
}

export function NewPasswordPage({ isOneTime, typed, onDone }: NewPasswordPageProps) {
  const t = useTexts(TEXTS);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async ({ oldPassword = typed ?? '', newPassword }: Values) => {
    setBusy(true);
    setError(undefined);
    await call('me.change-password', { oldPassword, newPassword }).then(onDone, setError);
    setBusy(false);
  };
  const required = { required: true, message: t('missing') };
  return (
    <EntryFrame title={t('title')}>
      <p className={styles.hint}>{t(isOneTime ? 'why' : 'tooOld')}</p>
      <Form layout="vertical" requiredMark={false} onFinish={(values) => void submit(values as Values)}>
        {typed === undefined ? (
          <Form.Item name="oldPassword" label={t(isOneTime ? 'oneTime' : 'old')} rules={[required]}>
            <Input.Password autoFocus autoComplete="current-password" />
          </Form.Item>
        ) : null}
        <Form.Item name="newPassword" label={t('next')} rules={[required]}>
          <Input.Password autoFocus={typed !== undefined} autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t('again')}
          dependencies={['newPassword']}
          rules={[
            required,
            ({ getFieldValue }) => ({
              validator: (_rule, value) =>
                value === undefined || value === getFieldValue('newPassword') ? Promise.resolve() : Promise.reject(new Error(t('differs'))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {error === undefined ? null : <ErrorBox error={error} />}
        <Button type="primary" htmlType="submit" block loading={isBusy} className={styles.submit ?? ''}>
          {t('save')}
        </Button>
      </Form>
    </EntryFrame>
  );
}
