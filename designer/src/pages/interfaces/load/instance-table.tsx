import { Table, type TableColumnsType } from 'antd';
import { CircleCheck, CircleDot, CircleSlash, HeartCrack, type LucideIcon } from 'lucide-react';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { Tag, type Tone } from '../../../kit/feedback/status-tag.tsx';
import { CopyText } from '../../../kit/text/copy-text.tsx';
import { TimeText } from '../../../kit/time/time-text.tsx';
import { useGatewayColumn, type GatewayLoad } from './gateway-table.tsx';
import styles from './load.module.css';

const TEXTS = defineTexts({
  title: ['后端实例', 'Instances'],
  instance: ['实例', 'Instance'],
  group: ['分组', 'Group'],
  state: ['状态', 'State'],
  in: ['使用中', 'In use'],
  ejected: ['已摘除', 'Ejected'],
  probing: ['试探中', 'Probing'],
  unhealthy: ['健康检查未通过', 'Health check fails'],
  until: ['到', 'until'],
  weight: ['权重', 'Weight'],
  inFlight: ['处理中', 'In flight'],
  latency: ['平均用时', 'Latency'],
  recent: ['最近 10 秒', 'Last 10 s'],
  recentOf: ['{{calls}} 次，失败 {{failures}}', '{{calls}} {{calls|call|calls}}, {{failures}} failed'],
});

type Instance = NonNullable<GatewayLoad['groups']>[number]['instances'][number];
interface Row extends Instance {
  readonly gateway: string;
  readonly processId: string;
  readonly group: string;
}

const LOOKS: Readonly<Record<Instance['state'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  in: { tone: 'green', icon: CircleCheck },
  ejected: { tone: 'red', icon: CircleSlash },
  probing: { tone: 'amber', icon: CircleDot },
  unhealthy: { tone: 'red', icon: HeartCrack },
};

/** Shows the instances of a service as each gateway sees them. Hidden if the target is a flow. */
export function InstanceTable({ loads }: { readonly loads: readonly GatewayLoad[] }) {
  const t = useTexts(TEXTS);
  const rows = loads.flatMap(({ gateway, processId, groups = [] }) =>
    groups.flatMap(({ name, instances }) => instances.map((instance): Row => ({ ...instance, gateway, processId, group: name }))),
  );
  const columns = useColumns(loads.length > 1);
  if (rows.length === 0) return null;
  return (
    <div>
      <h3>{t('title')}</h3>
      <Table<Row>
        aria-label={t('title')}
        size="small"
        rowKey={({ processId, gateway, group, address }) => `${processId} ${gateway} ${group} ${address}`}
        columns={columns}
        dataSource={rows}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
      />
    </div>
  );
}

function useColumns(hasManyGateways: boolean): TableColumnsType<Row> {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const gateway = useGatewayColumn<Row>();
  return [
    {
      key: 'instance',
      title: t('instance'),
      render: (_value, { address, zone, tags = [] }) => (
        <>
          <CopyText text={address} />{' '}
          {[...(zone === undefined ? [] : [zone]), ...tags].map((word) => (
            <Tag key={word} tone="grey">
              {word}
            </Tag>
          ))}
        </>
      ),
    },
    { key: 'group', title: t('group'), render: (_value, { group }) => <code>{group}</code> },
    ...(hasManyGateways ? [gateway] : []),
    {
      key: 'state',
      title: t('state'),
      render: (_value, { state, ejectedUntil }) => (
        <span data-instance={state}>
          <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
            {t(state)}
          </Tag>
          {ejectedUntil === undefined ? null : (
            <span className={styles.quiet}>
              {' '}
              {t('until')} <TimeText at={ejectedUntil} />
            </span>
          )}
        </span>
      ),
    },
    { key: 'weight', title: t('weight'), align: 'right', render: (_value, { weight }) => format.number(weight) },
    { key: 'inFlight', title: t('inFlight'), align: 'right', render: (_value, { inFlight }) => format.number(inFlight) },
    {
      key: 'latency',
      title: t('latency'),
      align: 'right',
      render: (_value, { latencyMs }) => (latencyMs === undefined ? '—' : format.duration(latencyMs)),
    },
    {
      key: 'recent',
      title: t('recent'),
      render: (_value, { calls, failures }) => t('recentOf', { calls: format.number(calls), failures: format.number(failures) }),
    },
  ];
}
