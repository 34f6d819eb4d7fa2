import { Descriptions } from 'antd';
import { CircleAlert, CircleCheck, CirclePause } from 'lucide-react';
import type { AdapterLimits } from '../../../../engine/contract/node/adapter.ts';
import type { CallState } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { LIMITS } from './adapter-schema.ts';

const TEXTS = defineTexts({
  title: ['限额与使用情况', 'Limits and their use'],
  help: [
    '已保存的限额，以及目前用到多少；在下方“限额与超时”中修改。',
    'The saved limits, and how much of them is used now; change them under “Limits and time-outs” below.',
  ],
  concurrency: ['并发', 'Calls at once'],
  concurrencyOf: ['进行中 {{active}}，每个平台进程上限 {{limit}}', '{{active}} in flight, at most {{limit}} per process of the platform'],
  waiting: ['排队 {{count}}', '{{count}} waiting'],
  rate: ['速率', 'Rate'],
  rateOf: ['最近一分钟 {{count}} 次，每秒上限 {{limit}}', '{{count}} in the last minute, at most {{limit}} per second'],
  noRate: ['最近一分钟 {{count}} 次，不限', '{{count}} in the last minute, no limit'],
  timeout: ['调用超时', 'Time-out of a call'],
  timeoutOf: ['{{limit}}；最近五分钟 95% 的调用不超过 {{p95}}', '{{limit}}; 95% of the last five minutes took at most {{p95}}'],
  connect: ['连接超时', 'Time-out of connecting'],
  size: ['应答上限', 'Largest answer'],
  breaker: ['熔断', 'Breaker'],
  open: ['已断开，暂停调用', 'Open: no calls are made'],
  closed: ['正常', 'Closed'],
  breakerOf: ['连续失败 {{count}} 次，达到 {{limit}} 次即断开 {{time}}', '{{count}} failed in a row; {{limit}} open it for {{time}}'],
  near: ['接近上限', 'Near the limit'],
});

/** From this share of a limit on, the panel warns. */
const NEAR = 0.8;

interface LimitsPanelProps {
  readonly limits: Partial<AdapterLimits>;
  readonly calls: CallState | undefined;
}

/** Shows the limits that apply to the calls of an adapter, and how much of each is used. */
export function LimitsPanel({ limits, calls }: LimitsPanelProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const limit = (name: Exclude<keyof AdapterLimits, 'ratePerSec'>) => limits[name] ?? (LIMITS.properties?.[name]?.default as number);
  const { active = 0, waiting = 0, perMinute = 0, p95Ms, failures = 0, isPaused = false } = calls ?? {};
  const timeoutMs = limit('timeoutMs');
  const count = format.number(perMinute);
  const near = (
    <Tag tone="amber" icon={CircleAlert}>
      {t('near')}
    </Tag>
  );
  return (
    <Panel title={t('title')} help={t('help')}>
      <Descriptions
        size="small"
        column={{ xs: 1, lg: 2 }}
        items={[
          {
            key: 'concurrency',
            label: t('concurrency'),
            children: (
              <span>
                {t('concurrencyOf', { active: format.number(active), limit: format.number(limit('maxConcurrency')) })}{' '}
                {waiting === 0 ? null : (
                  <Tag tone="amber" icon={CircleAlert}>
                    {t('waiting', { count: format.number(waiting) })}
                  </Tag>
                )}
              </span>
            ),
          },
          {
            key: 'rate',
            label: t('rate'),
            children: (
              <span>
                {limits.ratePerSec === undefined ? t('noRate', { count }) : t('rateOf', { count, limit: format.number(limits.ratePerSec) })}{' '}
                {limits.ratePerSec !== undefined && perMinute / 60 >= limits.ratePerSec * NEAR ? near : null}
              </span>
            ),
          },
          {
            key: 'timeout',
            label: t('timeout'),
            children: (
              <span>
                {p95Ms === undefined
                  ? format.duration(timeoutMs)
                  : t('timeoutOf', { limit: format.duration(timeoutMs), p95: format.duration(p95Ms) })}{' '}
                {p95Ms !== undefined && p95Ms >= timeoutMs * NEAR ? near : null}
              </span>
            ),
          },
          { key: 'connect', label: t('connect'), children: format.duration(limit('connectTimeoutMs')) },
          { key: 'size', label: t('size'), children: format.size(limit('maxResponseBytes')) },
          {
            key: 'breaker',
            label: t('breaker'),
            children: (
              <span>
                <Tag tone={isPaused ? 'red' : 'green'} icon={isPaused ? CirclePause : CircleCheck}>
                  {t(isPaused ? 'open' : 'closed')}
                </Tag>{' '}
                {t('breakerOf', {
                  count: format.number(failures),
                  limit: format.number(limit('breakerFailures')),
                  time: format.duration(limit('breakerOpenMs')),
                })}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
