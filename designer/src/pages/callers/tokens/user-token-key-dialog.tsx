import { Form, Input, Modal, Select } from 'antd';
import { useMutationOf } from '../../../api/queries.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { PublicKeyField } from '../../../kit/form/inputs/public-key-field.tsx';
import styles from '../caller-page.module.css';

const TEXTS = defineTexts({
  add: ['添加公钥', 'Add a key'],
  help: [
    '用户网关按令牌中的 kid 找到公钥，并核对签发者、受众与算法；四者须与市民登录系统一致。',
    'The user gateway finds the key by the kid of a token and checks issuer, audience and algorithm. Use the values of the system where citizens log in.',
  ],
  kid: ['密钥编号（kid）', 'Key id (kid)'],
  issuer: ['签发者（iss）', 'Issuer (iss)'],
  audience: ['受众（aud）', 'Audience (aud)'],
  alg: ['算法', 'Algorithm'],
  pemHelp: ['只要公钥；私钥永远留在签发者处。', 'Only the public key; the private key stays with the issuer.'],
  missing: ['请填写', 'Enter a value'],
  cancel: ['取消', 'Cancel'],
});

const ALGORITHMS = ['SM2-SM3', 'ES256'] as const;
const MOST_PEM = 10_000;

interface Values {
  readonly kid: string;
  readonly issuer: string;
  readonly audience: string;
  readonly alg: (typeof ALGORITHMS)[number];
  readonly publicPem: string;
}

export function UserTokenKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const save = useMutationOf('user-token-keys.save');
  const [form] = Form.useForm<Values>();
  const submit = async (document: Values) => {
    await save.mutateAsync({ document });
    onClose();
  };
  const required = [{ required: true, whitespace: true, message: t('missing') }];
  return (
    <Modal
      open
      title={t('add')}
      okText={t('add')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <div className={styles.stack}>
        <div>{t('help')}</div>
        <Form<Values>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ alg: ALGORITHMS[0] }}
          onFinish={(values) => void submit(values).catch(() => undefined)}
        >
          <Form.Item name="kid" label={t('kid')} rules={required}>
            <Input autoFocus maxLength={100} />
          </Form.Item>
          <Form.Item name="issuer" label={t('issuer')} rules={required}>
            <Input maxLength={300} placeholder="https://login.city.example" />
          </Form.Item>
          <Form.Item name="audience" label={t('audience')} rules={required}>
            <Input maxLength={300} />
          </Form.Item>
          <Form.Item name="alg" label={t('alg')}>
            <Select options={ALGORITHMS.map((value) => ({ value, label: value }))} />
          </Form.Item>
          <PublicKeyField maxLength={MOST_PEM} help={t('pemHelp')} missing={t('missing')} />
        </Form>
        {save.error === null ? null : <ErrorBox error={save.error} />}
      </div>
    </Modal>
  );
}
