/** The section of the page Security with the shared address lists. */
import { Button } from 'antd';
import { Ban, CircleCheck, Plus } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { IpEntries, type IpList } from './ip-entries.tsx';
import { NewIpList } from './new-ip-list.tsx';

const TEXTS = defineTexts({
  label: ['IP 名单', 'Address lists'],
  name: ['名称', 'Name'],
  id: ['编号', 'Id'],
  kind: ['种类', 'Kind'],
  black: ['黑名单', 'Black list'],
  white: ['白名单', 'White list'],
  scope: ['对谁生效', 'Applies to'],
  whole: ['{{fronts}}的全部请求', 'Every request of: {{fronts}}'],
  domain: ['服务域 {{domain}} 的全部接口（{{fronts}}）', 'All interfaces of the domain {{domain}} ({{fronts}})'],
  named: ['引用它的接口', 'Interfaces that name it'],
  open: ['开放网关', 'open front'],
  user: ['用户网关', 'user front'],
  bus: ['总线网关', 'bus front'],
  between: ['、', ', '],
  entries: ['条目', 'Entries'],
  create: ['新建名单', 'New list'],
  removeEffect: [
    '一秒内，名单“{{name}}”中的 {{count}} 条不再生效。',
    'Within a second the {{count}} {{count|entry|entries}} of the list "{{name}}" have no effect.',
  ],
  empty: ['还没有 IP 名单', 'No address lists yet'],
  emptyNext: [
    '例如：各区平台的出口地址（白名单），或攻击来源（黑名单）。',
    'For example the addresses of the districts (white), or the sources of an attack (black).',
  ],
});

export function IpLists() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const lists = useListOf('ip-lists.list', {});
  const [isCreating, setCreating] = useState(false);
  const [address] = useSearchParams();
  const [opened, setOpened] = useState(address.get('open') ?? undefined);
  const columns = useColumns();
  const shown = lists.data?.items.find(({ listId }) => listId === opened);
  const create = may('callers.edit') ? (
    <Button icon={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<IpList>
        label={t('label')}
        rows={lists.data?.items}
        rowKey={({ listId }) => listId}
        searchText={({ listId, name, entries }) =>
          `${listId} ${name['zh-CN']} ${name.en} ${entries.map(({ range, reason }) => `${range} ${reason}`).join(' ')}`
        }
        columns={columns}
        isLoading={lists.isPending}
        error={lists.error}
        onRefresh={() => void lists.refetch()}
        onOpen={({ listId }) => setOpened(listId)}
        actions={create}
        empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="ip-lists"
      />
      {isCreating ? <NewIpList onClose={() => setCreating(false)} onMade={setOpened} /> : null}
      {shown === undefined ? null : <IpEntries list={shown} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function useColumns(): readonly Column<IpList>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const scopeOf = ({ everywhere, domain, fronts }: IpList) => {
    const names = fronts.map((front) => t(front)).join(t('between'));
    if (!everywhere) return t('named');
    return domain === undefined ? t('whole', { fronts: names }) : t('domain', { domain, fronts: names });
  };
  return [
    { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
    { key: 'id', title: t('id'), value: ({ listId }) => listId, render: ({ listId }) => <code>{listId}</code> },
    {
      key: 'kind',
      title: t('kind'),
      value: ({ kind }) => t(kind),
      render: ({ kind }) => (
        <Tag tone={kind === 'black' ? 'red' : 'green'} icon={kind === 'black' ? Ban : CircleCheck}>
          {t(kind)}
        </Tag>
      ),
    },
    { key: 'scope', title: t('scope'), value: scopeOf, render: scopeOf },
    {
      key: 'entries',
      title: t('entries'),
      align: 'right',
      value: ({ entries }) => entries.length,
      render: ({ entries }) => format.number(entries.length),
    },
    { key: 'remove', title: '', width: 48, render: (list) => <Remove list={list} /> },
  ];
}

function Remove({ list: { listId, name, entries, mayEdit } }: { readonly list: IpList }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const remove = useMutationOf('ip-lists.remove');
  if (!mayEdit || !may('callers.edit')) return null;
  const effect = t('removeEffect', { name: text(name), count: entries.length });
  return <RemoveButton isSmall name={text(name)} effect={effect} run={($reason) => remove.mutateAsync({ listId, $reason })} />;
}
