import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import type { FrontFigures } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { CallStateTag } from '../../kit/traffic/call-state.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import styles from './overview-page.module.css';

const TEXTS = defineTexts({
  title: ['各网关的调用 · 最近五分钟', 'Calls of the gateways in the last five minutes'],
  help: [
    '调用方发来的全部请求，流程和后端服务的接口都在内；没有找到接口就被拒的（地址错误、路径错误等）也计入。后端返回 4xx 计为被拒。',
    'All requests of callers, to flows and to services. Early: refused before an interface was found, such as a blocked address or a wrong path. A 4xx response of a service counts as refused.',
  ],
  all: ['全部调用', 'All calls'],
  front: ['网关', 'Gateway'],
  state: ['状态', 'State'],
  calls: ['调用', 'Calls'],
  unrouted: ['被拒：未到接口', 'Refused early'],
  refused: ['被拒：接口', 'Refused later'],
  refusedAll: ['被拒', 'Refused'],
  failed: ['失败', 'Failed'],
  p95: ['95% 的耗时不超过', '95% within'],
  reasons: ['主要原因', 'Main reasons'],
  times: ['{{count}} 次', '{{count}} {{count|call|calls}}'],
  empty: ['没有调用', 'No calls'],
  emptyNext: ['调用方发来请求后，这里每几秒更新。', 'As soon as callers send requests, this is updated every few seconds.'],
});

const REASONS = 2;

/** Lists the fronts with their calls: how many were refused or failed, how long they took, and why they were refused. */
export function FrontCalls({ fronts }: { readonly fronts: readonly FrontFigures[] }) {
  const t = useTexts(TEXTS);
  const columns = useColumns(fronts.every(({ unrouted }) => unrouted !== undefined));
  return (
    <Panel title={t('title')} help={t('help')} extra={<Link to="/calls">{t('all')}</Link>}>
      <Table<FrontFigures>
        aria-label={t('title')}
        size="small"
        rowKey="front"
        columns={columns}
        dataSource={[...fronts]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <EmptyState title={t('empty')} next={t('emptyNext')} /> }}
      />
    </Panel>
  );
}

/** `isWhole`: the person sees the calls that reached no interface, too. */
function useColumns(isWhole: boolean): TableColumnsType<FrontFigures> {
  const t = useTexts(TEXTS);
  const nameOf = useTexts(FRONT_TEXTS);
  const format = useFormat();
  const number = (front: FrontFigures['front'], count: number, outcome?: 'refused' | 'failed') =>
    count === 0 ? '0' : <Link to={callsAddress({ front, ...(outcome === undefined ? {} : { outcome }) })}>{format.number(count)}</Link>;
  const figure = (
    key: 'calls' | 'unrouted' | 'refused' | 'failed',
    title: string,
    render: TableColumnsType<FrontFigures>[number]['render'],
  ) => ({
    ...{ key, title, render: render!, align: 'right' as const },
  });
  const refused = isWhole
    ? [
        figure('unrouted', t('unrouted'), (_value, { front, unrouted = 0 }) => number(front, unrouted, 'refused')),
        figure('refused', t('refused'), (_value, { front, refused: all, unrouted = 0 }) =>
          number(front, Math.max(0, all - unrouted), 'refused'),
        ),
      ]
    : [figure('refused', t('refusedAll'), (_value, { front, refused: all }) => number(front, all, 'refused'))];
  return [
    { key: 'front', title: t('front'), render: (_value, { front }) => <Link to={callsAddress({ front })}>{nameOf(front)}</Link> },
    { key: 'state', title: t('state'), render: (_value, figures) => <CallStateTag calls={figures} /> },
    figure('calls', t('calls'), (_value, { front, calls }) => number(front, calls)),
    ...refused,
    figure('failed', t('failed'), (_value, { front, failed }) => number(front, failed, 'failed')),
    {
      key: 'p95',
      title: t('p95'),
      align: 'right',
      render: (_value, { p95Ms }) => (p95Ms === undefined ? '—' : format.duration(p95Ms)),
    },
    { key: 'reasons', title: t('reasons'), render: (_value, figures) => <Reasons figures={figures} /> },
  ];
}

function Reasons({ figures: { front, failed, lastError, refusals } }: { readonly figures: FrontFigures }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const causeOf = useCauseWords();
  const reasons = [
    ...(failed === 0 || lastError === undefined ? [] : [{ code: lastError.code, count: failed, outcome: 'failed' as const }]),
    ...refusals.map(({ code, count }) => ({ code, count, outcome: 'refused' as const })),
  ].slice(0, REASONS);
  if (reasons.length === 0) return '—';
  return (
    <ul className={styles.reasons}>
      {reasons.map(({ code, count, outcome }) => (
        <li key={`${outcome} ${code}`}>
          {causeOf(code, 'caller').what}{' '}
          <Link to={callsAddress({ front, ...(/^GW\d{5}$/.test(code) ? { code } : { outcome }) })}>
            <code>{code}</code> {t('times', { count: format.number(count) })}
          </Link>
        </li>
      ))}
    </ul>
  );
}
