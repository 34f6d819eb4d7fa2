import { PROFILE_NAMES } from '../../../../engine/contract/compatibility/profiles.ts';
import { DatePicker, Form, Input, Modal, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './caller-page.module.css';
import { useSchemeLabel } from './scheme-label.ts';
import { ProveKeyDialog } from './prove-key-dialog.tsx';
import { SecretOnce } from '../../kit/text/secret-once.tsx';

const TEXTS = defineTexts({
  public: ['上传公钥', 'Upload a public key'],
  secret: ['生成共享密钥', 'Create a shared secret'],
  id: ['密钥编号', 'Key id'],
  idWrong: ['字母、数字、_ 或 -，最长 64', 'Letters, digits, _ or -, at most 64'],
  purpose: ['用途', 'Purpose'],
  purposeHelp: [
    '“签名”的密钥由应用为请求签名；“加密”的密钥供平台加密应答和会话密钥，须与签名密钥分开。',
    'With a signing key the app signs requests. For an encryption key the platform encrypts answers and session keys; use another key than for signing.',
  ],
  sign: ['签名', 'Signing'],
  encrypt: ['加密', 'Encryption'],
  scheme: ['签名方案', 'Scheme'],
  schemeHelp: [
    '兼容签名的密钥只能验证该形式的请求，并须先在应用设置中允许该形式。',
    'A key of a compatibility profile verifies only requests in that form, and the settings of the app must allow the profile.',
  ],
  pem: ['公钥（PEM）', 'Public key (PEM)'],
  pemHelp: ['只上传公钥；私钥永远留在调用方。', 'Only the public key; the private key stays with the caller.'],
  missing: ['请填写', 'Enter a value'],
  expires: ['到期日（可不填）', 'Expires (optional)'],
  cancel: ['取消', 'Cancel'],
  shown: ['共享密钥“{{id}}”', 'Shared secret "{{id}}"'],
});

const SCHEMES = { public: ['SM2-SM3', 'RSA-SHA256', 'RSA-PSS-SHA256'], secret: ['HMAC-SM3', 'HMAC-SHA256'] } as const;
type Scheme = (typeof SCHEMES)['public' | 'secret'][number] | (typeof PROFILE_NAMES)[number];

const PURPOSES = ['sign', 'encrypt'] as const;

interface Values {
  readonly keyId: string;
  readonly scheme: Scheme;
  readonly publicPem?: string;
  readonly purpose?: (typeof PURPOSES)[number];
  readonly expires?: Dayjs | null;
}

interface NewKeyDialogProps {
  readonly appId: string;
  readonly kind: 'public' | 'secret';
  readonly onClose: () => void;
}

/**
 * Uploads a public key or creates a shared secret. After an upload, the holder must prove that they have the private
 * key. A secret is shown only once.
 */
export function NewKeyDialog({ appId, kind, onClose }: NewKeyDialogProps) {
  const t = useTexts(TEXTS);
  const upload = useMutationOf('keys.upload', ['apps']);
  const create = useMutationOf('keys.create-secret', ['apps']);
  const submit = async ({ keyId, scheme, publicPem = '', purpose = 'sign', expires }: Values) => {
    const base = {
      appId,
      keyId,
      scheme,
      ...(expires === null || expires === undefined ? {} : { expiresAt: expires.endOf('day').valueOf() }),
    };
    await (kind === 'public' ? upload.mutateAsync({ ...base, publicPem, purpose }) : create.mutateAsync(base));
  };
  if (upload.data !== undefined) return <ProveKeyDialog appKey={upload.data.key} challenge={upload.data.challenge} onClose={onClose} />;
  if (create.data !== undefined)
    return <SecretOnce title={t('shown', { id: create.data.key.keyId })} secret={create.data.secret} onClose={onClose} />;
  return (
    <KeyForm
      kind={kind}
      isSaving={upload.isPending || create.isPending}
      error={upload.error ?? create.error}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
      onClose={onClose}
    />
  );
}

interface KeyFormProps {
  readonly kind: 'public' | 'secret';
  readonly isSaving: boolean;
  readonly error: unknown;
  readonly onSubmit: (values: Values) => void;
  readonly onClose: () => void;
}

function KeyForm({ kind, isSaving, error, onSubmit, onClose }: KeyFormProps) {
  const t = useTexts(TEXTS);
  const schemeLabel = useSchemeLabel();
  const [form] = Form.useForm<Values>();
  const isForProfiles = Form.useWatch('purpose', form) !== 'encrypt' && kind === 'public';
  const schemes: readonly Scheme[] = isForProfiles ? [...SCHEMES.public, ...PROFILE_NAMES] : SCHEMES[kind];
  return (
    <Modal
      open
      title={t(kind)}
      okText={t(kind)}
      cancelText={t('cancel')}
      confirmLoading={isSaving}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ scheme: SCHEMES[kind][0], purpose: PURPOSES[0] }}
        onFinish={onSubmit}
      >
        <Form.Item
          name="keyId"
          label={t('id')}
          extra={t('idWrong')}
          rules={[{ required: true, pattern: /^[A-Za-z0-9_-]{1,64}$/, message: t('idWrong') }]}
        >
          <Input autoFocus />
        </Form.Item>
        {kind === 'public' ? (
          <Form.Item name="purpose" label={t('purpose')} extra={t('purposeHelp')}>
            <Select options={PURPOSES.map((value) => ({ value, label: t(value) }))} />
          </Form.Item>
        ) : null}
        <Form.Item name="scheme" label={t('scheme')} extra={isForProfiles ? t('schemeHelp') : null}>
          <Select options={schemes.map((value) => ({ value, label: schemeLabel(value) }))} />
        </Form.Item>
        {kind === 'public' ? (
          <Form.Item name="publicPem" label={t('pem')} extra={t('pemHelp')} rules={[{ required: true, message: t('missing') }]}>
            <Input.TextArea rows={5} maxLength={10_000} placeholder="-----BEGIN PUBLIC KEY-----" />
          </Form.Item>
        ) : null}
        <Form.Item name="expires" label={t('expires')}>
          <DatePicker className={styles.full ?? ''} />
        </Form.Item>
      </Form>
      {error === null ? null : <ErrorBox error={error} />}
    </Modal>
  );
}
