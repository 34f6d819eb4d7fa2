import { Alert, Button, Modal } from 'antd';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import styles from './accounts.module.css';

const TEXTS = defineTexts({
  title: ['“{{name}}”的一次性密码', 'One-time password of "{{name}}"'],
  token: ['令牌“{{name}}”', 'Token "{{name}}"'],
  tokenOnce: ['只显示这一次，请现在就保存到使用它的地方。', 'It is shown only once: store it where it will be used.'],
  tokenDone: ['我已保存', 'I have saved it'],
  once: [
    '只显示这一次。请当面或用可靠渠道交给本人；首次登录时必须改掉。',
    'It is shown only once. Give it to the person directly or in a secure way; it must be changed at the first login.',
  ],
  done: ['我已交付', 'I have passed it on'],
});

/** Shows a one-time password. It cannot be shown again. */
export function OneTimePassword({
  name,
  password,
  isToken = false,
  onClose,
}: {
  readonly name: string;
  readonly password: string;
  readonly isToken?: boolean;
  readonly onClose: () => void;
}) {
  const t = useTexts(TEXTS);
  return (
    <Modal
      open
      title={isToken ? t('token', { name }) : t('title', { name })}
      closable={false}
      footer={
        <Button type="primary" onClick={onClose}>
          {isToken ? t('tokenDone') : t('done')}
        </Button>
      }
    >
      <div className={styles.once}>
        <CopyText text={password} />
        <Alert type="warning" showIcon title={isToken ? t('tokenOnce') : t('once')} />
      </div>
    </Modal>
  );
}
