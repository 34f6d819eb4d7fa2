/** The virtual hosts of the whole broker, for people with all domains. */
import { Button, Form, Input, Modal } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { useMay } from '../../session/session-context.ts';
import { BROKER_TEXTS, type VirtualHost } from './broker-texts.ts';
import styles from './brokers.module.css';

const TEXTS = defineTexts({
  label: ['虚拟主机', 'Virtual hosts'],
  name: ['名称', 'Name'],
  own: ['本适配器的', 'of this adapter'],
  create: ['新建虚拟主机', 'New virtual host'],
  missing: ['请填写名称', 'Enter a name'],
  help: ['新建后，由中间件管理员给用户授权。', 'Afterwards, let the administrator of the broker grant access to a user.'],
  cancel: ['取消', 'Cancel'],
  removeEffect: [
    '删除虚拟主机“{{name}}”和其中全部队列、主题、消息，不能恢复；使用它的系统会断开。',
    'Deletes the virtual host "{{name}}" with all its queues, topics and messages; they cannot be restored. Systems that use it are disconnected.',
  ],
  empty: ['没有虚拟主机', 'No virtual hosts'],
});

export function VirtualHostTable({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const format = useFormat();
  const mayEdit = useMay()('brokers.purge');
  const [isNew, setNew] = useState(false);
  const hosts = useListOf('brokers.virtual-hosts', { adapterId });
  const create = mayEdit ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<VirtualHost>
        label={t('label')}
        rows={hosts.data?.items}
        rowKey={({ name }) => name}
        searchText={({ name }) => name}
        columns={[
          {
            key: 'name',
            title: t('name'),
            value: ({ name }) => name,
            render: ({ name, isOwn }) => (
              <>
                <code className={styles.name}>{name}</code>
                {isOwn ? <span className={styles.quiet}> {t('own')}</span> : null}
              </>
            ),
          },
          {
            key: 'messages',
            title: words('messages'),
            align: 'right',
            value: ({ messages = 0 }) => messages,
            render: ({ messages }) => (messages === undefined ? words('none') : format.number(messages)),
          },
          {
            key: 'acts',
            title: '',
            render: ({ name, isOwn }) => (mayEdit && !isOwn ? <Remove adapterId={adapterId} name={name} /> : null),
          },
        ]}
        isLoading={hosts.isPending}
        error={hosts.error}
        onRefresh={() => void hosts.refetch()}
        empty={<EmptyState title={t('empty')} />}
        actions={create}
        exportName={`${adapterId}-virtual-hosts`}
      />
      {isNew ? <NewVirtualHost adapterId={adapterId} onClose={() => setNew(false)} /> : null}
    </>
  );
}

function Remove({ adapterId, name }: { readonly adapterId: string; readonly name: string }) {
  const t = useTexts(TEXTS);
  const remove = useMutationOf('brokers.remove-virtual-host');
  return (
    <RemoveButton
      isSmall
      name={name}
      effect={t('removeEffect', { name })}
      run={($reason) => remove.mutateAsync({ adapterId, name, $reason })}
    />
  );
}

function NewVirtualHost({ adapterId, onClose }: { readonly adapterId: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const create = useMutationOf('brokers.create-virtual-host');
  const [form] = Form.useForm<{ readonly name: string }>();
  const submit = async (name: string) => {
    await create.mutateAsync({ adapterId, name: name.trim() });
    onClose();
  };
  return (
    <Modal
      open
      title={t('create')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ name }) => void submit(name).catch(() => undefined)}>
        <Form.Item name="name" label={t('name')} extra={t('help')} rules={[{ required: true, whitespace: true, message: t('missing') }]}>
          <Input maxLength={255} />
        </Form.Item>
      </Form>
      {create.error === null ? null : <ErrorBox error={create.error} />}
    </Modal>
  );
}
