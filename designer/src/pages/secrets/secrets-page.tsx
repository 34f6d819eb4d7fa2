import type { Output } from '../../api/operation-types.ts';
import { Button } from 'antd';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { SecretDialog } from './secret-dialog.tsx';

const TEXTS = defineTexts({
  title: ['凭据', 'Credentials'],
  help: [
    '凭据加密存储，这里只有名称，看不到值；只有列出的适配器可以使用。',
    'Credentials are stored sealed: only their names are shown here, never their values; only the listed adapters may use them.',
  ],
  create: ['新建凭据', 'New secret'],
  name: ['名称', 'Name'],
  adapters: ['可使用的适配器', 'Adapters that may use it'],
  nobody: ['无', 'None'],
  updated: ['更新时间', 'Updated'],
  set: ['设置新值', 'Set a new value'],
  removeEffect: ['删除凭据“{{name}}”；值无法恢复。', 'Deletes the secret "{{name}}"; its value cannot be restored.'],
  inUseHelp: [
    '以下适配器正在使用凭据“{{name}}”，先为它们改用其他凭据：',
    'These adapters use "{{name}}" as their credential; give them another one first:',
  ],
  usedBy: ['用作凭据的适配器', 'Adapters with this credential'],
  empty: ['还没有凭据', 'No secrets yet'],
  emptyNext: ['存入凭据后，在适配器里写它的名称。', 'Store a credential, then select it in an adapter.'],
});

type Secret = Output<'secrets.list'>['items'][number];

export function SecretsPage() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const secrets = useListOf('secrets.list', {});
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
            key: 'usedBy',
            title: t('usedBy'),
            value: ({ usedBy }) => usedBy.map(({ adapterId }) => adapterId).join(' '),
            render: ({ usedBy }) => <AdapterLinks adapters={usedBy.map(({ adapterId }) => adapterId)} />,
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
        empty={<EmptyState needs="secrets.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
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

function Acts({ secret: { name, usedBy }, onSet }: { readonly secret: Secret; readonly onSet: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const remove = useMutationOf('secrets.remove');
  return (
    <>
      <Button type="text" size="small" icon={<KeyRound size={16} />} title={t('set')} aria-label={`${t('set')}: ${name}`} onClick={onSet} />
      <RemoveButton
        isSmall
        name={name}
        effect={t('removeEffect', { name })}
        uses={usedBy.map((use) => ({ label: text(use.name) || use.adapterId, to: `/adapters/${use.adapterId}` }))}
        usesHelp={t('inUseHelp', { name })}
        run={($reason) => remove.mutateAsync({ name, $reason })}
      />
    </>
  );
}
