import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import styles from './accounts.module.css';
import { SetUpSecondFactor } from './set-up-second-factor.tsx';

const TEXTS = defineTexts({
  on: ['已启用', 'Active'],
  off: ['未启用', 'Not configured'],
  help: [
    '登录时除密码外再输入手机验证器应用（TOTP）的验证码；密码泄露时账号仍然安全。',
    'A login then requires a code from an authenticator app (TOTP) in addition to the password: a leaked password is not enough.',
  ],
  setUp: ['设置第二因素', 'Set up a second factor'],
  again: ['重新设置（换手机）', 'Set it up again (another phone)'],
  remove: ['停用', 'Turn it off'],
  removeEffect: ['此后登录只需密码。', 'A login then requires only the password.'],
});

/** Shows whether the account has a second factor. The user can set it up, replace it or switch it off. */
export function SecondFactor() {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const client = useQueryClient();
  const { hasSecondFactor, isSecondFactorDemanded } = useMe();
  const remove = useMutationOf('me.remove-second-factor');
  const [isSettingUp, setSettingUp] = useState(false);
  const done = () => {
    setSettingUp(false);
    void client.invalidateQueries({ queryKey: ['me.get'] });
    void client.invalidateQueries({ queryKey: ['me.sessions'] });
  };
  if (isSettingUp) return <SetUpSecondFactor onDone={done} />;
  return (
    <div className={styles.factor}>
      <div>
        <Tag tone={hasSecondFactor ? 'green' : 'grey'} icon={hasSecondFactor ? ShieldCheck : ShieldAlert}>
          {t(hasSecondFactor ? 'on' : 'off')}
        </Tag>
      </div>
      <div className={styles.help}>{t('help')}</div>
      <div className={styles.acts}>
        <Button icon={<ShieldCheck size={16} />} onClick={() => setSettingUp(true)}>
          {t(hasSecondFactor ? 'again' : 'setUp')}
        </Button>
        {hasSecondFactor && !isSecondFactorDemanded ? (
          <Button
            danger
            onClick={() =>
              confirm({
                title: t('remove'),
                effect: t('removeEffect'),
                verb: t('remove'),
                isDangerous: true,
                run: () => remove.mutateAsync({}),
              })
            }
          >
            {t('remove')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
