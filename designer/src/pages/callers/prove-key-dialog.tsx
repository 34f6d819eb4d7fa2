import type { Output } from '../../api/operation-types.ts';
import { algorithmOf } from '../../../../gateways/documents/caller-documents.ts';
import type { SignatureScheme } from '../../../../engine/contract/ports/crypto.ts';
import { Input, Modal } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './caller-page.module.css';

const TEXTS = defineTexts({
  title: ['激活密钥“{{id}}”', 'Activate the key "{{id}}"'],
  activate: ['激活', 'Activate'],
  later: ['以后再说', 'Later'],
  sign: [
    '请私钥的持有者在 15 分钟内运行下面的命令，把得到的签名贴到下面。这段文字只显示这一次。',
    'Within 15 minutes, the owner of the private key must run this command; paste the signature that it prints. The text is shown only once.',
  ],
  paste: [
    '贴上对上传时所得文字的签名（15 分钟内有效）。文字已丢失时，请吊销此密钥，换个编号重新上传。',
    'Paste the signature of the text that the upload returned (valid for 15 minutes). If that text is lost, revoke this key and upload it with another id.',
  ],
  command: ['签名命令', 'Command'],
  signature: ['签名（base64url）', 'Signature (base64url)'],
});

type Key = Output<'keys.list'>['items'][number];

interface ProveKeyDialogProps {
  readonly appKey: Key;
  /** The text to sign. It is only known right after the upload. */
  readonly challenge?: string;
  readonly onClose: () => void;
}

/** Asks the holder of a key to sign a text. This proves that they have the private key. */
export function ProveKeyDialog({ appKey: { appId, keyId, scheme }, challenge, onClose }: ProveKeyDialogProps) {
  const t = useTexts(TEXTS);
  const activate = useMutationOf('keys.activate', ['apps']);
  const [signature, setSignature] = useState('');
  const submit = async () => {
    await activate.mutateAsync({ appId, keyId, signature: signature.trim() });
    onClose();
  };
  return (
    <Modal
      open
      width={640}
      mask={{ closable: false }}
      title={t('title', { id: keyId })}
      okText={t('activate')}
      cancelText={t('later')}
      okButtonProps={{ disabled: signature.trim() === '' }}
      confirmLoading={activate.isPending}
      onCancel={onClose}
      onOk={() => void submit().catch(() => undefined)}
    >
      <div className={styles.stack}>
        <div>{challenge === undefined ? t('paste') : t('sign')}</div>
        {challenge === undefined ? null : <CodeBlock label={t('command')} text={commandFor(challenge, scheme)} />}
        <Input.TextArea
          rows={3}
          maxLength={2000}
          placeholder={t('signature')}
          aria-label={t('signature')}
          value={signature}
          onChange={(event) => setSignature(event.target.value)}
        />
        {activate.error === null ? null : <ErrorBox error={activate.error} />}
      </div>
    </Modal>
  );
}

const SIGN_OPTIONS: Readonly<Partial<Record<SignatureScheme, string>>> = {
  'SM2-SM3': '-sm3 -sigopt distid:1234567812345678',
  'RSA-SHA256': '-sha256',
  'RSA-PSS-SHA256': '-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32',
};

function commandFor(challenge: string, scheme: Key['scheme']): string {
  const text = challenge.replaceAll('\n', '\\n');
  return [
    `printf '${text}' |`,
    `  openssl dgst ${SIGN_OPTIONS[algorithmOf(scheme)] ?? ''} -sign key.pem -binary |`,
    "  openssl base64 -A | tr '+/' '-_' | tr -d '='",
  ].join('\n');
}
