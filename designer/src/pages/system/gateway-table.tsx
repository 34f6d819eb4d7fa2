import { Table, type TableColumnsType } from 'antd';
import { CircleAlert, CircleCheck } from 'lucide-react';
import type { SystemReport } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { ProcessName } from './process-name.tsx';
import { useFrontName } from './address-list.tsx';

const TEXTS = defineTexts({
  title: ['网关', 'Gateways'],
  help: [
    '在线进程的全部网关。隔离区（DMZ）的网关不连数据库，不在此列：请看它自己的 /metrics。',
    'All gateways of running processes. A gateway in the DMZ has no access to the database and is not listed: see its own /metrics.',
  ],
  front: ['网关', 'Front'],
  process: ['主机与进程号', 'Host and process'],
  address: ['地址', 'Address'],
  plan: ['发布版本', 'Plan'],
  current: ['最新', 'Current'],
  behind: ['落后：{{number}}', 'Behind: {{number}}'],
  connections: ['连接', 'Connections'],
  inFlight: ['处理中', 'In flight'],
  requests: ['请求', 'Requests'],
  refused: ['拒绝', 'Refused'],
  empty: ['没有在线的网关', 'No gateway is running'],
  emptyNext: ['启动一个：kangqiao gateway --front open', 'Start one: kangqiao gateway --front open'],
});

type Gateway = SystemReport['gateways'][number];

export function GatewayTable({ gateways }: { readonly gateways: readonly Gateway[] }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const nameOf = useFrontName();
  const figure = (key: 'connections' | 'inFlight' | 'requests' | 'refused') => ({
    key,
    title: t(key),
    align: 'right' as const,
    render: (_value: unknown, gateway: Gateway) => format.number(gateway[key]),
  });
  const columns: TableColumnsType<Gateway> = [
    { key: 'front', title: t('front'), render: (_value, { front }) => nameOf(front) },
    { key: 'process', title: t('process'), render: (_value, { host, pid }) => <ProcessName host={host} pid={pid} /> },
    { key: 'address', title: t('address'), render: (_value, { address }) => <CopyText text={address} /> },
    { key: 'plan', title: t('plan'), render: (_value, gateway) => <PlanTag gateway={gateway} /> },
    figure('connections'),
    figure('inFlight'),
    figure('requests'),
    figure('refused'),
  ];
  return (
    <Panel title={t('title')} help={t('help')}>
      <Table<Gateway>
        aria-label={t('title')}
        size="small"
        rowKey={({ processId, front }) => `${processId} ${front}`}
        columns={columns}
        dataSource={[...gateways]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <EmptyState title={t('empty')} next={t('emptyNext')} /> }}
      />
    </Panel>
  );
}

function PlanTag({ gateway: { isCurrent, planNumber } }: { readonly gateway: Gateway }) {
  const t = useTexts(TEXTS);
  return (
    <Tag tone={isCurrent ? 'green' : 'amber'} icon={isCurrent ? CircleCheck : CircleAlert}>
      {isCurrent ? t('current') : t('behind', { number: planNumber })}
    </Tag>
  );
}
