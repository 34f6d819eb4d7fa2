import { Button } from 'antd';
import { Plus } from 'lucide-react';
import { useNavigate } from 'react-router';
import { FRONTS } from '../../../../engine/contract/access/access.ts';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CallStateTags, urgencyOf } from '../../kit/traffic/call-state.tsx';
import { useCallColumns, useCallFilter } from '../../kit/traffic/use-call-columns.tsx';
import { DataTable, type Column, type Filter } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { FRONT_TEXTS, heldOf, StateTag, TargetText, type InterfaceItem } from '../../release/interface-parts.tsx';

const TEXTS = defineTexts({
  title: ['接口与服务', 'Interfaces'],
  help: [
    '对外发布的接口：从哪个网关进来，由什么保护，通到哪个流程。',
    'What is published: on which front, and with which flow as its target.',
  ],
  name: ['名称', 'Name'],
  front: ['网关', 'Front'],
  address: ['方法与路径', 'Method and path'],
  target: ['目标', 'Target'],
  state: ['状态', 'State'],
  online: ['在线', 'Online'],
  offline: ['已下线', 'Offline'],
  grants: ['授权应用', 'Granted apps'],
  empty: ['还没有接口', 'No interfaces yet'],
  emptyNext: ['把一个已发布的流程开放为接口。', 'Publish a flow, then create an interface with this flow as its target.'],
  create: ['新建接口', 'New interface'],
});

const REFRESH_MS = 5000;

export function InterfacesPage() {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const may = useMay();
  const filters = useFilters();
  const columns = useColumns();
  const interfaces = useListOf('interfaces.list', {}, { refetchIntervalMs: REFRESH_MS });
  const create = may('interfaces.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => void go('/interfaces/new')}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={create} />
      <DataTable<InterfaceItem>
        label={t('title')}
        rows={interfaces.data?.items.toSorted((a, b) => urgencyOf(a.calls, a.flow?.held) - urgencyOf(b.calls, b.flow?.held))}
        rowKey={({ interfaceId }) => interfaceId}
        searchText={({ interfaceId, name, path }) => `${interfaceId} ${name['zh-CN']} ${name.en} ${path}`}
        filters={filters}
        columns={columns}
        isLoading={interfaces.isPending}
        error={interfaces.error}
        onRefresh={() => void interfaces.refetch()}
        onOpen={({ interfaceId }) => void go(`/interfaces/${interfaceId}`)}
        empty={<EmptyState needs="interfaces.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="interfaces"
      />
    </Page>
  );
}

function useFilters(): readonly Filter<InterfaceItem>[] {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const callFilter = useCallFilter<InterfaceItem>();
  return [
    {
      key: 'front',
      label: t('front'),
      options: FRONTS.map((value) => ({ value, label: front(value) })),
      test: (item, value) => item.front === value,
    },
    callFilter,
    {
      key: 'state',
      label: t('state'),
      options: (['online', 'offline'] as const).map((value) => ({ value, label: t(value) })),
      test: ({ state }, value) => state === value,
    },
  ];
}

function useColumns(): readonly Column<InterfaceItem>[] {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const text = useText();
  const format = useFormat();
  const callColumns = useCallColumns<InterfaceItem>((item) => <CallStateTags calls={item.calls} held={heldOf(item)} />);
  return [
    { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
    {
      key: 'address',
      title: t('address'),
      value: ({ method, path }) => `${method} ${path}`,
      render: ({ method, path }) => (
        <code>
          {method} {path}
        </code>
      ),
    },
    ...callColumns,
    { key: 'state', title: t('state'), value: ({ state }) => t(state), render: ({ state }) => <StateTag state={state} /> },
    { key: 'front', title: t('front'), value: (item) => front(item.front), render: (item) => front(item.front) },
    {
      key: 'target',
      title: t('target'),
      value: ({ target, flow }) => (flow === undefined ? target.kind : text(flow.name)),
      render: (item) => <TargetText item={item} />,
    },
    {
      key: 'grants',
      title: t('grants'),
      align: 'right',
      value: ({ grants }) => grants,
      render: ({ grants }) => (grants === undefined ? '—' : format.number(grants)),
    },
  ];
}
