import { Button, Form, Input, Modal, type InputRef } from 'antd';
import { useRef } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { CodeItem } from './code-item.tsx';
import styles from './login-again.module.css';
import { useLogin, type LoginValues } from './use-login.ts';

const TEXTS = defineTexts({
  title: ['请重新登录', 'Log in again'],
  why: [
    '登录已过期。当前页面和未保存的修改都还在，登录后接着做。',
    'Your session has ended. The page and its unsaved changes are still here; log in to continue.',
  ],
  account: ['账号', 'Account'],
  password: ['密码', 'Password'],
  missing: ['请输入密码', 'Enter your password'],
  login: ['登录', 'Log in'],
  other: ['换一个账号', 'Use another account'],
});

interface LoginAgainProps {
  readonly name: string;
  readonly onDone: () => void;
}

/**
 * Asks for a new login after the session has ended. It covers the open page, so that nobody can read the page. If the
 * same user logs in, they continue on the page. Another user starts at the first page.
 */
export function LoginAgain({ name, onDone }: LoginAgainProps) {
  const t = useTexts(TEXTS);
  const { submit, error, isBusy, needsCode } = useLogin(onDone);
  const password = useRef<InputRef>(null);
  return (
    <Modal
      open
      width={400}
      zIndex={2000}
      title={t('title')}
      closable={false}
      keyboard={false}
      footer={null}
      rootClassName={styles.cover ?? ''}
      // Set the focus after the dialog has opened. Before, the dialog would take it away.
      afterOpenChange={() => password.current?.focus()}
    >
      <p>{t('why')}</p>
      <Form layout="vertical" requiredMark={false} onFinish={(values: LoginValues) => void submit({ ...values, name })}>
        <Form.Item label={t('account')}>
          <Input value={name} readOnly autoComplete="username" />
        </Form.Item>
        <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('missing') }]}>
          <Input.Password ref={password} autoFocus autoComplete="current-password" maxLength={1000} />
        </Form.Item>
        {needsCode ? <CodeItem /> : null}
        {error === undefined ? null : <ErrorBox error={error} />}
        <div className={styles.acts}>
          <Button type="link" onClick={() => window.location.assign('/')}>
            {t('other')}
          </Button>
          <Button type="primary" htmlType="submit" loading={isBusy}>
            {t('login')}
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
