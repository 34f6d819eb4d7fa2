import { Button, Form, Input } from 'antd';
import { Languages } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePreferences } from '../../kit/theme/preferences.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { usePageTitle } from '../../kit/page/use-page-title.ts';
import { CodeItem } from './code-item.tsx';
import styles from './login-page.module.css';
import { useLogin } from './use-login.ts';

const TEXTS = defineTexts({
  title: ['登录', 'Log in'],
  product: ['康桥 · 医疗健康公共服务总线', 'Kangqiao · public service bus for health care'],
  name: ['账号', 'Account'],
  password: ['密码', 'Password'],
  nameMissing: ['请输入账号', 'Enter your account'],
  passwordMissing: ['请输入密码', 'Enter your password'],
  first: [
    '首次启动：账号 admin，一次性密码印在启动终端里（无终端时在数据目录的 handover/one-time-password 文件中）。',
    'First start: the account is admin; its one-time password was printed in the terminal (without one, see the file handover/one-time-password in the data folder).',
  ],
  language: ['English', '中文'],
});

/** Shows the frame of the pages before the console: the product's name and one form. */
export function EntryFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const t = useTexts(TEXTS);
  const { language, change } = usePreferences();
  usePageTitle(title);
  return (
    <main className={styles.ground}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div>
            <h1>{title}</h1>
            <p>{t('product')}</p>
          </div>
        </div>
        {children}
        <Button
          type="link"
          lang={language === 'zh-CN' ? 'en' : 'zh-CN'}
          className={styles.language ?? ''}
          icon={<Languages size={16} />}
          onClick={() => change({ language: language === 'zh-CN' ? 'en' : 'zh-CN' })}
        >
          {t('language')}
        </Button>
      </div>
    </main>
  );
}

export function LoginPage({ onDone }: { readonly onDone: (password: string) => void }) {
  const t = useTexts(TEXTS);
  const { submit, error, isBusy, needsCode } = useLogin(onDone);
  return (
    <EntryFrame title={t('title')}>
      <Form layout="vertical" requiredMark={false} onFinish={(values) => void submit(values as never)}>
        <Form.Item name="name" label={t('name')} rules={[{ required: true, message: t('nameMissing') }]}>
          <Input autoFocus autoComplete="username" maxLength={64} />
        </Form.Item>
        <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('passwordMissing') }]}>
          <Input.Password autoComplete="current-password" maxLength={1000} />
        </Form.Item>
        {needsCode ? <CodeItem /> : null}
        {error === undefined ? null : <ErrorBox error={error} />}
        <Button type="primary" htmlType="submit" block loading={isBusy} className={styles.submit ?? ''}>
          {t('title')}
        </Button>
      </Form>
      <p className={styles.hint}>{t('first')}</p>
    </EntryFrame>
  );
}
