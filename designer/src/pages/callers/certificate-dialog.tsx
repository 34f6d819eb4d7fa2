import { DatePicker, Input, Modal } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './caller-page.module.css';

const TEXTS = defineTexts({
  title: ['登记客户端证书', 'Register a client certificate'],
  help: [
    '用下面的命令取得证书的 SHA-256 指纹，贴到下面；冒号与大小写都可以。',
    'Get the certificate’s SHA-256 fingerprint with this command and paste it; colons and upper case are accepted.',
  ],
  command: ['命令', 'Command'],
  fingerprint: ['SHA-256 指纹', 'SHA-256 fingerprint'],
  label: ['用于哪个系统', 'The system that uses it'],
  expires: ['到期日（可不填）', 'Expires (optional)'],
  save: ['登记', 'Register'],
  cancel: ['取消', 'Cancel'],
});

const COMMAND = 'openssl x509 -in client.crt -noout -fingerprint -sha256';

/**
 * Adds a client certificate. Only its fingerprint is sent, because the platform needs nothing else to recognise the
 * certificate.
 */
export function CertificateDialog({ appId, onClose }: { readonly appId: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const add = useMutationOf('bus-consumers.add-certificate', ['apps']);
  const [typed, setTyped] = useState('');
  const [label, setLabel] = useState('');
  const [expires, setExpires] = useState<Dayjs | null>(null);
  const certificateFingerprint = typed.replace(/^.*=/, '').replace(/[:\s]/g, '').toLowerCase();
  const isWhole = /^[0-9a-f]{64}$/.test(certificateFingerprint);
  const submit = async () => {
    await add.mutateAsync({
      ...{ appId, certificateFingerprint, label: label.trim() },
      ...(expires === null ? {} : { expiresAt: expires.endOf('day').valueOf() }),
    });
    onClose();
  };
  return (
    <Modal
      open
      title={t('title')}
      okText={t('save')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: !isWhole || label.trim() === '' }}
      confirmLoading={add.isPending}
      onCancel={onClose}
      onOk={() => void submit().catch(() => undefined)}
    >
      <div className={styles.stack}>
        <div>{t('help')}</div>
        <CodeBlock label={t('command')} text={COMMAND} />
        <Input.TextArea
          rows={3}
          value={typed}
          placeholder={t('fingerprint')}
          aria-label={t('fingerprint')}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Input
          maxLength={100}
          value={label}
          placeholder={t('label')}
          aria-label={t('label')}
          onChange={(event) => setLabel(event.target.value)}
        />
        <DatePicker value={expires} placeholder={t('expires')} aria-label={t('expires')} onChange={(next) => setExpires(next)} />
        {add.error === null ? null : <ErrorBox error={add.error} />}
      </div>
    </Modal>
  );
}
