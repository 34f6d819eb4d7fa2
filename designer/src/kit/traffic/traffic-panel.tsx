import { Segmented, Skeleton } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { TrafficPoint, TrafficSeries } from '../../api/operations.ts';
import { usePreferences } from '../theme/preferences.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../feedback/empty-state.tsx';
import { Panel } from '../page/page-header.tsx';
import styles from './traffic.module.css';
import { summaryOf } from './traffic-summary.ts';

// ECharts is large, so it is loaded only when there is data to draw.
const TrafficChart = lazy(async () => ({ default: (await import('./traffic-chart.tsx')).TrafficChart }));

const TEXTS = defineTexts({
  executionsTitle: ['流程执行', 'Executions of flows'],
  callsTitle: ['流量', 'Traffic'],
  minutes: ['最近一小时', 'Last hour'],
  hours: ['最近 24 小时', 'Last 24 hours'],
  span: ['时间范围', 'Time span'],
  executions: ['执行', 'Executions'],
  calls: ['调用', 'Calls'],
  failed: ['失败', 'Failed'],
  refused: ['被拒', 'Refused'],
  share: ['{{count}}（{{share}}）', '{{count}} ({{share}})'],
  mean: ['平均耗时', 'Mean duration'],
  busiest: ['最忙', 'Busiest'],
  at: ['时间', 'Time'],
  completed: ['成功', 'Completed'],
  picture: [
    '流量图。{{span}}：执行 {{count}} 次，失败 {{failed}} 次，平均耗时 {{mean}}。',
    'Chart of the traffic. {{span}}: {{count}} {{count|execution|executions}}, {{failed}} failed, mean duration {{mean}}.',
  ],
  callPicture: [
    '调用图。{{span}}：调用 {{count}} 次，失败 {{failed}} 次，被拒 {{refused}} 次，平均耗时 {{mean}}。',
    'Chart of the calls. {{span}}: {{count}} {{count|call|calls}}, {{failed}} failed, {{refused}} refused, mean duration {{mean}}.',
  ],
  empty: ['这段时间没有执行', 'No executions in this period'],
  emptyNext: ['有消息进来后，这里每分钟更新。', 'As soon as messages arrive, the chart is updated every minute.'],
  noCalls: ['这段时间没有调用', 'No calls in this period'],
  noCallsNext: ['有调用后，这里自动更新。', 'As soon as there are calls, the chart is updated.'],
});

type Of = 'executions' | 'calls';

interface TrafficPanelProps {
  readonly traffic: TrafficSeries;
  /** What is counted: calls of an adapter or an interface, or executions (the default). */
  readonly of?: Of;
}

/** Shows how many calls or executions ended, how many of them failed or were refused, and how long they took. */
export function TrafficPanel({ traffic, of = 'executions' }: TrafficPanelProps) {
  const t = useTexts(TEXTS);
  const [span, setSpan] = useState<keyof TrafficSeries>('minutes');
  const choice = (
    <Segmented
      aria-label={t('span')}
      value={span}
      options={(['minutes', 'hours'] as const).map((value) => ({ value, label: t(value) }))}
      onChange={setSpan}
    />
  );
  return (
    <Panel title={t(of === 'calls' ? 'callsTitle' : 'executionsTitle')} extra={choice}>
      {traffic[span].every(({ count }) => count === 0) ? (
        <EmptyState title={t(of === 'calls' ? 'noCalls' : 'empty')} next={t(of === 'calls' ? 'noCallsNext' : 'emptyNext')} />
      ) : (
        <Picture points={traffic[span]} span={span} of={of} />
      )}
    </Panel>
  );
}

interface PictureProps {
  readonly points: readonly TrafficPoint[];
  readonly span: keyof TrafficSeries;
  readonly of: Of;
}

function Picture({ points, span, of }: PictureProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const language = useLanguage();
  const scheme = usePreferences((preferences) => preferences.scheme);
  const timeOf = useMemo(() => {
    const times = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    return (at: number) => times.format(at);
  }, [language]);
  const { count, failed, refused, meanMs, busiest } = summaryOf(points);
  const hasRefusals = of === 'calls';
  const words = useMemo(
    () => ({ completed: t('completed'), failed: t('failed'), mean: t('mean'), ...(hasRefusals ? { refused: t('refused') } : {}) }),
    [t, hasRefusals],
  );
  const numbers = {
    ...{ count: format.number(count), failed: format.number(failed), refused: format.number(refused) },
    mean: format.duration(meanMs),
  };
  return (
    <div className={styles.holder}>
      <p className={styles.figures}>
        <Figure label={t(of)} value={numbers.count} />
        <Figure
          label={t('failed')}
          value={t('share', { count: numbers.failed, share: format.percent(count === 0 ? 0 : failed / count) })}
        />
        {hasRefusals ? <Figure label={t('refused')} value={numbers.refused} /> : null}
        <Figure label={t('mean')} value={numbers.mean} />
        <Figure label={t('busiest')} value={`${timeOf(busiest.at)} · ${format.number(busiest.count)}`} />
      </p>
      <div role="img" aria-label={t(of === 'calls' ? 'callPicture' : 'picture', { span: t(span), ...numbers })}>
        <Suspense fallback={<Skeleton active className={styles.chart ?? ''} />}>
          <TrafficChart points={points} words={words} timeOf={timeOf} format={format} scheme={scheme} />
        </Suspense>
      </div>
      <table className={styles.unseen}>
        <caption>{`${t(of === 'calls' ? 'callsTitle' : 'executionsTitle')}, ${t(span)}`}</caption>
        <thead>
          <tr>
            {(['at', of, 'failed', ...(hasRefusals ? ['refused' as const] : []), 'mean'] as const).map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points
            .filter((point) => point.count > 0)
            .map((point) => (
              <tr key={point.at}>
                <th scope="row">{timeOf(point.at)}</th>
                <td>{point.count}</td>
                <td>{point.failed}</td>
                {hasRefusals ? <td>{point.refused}</td> : null}
                <td>{format.duration(point.meanMs)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <span>
      {label} <strong>{value}</strong>
    </span>
  );
}
