import { Alert, Button, Modal } from 'antd';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from './copy-text.tsx';
import styles from './secret-once.module.css';

const TEXTS = defineTexts({
  once: ['只显示这一次。请用可靠渠道交给调用方。', 'It is shown only once. Give it to the caller in a secure way.'],
  done: ['我已交付', 'I have passed it on'],
});

/** Shows a newly created secret. Only its button closes the dialog. */
export function SecretOnce({ title, secret, onClose }: { readonly title: string; readonly secret: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const done = (
    <Button type="primary" onClick={onClose}>
      {t('done')}
    </Button>
  );
  return (
    <Modal open closable={false} mask={{ closable: false }} keyboard={false} title={title} footer={done}>
      <div className={styles.stack}>
        <CopyText text={secret} />
        <Alert type="warning" showIcon title={t('once')} />
      </div>
    </Modal>
  );
}
