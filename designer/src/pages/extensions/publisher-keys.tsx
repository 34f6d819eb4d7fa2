/** The keys of publishers, which the security administrator registers. */
import { Button, Form, Input, Modal, Select } from 'antd';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Output } from '../../api/operation-types.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { PublicKeyField } from '../../kit/form/inputs/public-key-field.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay } from '../../session/session-context.ts';
import styles from './extensions.module.css';

const TEXTS = defineTexts({
  title: ['发布者公钥', 'Keys of publishers'],
  add: ['登记公钥', 'Register a key'],
  addHelp: [
    '登记前请通过电话等其他途径与发布者核对指纹。只有已登记公钥签名的扩展才能上传。',
    'Compare the fingerprint with the publisher by another way, such as a call. Only extensions that a registered key signed can be uploaded.',
  ],
  publisher: ['发布者', 'Publisher'],
  publisherHelp: ['与清单中的 publisher 相同：小写字母、数字和连字符', 'As in the manifest: lower-case letters, digits and hyphens'],
  scheme: ['算法', 'Algorithm'],
  fingerprint: ['指纹', 'Fingerprint'],
  signed: ['签名的扩展', 'Signed extensions'],
  at: ['登记时间', 'Registered'],
  remove: ['撤销', 'Withdraw'],
  removeEffect: [
    '撤销发布者 {{publisher}} 的公钥。它签名的扩展不能再使用；启用中的须先停用。',
    'Withdraws the key of {{publisher}}. Extensions signed with it can no longer be used; disable those that are enabled first.',
  ],
  empty: ['还没有登记发布者公钥', 'No key of a publisher is registered'],
  missing: ['请填写', 'Enter a value'],
  cancel: ['取消', 'Cancel'],
  between: ['、', ', '],
});

type Key = Output<'publishers.list'>['items'][number];

export function PublisherKeys() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const keys = useListOf('publishers.list', {});
  const [isAdding, setAdding] = useState(false);
  const add = may('extensions.approve') ? (
    <Button icon={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null;
  return (
    <Panel title={t('title')} extra={add}>
      <DataTable<Key>
        label={t('title')}
        rows={keys.data?.items}
        rowKey={({ keyId }) => keyId}
        searchText={({ keyId }) => keyId}
        columns={useColumns()}
        isLoading={keys.isPending}
        error={keys.error}
        onRefresh={() => void keys.refetch()}
        empty={<EmptyState needs="extensions.approve" title={t('empty')} />}
        exportName="publisher-keys"
      />
      {isAdding ? <AddKeyDialog onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

function useColumns(): readonly Column<Key>[] {
  const t = useTexts(TEXTS);
  return [
    { key: 'publisher', title: t('publisher'), value: ({ publisher }) => publisher, render: ({ publisher }) => publisher },
    { key: 'scheme', title: t('scheme'), value: ({ scheme }) => scheme, render: ({ scheme }) => scheme },
    {
      key: 'fingerprint',
      title: t('fingerprint'),
      value: ({ fingerprint }) => fingerprint,
      render: ({ fingerprint }) => <code className={styles.fingerprint}>{fingerprint}</code>,
    },
    { key: 'signed', title: t('signed'), value: ({ signed }) => signed.length, render: ({ signed }) => signed.join(t('between')) || '—' },
    { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <TimeText at={at} /> },
    { key: 'remove', title: '', width: 48, render: (key) => <RemoveKey keyOf={key} /> },
  ];
}

function RemoveKey({ keyOf: { keyId, publisher } }: { readonly keyOf: Key }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const remove = useMutationOf('publishers.remove', ['extensions']);
  if (!may('extensions.approve')) return null;
  const ask = () =>
    confirm({
      title: t('remove'),
      effect: t('removeEffect', { publisher }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ keyId, $reason }),
    });
  return <Button type="text" size="small" icon={<Trash2 size={16} />} aria-label={`${t('remove')} ${publisher}`} onClick={ask} />;
}

interface Values {
  readonly publisher: string;
  readonly scheme: 'SM2-SM3' | 'ED25519';
  readonly publicPem: string;
}

function AddKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const add = useMutationOf('publishers.add', ['extensions']);
  const [form] = Form.useForm<Values>();
  const submit = async (values: Values) => {
    await add.mutateAsync(values);
    onClose();
  };
  const required = { required: true, whitespace: true, message: t('missing') };
  return (
    <Modal
      open
      title={t('add')}
      okText={t('add')}
      cancelText={t('cancel')}
      confirmLoading={add.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <div className={styles.stack}>
        <div>{t('addHelp')}</div>
        <Form<Values>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ scheme: 'SM2-SM3' }}
          onFinish={(values) => void submit(values).catch(() => undefined)}
        >
          <Form.Item
            name="publisher"
            label={t('publisher')}
            extra={t('publisherHelp')}
            rules={[required, { pattern: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, message: t('publisherHelp') }]}
          >
            <Input autoFocus maxLength={40} />
          </Form.Item>
          <Form.Item name="scheme" label={t('scheme')}>
            <Select options={['SM2-SM3', 'ED25519'].map((value) => ({ value, label: value }))} />
          </Form.Item>
          <PublicKeyField maxLength={2000} missing={t('missing')} />
        </Form>
        {add.error === null ? null : <ErrorBox error={add.error} />}
      </div>
    </Modal>
  );
}
