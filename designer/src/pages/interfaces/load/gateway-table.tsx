import { Table, type TableColumnsType } from 'antd';
import { CircleCheck, CircleDot, CircleX, Hand, TrendingUp, type LucideIcon } from 'lucide-react';
import { FRONTS, type Front } from '../../../../../engine/contract/access/access.ts';
import type { Output } from '../../../api/operation-types.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { Tag, type Tone } from '../../../kit/feedback/status-tag.tsx';
import { CopyText } from '../../../kit/text/copy-text.tsx';
import { TimeText } from '../../../kit/time/time-text.tsx';
import { FRONT_TEXTS } from '../../../release/interface-parts.tsx';
import styles from './load.module.css';

const TEXTS = defineTexts({
  title: ['各网关', 'Gateways'],
  gateway: ['网关', 'Gateway'],
  process: ['进程', 'Process'],
  inFlight: ['处理中', 'In flight'],
  limit: ['并发限制', 'Concurrency limit'],
  unlimited: ['未启用', 'Not used'],
  atCeiling: ['已到设定的上限', 'at the ceiling'],
  queued: ['排队', 'Waiting'],
  breaker: ['熔断', 'Breaker'],
  closed: ['正常', 'Closed'],
  open: ['暂停调用', 'Open: calls paused'],
  'half-open': ['试探中', 'Probing'],
  ramp: ['逐步恢复', 'Recovering'],
  pausedByPerson: ['人工暂停', 'Paused by a person'],
  passesByPerson: ['人工放行', 'Passed by a person'],
  since: ['自', 'since'],
  until: ['到', 'until'],
});

export type GatewayLoad = Output<'interfaces.load'>['loads'][number];
type Breaker = NonNullable<NonNullable<GatewayLoad['groups']>[number]['breaker']>;

const LOOKS: Readonly<Record<Breaker['state'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  closed: { tone: 'green', icon: CircleCheck },
  open: { tone: 'red', icon: CircleX },
  'half-open': { tone: 'amber', icon: CircleDot },
  ramp: { tone: 'blue', icon: TrendingUp },
};

/** Shows the load in each gateway: one line for each. */
export function GatewayTable({ loads, isLoading }: { readonly loads: readonly GatewayLoad[]; readonly isLoading: boolean }) {
  const t = useTexts(TEXTS);
  const columns = useColumns();
  return (
    <Table<GatewayLoad>
      aria-label={t('title')}
      size="small"
      rowKey={({ processId, gateway }) => `${processId} ${gateway}`}
      columns={columns}
      dataSource={[...loads]}
      loading={isLoading}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: ' ' }}
    />
  );
}

function useColumns(): TableColumnsType<GatewayLoad> {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const nameOf = useGatewayName();
  return [
    { key: 'gateway', title: t('gateway'), render: (_value, { gateway }) => nameOf(gateway) },
    { key: 'process', title: t('process'), render: (_value, { processId }) => <CopyText text={processId} isShort /> },
    { key: 'inFlight', title: t('inFlight'), align: 'right', render: (_value, { inFlight }) => format.number(inFlight) },
    {
      key: 'limit',
      title: t('limit'),
      align: 'right',
      render: (_value, { concurrency }) =>
        concurrency === undefined ? (
          <span className={styles.quiet}>{t('unlimited')}</span>
        ) : (
          <span>
            {format.number(concurrency.limit)}
            {concurrency.isAtCeiling ? <span className={styles.quiet}> {t('atCeiling')}</span> : null}
          </span>
        ),
    },
    {
      key: 'queued',
      title: t('queued'),
      align: 'right',
      render: (_value, { concurrency }) => (concurrency === undefined ? '—' : format.number(concurrency.queued)),
    },
    {
      key: 'breaker',
      title: t('breaker'),
      render: (_value, { groups = [], manual }) => (manual === undefined ? <Breakers groups={groups} /> : <Manual {...manual} />),
    },
  ];
}

/** Returns the name of a front, or what a gateway of a newer version calls it. */
function useGatewayName(): (gateway: string) => string {
  const front = useTexts(FRONT_TEXTS);
  return (gateway) => (FRONTS.includes(gateway as Front) ? front(gateway as Front) : gateway);
}

/** The column with front and process, for tables whose rows come from several gateways. */
export function useGatewayColumn<Row extends Pick<GatewayLoad, 'gateway' | 'processId'>>(): TableColumnsType<Row>[number] {
  const t = useTexts(TEXTS);
  const nameOf = useGatewayName();
  return {
    key: 'gateway',
    title: t('gateway'),
    render: (_value, { gateway, processId }) => (
      <>
        {nameOf(gateway)} <CopyText text={processId} isShort />
      </>
    ),
  };
}

function Manual({ state, until }: NonNullable<GatewayLoad['manual']>) {
  const t = useTexts(TEXTS);
  return (
    <span className={styles.breakers} data-breaker={`manual-${state}`}>
      <Tag tone={LOOKS[state].tone} icon={Hand}>
        {t(state === 'open' ? 'pausedByPerson' : 'passesByPerson')}
      </Tag>{' '}
      <span className={styles.quiet}>
        {t('until')} <TimeText at={until} />
      </span>
    </span>
  );
}

function Breakers({ groups }: { readonly groups: NonNullable<GatewayLoad['groups']> }) {
  const t = useTexts(TEXTS);
  const known = groups.flatMap(({ name, breaker }) => (breaker === undefined ? [] : [{ name, breaker }]));
  if (known.length === 0) return <span className={styles.quiet}>{t('unlimited')}</span>;
  return (
    <span className={styles.breakers}>
      {known.map(({ name, breaker: { state, since, until } }) => (
        <span key={name} data-breaker={state}>
          {groups.length > 1 ? <code>{name} </code> : null}
          <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
            {t(state)}
          </Tag>{' '}
          <span className={styles.quiet}>
            {t('since')} <TimeText at={since} />
            {until === undefined ? null : (
              <>
                {' '}
                {t('until')} <TimeText at={until} />
              </>
            )}
          </span>
        </span>
      ))}
    </span>
  );
}
