import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input, QRCode } from 'antd';
import { ShieldCheck } from 'lucide-react';
import { call } from '../../api/client.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyButton, CopyText } from '../../kit/text/copy-text.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './accounts.module.css';

const TEXTS = defineTexts({
  begin: ['开始设置', 'Begin'],
  scan: [
    '1. 用手机上的验证器应用扫描二维码，或手工输入密钥。',
    '1. Scan the code with an authenticator app on your phone, or type the key.',
  ],
  qr: ['供验证器应用扫描的二维码', 'Code for the authenticator app to scan'],
  enter: ['2. 输入应用显示的 6 位验证码。', '2. Enter the six digits that the app shows.'],
  code: ['验证码', 'Code'],
  missing: ['请输入 6 位数字', 'Enter six digits'],
  confirm: ['启用', 'Activate'],
  recovery: ['恢复码（手机遗失时使用，每个只能用一次）', 'Recovery codes, for a lost phone; each can be used once'],
  once: ['只显示这一次，请抄下并与手机分开保管。', 'They are shown only once: write them down and keep them separate from the phone.'],
  copy: ['复制全部', 'Copy all'],
  kept: ['我已保存', 'I have saved them'],
});

/**
 * Sets up the second factor: shows the secret, asks for the first code, then shows the recovery codes. The operation
 * `begin` asks for the password again.
 */
export function SetUpSecondFactor({ onDone }: { readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  const begin = useMutationOf('me.begin-second-factor');
  // Do not use `useMutationOf`: it would load the account again, and the page would then leave this step before the
  // user has saved the recovery codes.
  const confirm = useMutation({ mutationFn: (code: string) => call('me.confirm-second-factor', { code }) });
  if (confirm.data !== undefined) {
    return (
      <div className={styles.factor}>
        <strong>{t('recovery')}</strong>
        <ul className={styles.codes}>
          {confirm.data.recoveryCodes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <CopyButton text={confirm.data.recoveryCodes.join('\n')} label={t('copy')} />
        <Alert type="warning" showIcon title={t('once')} />
        <Button type="primary" onClick={onDone}>
          {t('kept')}
        </Button>
      </div>
    );
  }
  if (begin.data === undefined) {
    return (
      <div className={styles.factor}>
        {begin.error === null ? null : <ErrorBox error={begin.error} />}
        <Button type="primary" icon={<ShieldCheck size={16} />} loading={begin.isPending} onClick={() => begin.mutate({})}>
          {t('begin')}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.factor}>
      <div>{t('scan')}</div>
      <div role="img" aria-label={t('qr')}>
        <QRCode type="svg" value={begin.data.uri} size={180} />
      </div>
      <CopyText text={begin.data.secret} />
      <div>{t('enter')}</div>
      <Form layout="vertical" requiredMark={false} onFinish={({ code }: { code: string }) => confirm.mutate(code)}>
        <Form.Item name="code" label={t('code')} rules={[{ required: true, pattern: /^\d{3}\s?\d{3}$/, message: t('missing') }]}>
          <Input autoFocus autoComplete="one-time-code" inputMode="numeric" maxLength={7} />
        </Form.Item>
        {confirm.error === null ? null : <ErrorBox error={confirm.error} />}
        <Button type="primary" htmlType="submit" loading={confirm.isPending}>
          {t('confirm')}
        </Button>
      </Form>
    </div>
  );
}
