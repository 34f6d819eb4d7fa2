import { Table, type TableColumnsType } from 'antd';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { Link } from 'react-router';
import type { SystemReport } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { useMay } from '../../session/session-context.ts';
import { ProcessName } from '../system/process-name.tsx';
import { DrainButton } from './drain-button.tsx';
import { DrainTag } from './drain-tag.tsx';

const TEXTS = defineTexts({
  title: ['节点', 'Nodes'],
  help: [
    '在线进程的全部网关。隔离区（DMZ）的网关不连数据库，不在此列：请看它自己的 /metrics。',
    'All gateways of running processes. A gateway in the DMZ has no access to the database and is not listed: see its own /metrics.',
  ],
  newest: ['最新发布版本 {{number}}，{{at}} 生成', 'The newest plan is {{number}}, made at {{at}}'],
  behind: [
    '{{count}} 个网关还在用旧版本：几秒后仍如此，请检查它与共享状态的连接。',
    '{{count}} {{count|gateway uses|gateways use}} an older plan. If this lasts more than some seconds, check the connection to the shared state.',
  ],
  front: ['网关', 'Front'],
  process: ['主机与进程号', 'Host and process'],
  address: ['监听地址', 'Address'],
  state: ['状态', 'State'],
  act: ['操作', 'Action'],
  plan: ['发布版本', 'Plan'],
  current: ['{{number}} 最新', '{{number}}, newest'],
  old: ['{{number}} 落后', '{{number}}, behind'],
  inFlight: ['处理中', 'In flight'],
  connections: ['连接', 'Connections'],
  requests: ['请求', 'Requests'],
  refused: ['拒绝', 'Refused'],
  share: ['占 {{share}}', '{{share}} of all'],
  callsTitle: ['调用', 'Calls'],
  calls: ['查看', 'Show'],
  callsOf: ['查看{{front}}的调用', 'Show the calls of the {{front}}'],
  empty: ['没有在线的网关', 'No gateway is running'],
  emptyNext: ['启动一个：kangqiao gateway --front open', 'Start one: kangqiao gateway --front open'],
});

type Gateway = SystemReport['gateways'][number];

interface GatewayNodesProps {
  readonly report: Pick<SystemReport, 'gateways' | 'plan' | 'planMadeAt'> | undefined;
}

/** Lists the gateways of all processes. `report` is undefined while it loads. */
export function GatewayNodes({ report }: GatewayNodesProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const gateways = report?.gateways ?? [];
  const columns = useColumns(gateways);
  const behind = gateways.filter(({ isCurrent }) => !isCurrent).length;
  return (
    <Panel
      title={t('title')}
      help={t('help')}
      extra={report === undefined ? null : <span>{t('newest', { number: report.plan, at: format.time(report.planMadeAt) })}</span>}
    >
      {behind === 0 ? null : <p role="status">{t('behind', { count: behind })}</p>}
      <Table<Gateway>
        aria-label={t('title')}
        size="small"
        rowKey={({ processId, front }) => `${processId} ${front}`}
        columns={columns}
        dataSource={[...gateways]}
        loading={report === undefined}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: report === undefined ? ' ' : <EmptyState title={t('empty')} next={t('emptyNext')} /> }}
      />
    </Panel>
  );
}

function useColumns(gateways: readonly Gateway[]): TableColumnsType<Gateway> {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const format = useFormat();
  const mayDrain = useMay()('gateways.drain');
  const nameOf = (gateway: Gateway) => front(gateway.front as keyof typeof FRONT_TEXTS);
  const figure = (key: 'connections' | 'inFlight' | 'requests') => ({
    key,
    title: t(key),
    align: 'right' as const,
    render: (_value: unknown, gateway: Gateway) => format.number(gateway[key]),
  });
  return [
    { key: 'front', title: t('front'), render: (_value, gateway) => nameOf(gateway) },
    { key: 'process', title: t('process'), render: (_value, { host, pid }) => <ProcessName host={host} pid={pid} /> },
    { key: 'address', title: t('address'), render: (_value, { address }) => <CopyText text={address} /> },
    { key: 'state', title: t('state'), render: (_value, gateway) => <DrainTag gateway={gateway} /> },
    { key: 'plan', title: t('plan'), render: (_value, gateway) => <PlanTag gateway={gateway} /> },
    figure('inFlight'),
    figure('connections'),
    figure('requests'),
    {
      key: 'refused',
      title: t('refused'),
      align: 'right',
      render: (_value, { requests, refused }) =>
        refused === 0
          ? '0'
          : `${format.number(refused)} · ${t('share', { share: format.percent(Math.min(1, refused / Math.max(1, requests))) })}`,
    },
    {
      key: 'calls',
      title: t('callsTitle'),
      render: (_value, gateway) => (
        <Link to={callsAddress({ front: gateway.front })} aria-label={t('callsOf', { front: nameOf(gateway) })}>
          {t('calls')}
        </Link>
      ),
    },
    ...(mayDrain
      ? [
          {
            key: 'act',
            title: t('act'),
            fixed: 'right' as const,
            render: (_value: unknown, gateway: Gateway) => <DrainButton gateway={gateway} gateways={gateways} />,
          },
        ]
      : []),
  ];
}

function PlanTag({ gateway: { isCurrent, planNumber } }: { readonly gateway: Gateway }) {
  const t = useTexts(TEXTS);
  return (
    <Tag tone={isCurrent ? 'green' : 'amber'} icon={isCurrent ? CircleCheck : CircleAlert}>
      {t(isCurrent ? 'current' : 'old', { number: planNumber })}
    </Tag>
  );
}
