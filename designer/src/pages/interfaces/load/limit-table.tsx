import { Progress, Table, type TableColumnsType } from 'antd';
import { DIMENSIONS, DIMENSION_TEXTS, type Dimension } from '../../../../../gateways/documents/limit-dimension.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { useGatewayColumn, type GatewayLoad } from './gateway-table.tsx';
import styles from './load.module.css';

const TEXTS = defineTexts({
  title: ['限流与配额', 'Rate limits and quotas'],
  by: ['按', 'By'],
  limit: ['上限', 'Limit'],
  hours: ['每 {{count}} 小时 {{limit}} 次', '{{limit}} in {{count}} {{count|hour|hours}}'],
  minutes: ['每 {{count}} 分钟 {{limit}} 次', '{{limit}} in {{count}} {{count|minute|minutes}}'],
  seconds: ['每 {{count}} 秒 {{limit}} 次', '{{limit}} in {{count}} {{count|second|seconds}}'],
  day: ['每日 {{limit}} 次', '{{limit}} a day'],
  month: ['每月 {{limit}} 次', '{{limit}} a month'],
  use: ['使用情况', 'Use'],
  left: ['剩余 {{count}} 次', '{{count}} left'],
  unused: ['本网关尚未计数', 'Not counted in this gateway yet'],
  callers: ['近期有 {{callers}} 个，其中 {{limited}} 个已达上限', '{{callers}} lately, {{limited}} of them at the limit'],
});

const DIMENSION_WORDS = defineTexts(DIMENSION_TEXTS);

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Row {
  readonly use: GatewayLoad['limits'][number];
  readonly gateway: string;
  readonly processId: string;
}

/** Shows how much of each rate limit and quota is used. Hidden if there are none. */
export function LimitTable({ loads }: { readonly loads: readonly GatewayLoad[] }) {
  const t = useTexts(TEXTS);
  const rows = loads.flatMap(({ gateway, processId, limits }) => limits.map((use): Row => ({ use, gateway, processId })));
  const columns = useColumns(loads.length > 1);
  if (rows.length === 0) return null;
  return (
    <div>
      <h3>{t('title')}</h3>
      <Table<Row>
        aria-label={t('title')}
        size="small"
        rowKey={({ use, gateway, processId }) => `${processId} ${gateway} ${use.by} ${use.limit} ${use.period}`}
        columns={columns}
        dataSource={rows}
        pagination={false}
        scroll={{ x: 'max-content' }}
      />
    </div>
  );
}

function useColumns(hasManyGateways: boolean): TableColumnsType<Row> {
  const t = useTexts(TEXTS);
  const dimension = useTexts(DIMENSION_WORDS);
  const format = useFormat();
  const gateway = useGatewayColumn<Row>();
  const limitOf = ({ limit: most, period }: Row['use']) => {
    const limit = format.number(most);
    if (typeof period !== 'number') return t(period, { limit });
    if (period % HOUR_MS === 0) return t('hours', { limit, count: period / HOUR_MS });
    return period % MINUTE_MS === 0 ? t('minutes', { limit, count: period / MINUTE_MS }) : t('seconds', { limit, count: period / 1000 });
  };
  return [
    {
      key: 'by',
      title: t('by'),
      render: (_value, { use: { by } }) => (DIMENSIONS.includes(by as Dimension) ? dimension(by as Dimension) : by),
    },
    { key: 'limit', title: t('limit'), render: (_value, { use }) => limitOf(use) },
    ...(hasManyGateways ? [gateway] : []),
    { key: 'use', title: t('use'), render: (_value, { use }) => <Use use={use} /> },
  ];
}

function Use({ use: { limit, remaining, callers, limited } }: { readonly use: Row['use'] }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  if (callers !== undefined) return <>{t('callers', { callers: format.number(callers), limited: format.number(limited ?? 0) })}</>;
  if (remaining === undefined) return <span className={styles.quiet}>{t('unused')}</span>;
  const left = t('left', { count: format.number(remaining) });
  return <Progress percent={Math.round((1 - Math.min(1, remaining / limit)) * 100)} format={() => left} style={{ width: 260 }} />;
}
