import { Button } from 'antd';
import { Plus } from 'lucide-react';
import { useNavigate } from 'react-router';
import { FRONTS } from '../../../../engine/contract/access/access.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CALL_STATES, CallStateTags, LastError, urgencyOf, useCallStateWord } from '../../kit/traffic/call-state.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { FRONT_TEXTS, heldOf, StateTag, TargetText, type InterfaceItem } from '../../release/interface-parts.tsx';

const TEXTS = defineTexts({
  title: ['接口与服务', 'Interfaces'],
  help: [
    '对外发布的接口：从哪个网关进来，由什么保护，通到哪个流程。',
    'What is published: the front it comes in by, and the flow it leads to.',
  ],
  name: ['名称', 'Name'],
  front: ['网关', 'Front'],
  address: ['方法与路径', 'Method and path'],
  target: ['目标', 'Leads to'],
  state: ['状态', 'State'],
  online: ['在线', 'Online'],
  offline: ['已下线', 'Offline'],
  grants: ['授权应用', 'Granted apps'],
  calls: ['调用', 'Calls'],
  lastOk: ['最近成功', 'Last success'],
  lastError: ['最近错误', 'Last error'],
  rate: ['每分钟', 'Per minute'],
  p95: ['p95 耗时', 'p95'],
  empty: ['还没有接口', 'No interfaces yet'],
  emptyNext: ['把一个已发布的流程开放为接口。', 'Publish a flow, then make an interface that leads to it.'],
  create: ['新建接口', 'New interface'],
});

const REFRESH_MS = 5000;

export function InterfacesPage() {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const text = useText();
  const format = useFormat();
  const go = useNavigate();
  const callWord = useCallStateWord();
  const interfaces = useQueryOf('interfaces.list', {}, { refetchIntervalMs: REFRESH_MS });
  const may = useMay();
  const create = may('interfaces.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => void go('/interfaces/new')}>
      {t('create')}
    </Button>
  ) : null;
  const count = (value: number | undefined) => (value === undefined ? '—' : format.number(value));
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={create} />
      <DataTable<InterfaceItem>
        label={t('title')}
        rows={interfaces.data?.items.toSorted((a, b) => urgencyOf(a.calls, a.flow?.held) - urgencyOf(b.calls, b.flow?.held))}
        rowKey={({ interfaceId }) => interfaceId}
        searchText={({ interfaceId, name, path }) => `${interfaceId} ${name['zh-CN']} ${name.en} ${path}`}
        filters={[
          {
            key: 'front',
            label: t('front'),
            options: FRONTS.map((value) => ({ value, label: front(value) })),
            test: (item, value) => item.front === value,
          },
          {
            key: 'calls',
            label: t('calls'),
            options: CALL_STATES.map((state) => ({ value: state, label: callWord({ state }) })),
            test: ({ calls }, value) => (calls?.state ?? 'idle') === value,
          },
          {
            key: 'state',
            label: t('state'),
            options: (['online', 'offline'] as const).map((value) => ({ value, label: t(value) })),
            test: ({ state }, value) => state === value,
          },
        ]}
        columns={[
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
          {
            key: 'calls',
            title: t('calls'),
            value: ({ calls }) => callWord(calls),
            render: (item) => <CallStateTags calls={item.calls} held={heldOf(item)} />,
          },
          {
            key: 'lastOk',
            title: t('lastOk'),
            value: ({ calls }) => calls?.lastOkAt,
            render: ({ calls }) => <TimeText at={calls?.lastOkAt} isAgo />,
          },
          {
            key: 'lastError',
            title: t('lastError'),
            value: ({ calls }) => calls?.lastError?.code,
            render: ({ calls }) => <LastError error={calls?.lastError} />,
          },
          {
            key: 'rate',
            title: t('rate'),
            align: 'right',
            value: ({ calls }) => calls?.perMinute,
            render: ({ calls }) => count(calls?.perMinute),
          },
          {
            key: 'p95',
            title: t('p95'),
            align: 'right',
            value: ({ calls }) => calls?.p95Ms,
            render: ({ calls }) => (calls?.p95Ms === undefined ? '—' : format.duration(calls.p95Ms)),
          },
          { key: 'state', title: t('state'), value: ({ state }) => t(state), render: ({ state }) => <StateTag state={state} /> },
          { key: 'front', title: t('front'), value: (item) => front(item.front), render: (item) => front(item.front) },
          {
            key: 'target',
            title: t('target'),
            value: ({ target, flow }) => (flow === undefined ? target.kind : text(flow.name)),
            render: (item) => <TargetText item={item} />,
          },
          { key: 'grants', title: t('grants'), align: 'right', value: ({ grants }) => grants, render: ({ grants }) => count(grants) },
        ]}
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
