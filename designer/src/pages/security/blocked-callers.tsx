/** The section of the page Security with the users and devices that the user front refuses. */
import type { Output } from '../../api/operation-types.ts';
import { App, Button, Form, Input, Radio } from 'antd';
import { Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { EntryDialog, ReasonAndEnd, reasonAndEnd, useRequired, type EntryValues } from './entry-dialog.tsx';

const TEXTS = defineTexts({
  label: ['用户与设备黑名单', 'Blocked users and devices'],
  kind: ['种类', 'Kind'],
  user: ['用户', 'User'],
  device: ['设备', 'Device'],
  entry: ['条目', 'Entry'],
  issuer: ['签发者（iss）', 'Issuer (iss)'],
  issuerHelp: ['不填时对所有登录系统生效。', 'If left out, it applies to all login systems.'],
  reason: ['原因', 'Reason'],
  since: ['加入时间', 'Since'],
  expires: ['到期', 'Ends'],
  add: ['加入黑名单', 'Block'],
  find: ['查询', 'Look up'],
  id: ['用户标识或设备标识', 'User id or device id'],
  idHelp: [
    '用户为令牌中的 sub；设备为请求头 X-Device-Id（或接口设置的请求头）的值。只保存摘要，以后不能再显示。',
    'For a user the sub of the token; for a device the value of X-Device-Id, or of the header that the interface names. Only a digest is stored.',
  ],
  isListed: ['在黑名单中：{{entry}}', 'Blocked: {{entry}}'],
  isNotListed: ['不在黑名单中', 'Not blocked'],
  removeEffect: ['一秒内，{{name}} 可以再次访问用户网关。', 'Within a second {{name}} may use the user front again.'],
  empty: ['没有被限制的用户或设备', 'No user or device is blocked'],
  emptyNext: [
    '发现滥用时，按用户标识或设备标识加入，并写明原因。',
    'Add people who abuse the service by user id or device id, with the reason.',
  ],
});

type Blocked = Output<'blocked-callers.list'>['items'][number];
interface Who {
  readonly kind: Blocked['kind'];
  readonly id: string;
  readonly issuer?: string;
}

export function BlockedCallers() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const blocked = useListOf('blocked-callers.list', {});
  const remove = useMutationOf('blocked-callers.unblock');
  const [dialog, setDialog] = useState<'add' | 'find'>();
  const mayEdit = may('callers.edit');
  const add = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setDialog('add')}>
      {t('add')}
    </Button>
  ) : null;
  const close = () => setDialog(undefined);
  return (
    <>
      <DataTable<Blocked>
        label={t('label')}
        rows={blocked.data?.items}
        rowKey={({ blockId }) => blockId}
        searchText={({ blockId, kind, issuer = '', reason }) => `${blockId} ${t(kind)} ${issuer} ${reason}`}
        columns={[
          { key: 'entry', title: t('entry'), value: ({ blockId }) => blockId, render: ({ blockId }) => <code>{blockId}</code> },
          { key: 'kind', title: t('kind'), value: ({ kind }) => t(kind), render: ({ kind }) => t(kind) },
          { key: 'issuer', title: t('issuer'), value: ({ issuer }) => issuer, render: ({ issuer }) => issuer },
          { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
          { key: 'since', title: t('since'), value: ({ createdAt }) => createdAt, render: ({ createdAt }) => <TimeText at={createdAt} /> },
          {
            key: 'expires',
            title: t('expires'),
            value: ({ expiresAt }) => expiresAt,
            render: ({ expiresAt }) => <ExpiryText at={expiresAt} />,
          },
          {
            key: 'remove',
            title: '',
            width: 48,
            render: ({ blockId }) =>
              mayEdit ? (
                <RemoveButton
                  isSmall
                  name={blockId}
                  effect={t('removeEffect', { name: blockId })}
                  run={($reason) => remove.mutateAsync({ blockId, $reason })}
                />
              ) : null,
          },
        ]}
        isLoading={blocked.isPending}
        error={blocked.error}
        onRefresh={() => void blocked.refetch()}
        actions={
          <>
            <Button icon={<Search size={16} />} onClick={() => setDialog('find')}>
              {t('find')}
            </Button>
            {add}
          </>
        }
        empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={add} />}
        exportName="blocked-callers"
      />
      {dialog === 'add' ? <Add onClose={close} /> : null}
      {dialog === 'find' ? <Find onClose={close} /> : null}
    </>
  );
}

function Add({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const block = useMutationOf('blocked-callers.block');
  const submit = async ({ reason, expires = null, ...who }: Who & EntryValues) => {
    await block.mutateAsync({ ...trimmed(who), ...reasonAndEnd({ reason, expires }) });
    onClose();
  };
  return (
    <EntryDialog<Who & EntryValues>
      title={t('add')}
      isPending={block.isPending}
      error={block.error}
      initialValues={{ kind: 'user' }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <WhoFields />
      <ReasonAndEnd />
    </EntryDialog>
  );
}

function Find({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const find = useMutationOf('blocked-callers.find');
  const submit = async (who: Who) => {
    const { items } = await find.mutateAsync(trimmed(who));
    const entry = items.map(({ blockId }) => blockId).join(' ');
    void message.info(entry === '' ? t('isNotListed') : t('isListed', { entry }));
  };
  return (
    <EntryDialog<Who>
      title={t('find')}
      isPending={find.isPending}
      error={find.error}
      initialValues={{ kind: 'user' }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <WhoFields />
    </EntryDialog>
  );
}

function WhoFields() {
  const t = useTexts(TEXTS);
  const required = useRequired();
  return (
    <>
      <Form.Item name="kind" label={t('kind')}>
        <Radio.Group options={(['user', 'device'] as const).map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name="id" label={t('id')} extra={t('idHelp')} rules={[required]}>
        <Input autoFocus autoComplete="off" maxLength={200} />
      </Form.Item>
      <Form.Item name="issuer" label={t('issuer')} extra={t('issuerHelp')}>
        <Input maxLength={300} />
      </Form.Item>
    </>
  );
}

function trimmed({ kind, id, issuer = '' }: Who): Who {
  return { kind, id: id.trim(), ...(issuer.trim() === '' ? {} : { issuer: issuer.trim() }) };
}
