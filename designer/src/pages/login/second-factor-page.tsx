import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { SetUpSecondFactor } from '../accounts/set-up-second-factor.tsx';
import { EntryFrame } from './login-page.tsx';
import styles from './login-page.module.css';

const TEXTS = defineTexts({
  title: ['设置第二因素', 'Set up a second factor'],
  why: [
    '本平台要求登录时除密码外再输入手机验证器应用的验证码。',
    'In addition to the password, this platform requires a code from an authenticator app on your phone.',
  ],
});

/**
 * Sets up a second factor before the console is shown. It is needed if the installation requires one and the account
 * has none.
 */
export function SecondFactorPage({ onDone }: { readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  return (
    <EntryFrame title={t('title')}>
      <p className={styles.hint}>{t('why')}</p>
      <SetUpSecondFactor onDone={onDone} />
    </EntryFrame>
  );
}
