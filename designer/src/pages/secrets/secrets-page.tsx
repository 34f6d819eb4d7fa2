import { Button, Form, Input, Modal, Select } from 'antd';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { TimeText } from '../../parts/time-text.tsx';

const TEXTS = defineTexts({
  title: ['机密', 'Secrets'],
  help: [
    '凭据加密存储，这里只有名称，看不到值；只有列出的适配器可以使用。',
    'Credentials are stored sealed: their names are here, never their values; only the adapters listed may use one.',
  ],
  create: ['新建机密', 'New secret'],
  name: ['名称', 'Name'],
  nameWrong: ['字母或数字开头，可含 . _ -，最长 100', 'A letter or digit, then also . _ -, at most 100'],
  adapters: ['可使用的适配器', 'Adapters that may use it'],
  nobody: ['无', 'None'],
  updated: ['更新时间', 'Updated'],
  set: ['设置新值', 'Set a new value'],
  value: ['值', 'Value'],
  valueHelp: ['保存后无法在此查看；旧值立即被替换。', 'It cannot be seen here once it is saved; the old value is replaced at once.'],
  missing: ['请填写', 'Enter it'],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
  remove: ['删除', 'Delete'],
  removeEffect: [
    '删除机密“{{name}}”。以它为凭据的适配器从此无法登录对方系统；值无法恢复。',
    'Deletes the secret "{{name}}". Adapters that log in with it can do so no more; the value cannot be brought back.',
  ],
  empty: ['还没有机密', 'No secrets yet'],
  emptyNext: ['存入凭据后，在适配器里写它的名称。', 'Store a credential, then name it in an adapter.'],
});

type Secret = Outputs['secrets.list']['items'][number];

export function SecretsPage() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const secrets = useQueryOf('secrets.list', {});
  const [edited, setEdited] = useState<Secret | 'new'>();
  const create = may('secrets.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setEdited('new')}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={create} />
      <DataTable<Secret>
        label={t('title')}
        rows={secrets.data?.items}
        rowKey={({ name }) => name}
        searchText={({ name, adapters }) => `${name} ${adapters.join(' ')}`}
        columns={[
          { key: 'name', title: t('name'), value: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
          {
            key: 'adapters',
            title: t('adapters'),
            value: ({ adapters }) => adapters.join(' '),
            render: ({ adapters }) => <AdapterLinks adapters={adapters} />,
          },
          {
            key: 'updated',
            title: t('updated'),
            value: ({ updatedAt }) => updatedAt,
            render: ({ updatedAt }) => <TimeText at={updatedAt} />,
          },
          {
            key: 'acts',
            title: '',
            width: 96,
            render: (secret) => (may('secrets.edit') ? <Acts secret={secret} onSet={() => setEdited(secret)} /> : null),
          },
        ]}
        isLoading={secrets.isPending}
        error={secrets.error}
        onRefresh={() => void secrets.refetch()}
        empty={<EmptyState title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="secrets"
      />
      {edited === undefined ? null : <SecretDialog secret={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
    </Page>
  );
}

function AdapterLinks({ adapters }: { readonly adapters: readonly string[] }) {
  const t = useTexts(TEXTS);
  if (adapters.length === 0) return <span>{t('nobody')}</span>;
  return adapters.map((adapterId, index) => (
    <span key={adapterId}>
      {index === 0 ? '' : ' · '}
      <Link to={`/adapters/${adapterId}`}>{adapterId}</Link>
    </span>
  ));
}

function Acts({ secret: { name }, onSet }: { readonly secret: Secret; readonly onSet: () => void }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const remove = useMutationOf('secrets.remove');
  const ask = () =>
    confirm({
      title: t('remove'),
      effect: t('removeEffect', { name }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ name, $reason }),
    });
  return (
    <>
      <Button type="text" size="small" icon={<KeyRound size={16} />} title={t('set')} aria-label={`${t('set')}: ${name}`} onClick={onSet} />
      <Button
        type="text"
        size="small"
        icon={<Trash2 size={16} />}
        title={t('remove')}
        aria-label={`${t('remove')}: ${name}`}
        onClick={ask}
      />
    </>
  );
}

interface Values {
  readonly name: string;
  readonly value: string;
  readonly adapters: string[];
}

function SecretDialog({ secret, onClose }: { readonly secret: Secret | undefined; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const adapters = useQueryOf('adapters.list', {});
  const save = useMutationOf('secrets.save');
  const [form] = Form.useForm<Values>();
  const submit = async ({ name, value, adapters }: Values) => {
    await save.mutateAsync({ name, value, adapters });
    onClose();
  };
  return (
    <Modal
      open
      title={secret === undefined ? t('create') : t('set')}
      okText={t('save')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{ name: secret?.name ?? '', value: '', adapters: [...(secret?.adapters ?? [])] }}
        onFinish={(values) => void submit(values).catch(() => undefined)}
      >
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameWrong')}
          rules={[{ required: true, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, message: t('nameWrong') }]}
        >
          <Input disabled={secret !== undefined} />
        </Form.Item>
        <Form.Item name="value" label={t('value')} extra={t('valueHelp')} rules={[{ required: true, message: t('missing') }]}>
          <Input.Password autoComplete="new-password" maxLength={20_000} />
        </Form.Item>
        <Form.Item name="adapters" label={t('adapters')}>
          <Select
            mode="multiple"
            options={(adapters.data?.items ?? []).map(({ adapterId, name }) => ({ value: adapterId, label: text(name) }))}
            optionFilterProp="label"
          />
        </Form.Item>
      </Form>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}
