import { Form, Input, Modal, Select } from 'antd';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';

const TEXTS = defineTexts({
  create: ['新建凭据', 'New secret'],
  set: ['设置新值', 'Set a new value'],
  name: ['名称', 'Name'],
  nameWrong: ['字母或数字开头，可含 . _ -，最长 100', 'A letter or digit, then also . _ -, at most 100'],
  value: ['值', 'Value'],
  valueHelp: ['保存后无法在此查看；旧值立即被替换。', 'It cannot be viewed here after it is saved; the old value is replaced immediately.'],
  missing: ['请填写', 'Enter a value'],
  adapters: ['可使用的适配器', 'Adapters that may use it'],
  adaptersHelp: ['只有这些适配器可以用它作凭据。', 'Only these may have it as their credential.'],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
});

interface Values {
  readonly name: string;
  readonly value: string;
  readonly adapters: string[];
}

interface SecretDialogProps {
  /** The secret whose value is replaced; absent for a new secret. */
  readonly secret?: { readonly name: string; readonly adapters: readonly string[] } | undefined;
  /** The adapter for which a new secret is created. The secret can then be used only by this adapter. */
  readonly purpose?: { readonly adapterId: string; readonly label: string };
  /** Describes the format of the value. */
  readonly hint?: string | undefined;
  readonly onClose: (saved?: string) => void;
}

/** Stores a secret under its name. Its value can be written but never read. */
export function SecretDialog({ secret, purpose, hint, onClose }: SecretDialogProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const adapters = useListOf('adapters.list', {});
  const save = useMutationOf('secrets.save');
  const [form] = Form.useForm<Values>();
  const submit = async (values: Values) => {
    await save.mutateAsync(values);
    onClose(values.name);
  };
  const known = (adapters.data?.items ?? []).map(({ adapterId, name }) => ({ value: adapterId, label: text(name) || adapterId }));
  const options = purpose === undefined ? known : [...known.filter(({ value }) => value !== purpose.adapterId), own(purpose)];
  return (
    <Modal
      open
      title={secret === undefined ? t('create') : t('set')}
      okText={t('save')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={() => onClose()}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{
          name: secret?.name ?? '',
          value: '',
          adapters: [...(secret?.adapters ?? (purpose === undefined ? [] : [purpose.adapterId]))],
        }}
        onFinish={(values) => void submit(values).catch(() => undefined)}
      >
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameWrong')}
          rules={[{ required: true, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, message: t('nameWrong') }]}
        >
          <Input disabled={secret !== undefined} autoFocus={secret === undefined} />
        </Form.Item>
        <Form.Item
          name="value"
          label={t('value')}
          extra={hint === undefined ? t('valueHelp') : `${hint} ${t('valueHelp')}`}
          rules={[{ required: true, message: t('missing') }]}
        >
          <Input.Password autoComplete="new-password" maxLength={20_000} />
        </Form.Item>
        <Form.Item name="adapters" label={t('adapters')} extra={t('adaptersHelp')}>
          <Select mode="multiple" options={options} optionFilterProp="label" />
        </Form.Item>
      </Form>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}

function own({ adapterId, label }: { readonly adapterId: string; readonly label: string }) {
  return { value: adapterId, label: label === '' ? adapterId : label };
}
