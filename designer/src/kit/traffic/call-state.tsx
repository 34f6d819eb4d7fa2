/**
 * Shows the health of the calls of an adapter or interface: a tag for lists, and a panel with numbers and a chart.
 */
import { Descriptions } from 'antd';
import { Ban, CircleAlert, CircleCheck, CircleDashed, CircleX, Hand, Hourglass, type LucideIcon } from 'lucide-react';
import { Link } from 'react-router';
import type { CallReport, CallState, CallStateName } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './call-state.module.css';
import { Panel } from '../page/page-header.tsx';
import { Tag, type Tone } from '../feedback/status-tag.tsx';
import { TimeText } from '../time/time-text.tsx';
import { refusedCallsAddress } from './calls-address.ts';
import { TrafficPanel } from './traffic-panel.tsx';

const TEXTS = defineTexts({
  ok: ['正常', 'Answers'],
  partly: ['部分失败', 'Partly failing'],
  refused: ['大量被拒', 'Mostly refused'],
  slow: ['久未应答', 'No response yet'],
  failing: ['调用失败', 'Fails'],
  idle: ['无调用', 'Not called'],
  held: ['挂起 {{count}} 条', '{{count}} held'],
  title: ['调用情况', 'Calls'],
  help: [
    '按真实调用统计；一次调用只计一次：第一次没有办成、转入等待重试的计为失败，之后的重试不另计。',
    'Based on real calls, each counted once: a call that has to wait for a retry counts as failed, and its retries are not counted.',
  ],
  state: ['状态', 'State'],
  since: [
    '自 {{time}} 起连续 {{count}} 次尝试失败（含重试）',
    '{{count}} {{count|attempt|attempts}} failed in a row since {{time}}, including retries',
  ],
  unanswered: ['{{time}} 发出的调用还没有应答', 'a call from {{time}} has no response yet'],
  paused: ['已熔断，暂停调用', 'Paused by the breaker'],
  lastOk: ['最近成功', 'Last success'],
  lastError: ['最近错误', 'Last error'],
  never: ['无', 'None'],
  rate: ['最近一分钟', 'Last minute'],
  rateOf: ['{{count}} 次', '{{count}} {{count|call|calls}}'],
  recent: ['最近五分钟', 'Last five minutes'],
  recentOf: ['{{calls}} 次，失败 {{failed}}，被拒 {{refused}}', '{{calls}} {{calls|call|calls}}, {{failed}} failed, {{refused}} refused'],
  attempts: ['最近五分钟的尝试', 'Attempts within five minutes'],
  attemptsOf: ['失败 {{count}} 次（含重试）', '{{count}} failed, including retries'],
  cache: ['应答缓存（最近五分钟）', 'Response cache within five minutes'],
  cacheOf: ['命中 {{hits}} 次，调用目标 {{misses}} 次', '{{hits}} {{hits|hit|hits}}, {{misses}} {{misses|call|calls}} of the target'],
  whyRefused: ['被拒原因', 'Why refused'],
  causeOf: ['{{count}} 次，自 {{time}} 起', '{{count}} {{count|call|calls}}, since {{time}}'],
  app: ['调用方', 'caller'],
  these: ['查看这些调用', 'show these calls'],
  p95: ['95% 的耗时不超过', '95% of calls take at most'],
  under: ['进行中', 'In flight'],
  waiting: ['排队等待', 'Waiting for a slot'],
});

const LOOKS: Readonly<Record<CallStateName, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  ok: { tone: 'green', icon: CircleCheck },
  partly: { tone: 'amber', icon: CircleAlert },
  refused: { tone: 'amber', icon: Ban },
  slow: { tone: 'amber', icon: Hourglass },
  failing: { tone: 'red', icon: CircleX },
  idle: { tone: 'grey', icon: CircleDashed },
};

export const CALL_STATES: readonly CallStateName[] = ['failing', 'slow', 'refused', 'partly', 'ok', 'idle'];

/** The state of the calls; absent if there was no call since the processes started. */
type Shown = Pick<CallState, 'state'> | undefined;

export function useCallStateWord(): (calls: Shown) => string {
  const t = useTexts(TEXTS);
  return (calls) => t(calls?.state ?? 'idle');
}

export function CallStateTag({ calls }: { readonly calls: Shown }) {
  const word = useCallStateWord();
  const { tone, icon } = LOOKS[calls?.state ?? 'idle'];
  return (
    <Tag tone={tone} icon={icon}>
      {word(calls)}
    </Tag>
  );
}

/** Held messages that used the adapter or interface, with the address of their list. */
export interface Held {
  readonly count: number;
  readonly to: string;
}

/**
 * Shows the state of the calls as tags. A call counts as successful as soon as it is accepted, even if its message is
 * held later. So another tag shows the number of held messages.
 */
export function CallStateTags({ calls, held }: { readonly calls: Shown; readonly held?: Held | undefined }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const state = calls?.state ?? 'idle';
  const isHeld = held !== undefined && held.count > 0;
  return (
    <span className={styles.tags}>
      {isHeld && (state === 'ok' || state === 'idle') ? null : <CallStateTag calls={calls} />}
      {isHeld ? (
        <Link to={held.to}>
          <Tag tone="violet" icon={Hand}>
            {t('held', { count: format.number(held.count) })}
          </Tag>
        </Link>
      ) : null}
    </span>
  );
}

/**
 * Returns a rank for sorting lists, where the lowest rank comes first. Failing calls have the lowest rank, and held
 * messages lower the rank too.
 */
export function urgencyOf(calls: Shown, held = 0): number {
  const place = CALL_STATES.indexOf(calls?.state ?? 'idle');
  return held > 0 ? Math.min(place, 1) : place;
}

/** Shows the error in words, with its code and age. */
export function LastError({ error }: { readonly error: CallState['lastError'] }) {
  const causeOf = useCauseWords();
  if (error === undefined) return <span>—</span>;
  return (
    <span className={styles.error}>
      {causeOf(error.code).what}
      <span className={styles.quiet}>
        <code>{error.code}</code> <TimeText at={error.at} isAgo />
      </span>
    </span>
  );
}

interface CallsPanelProps {
  readonly report: CallReport;
  /** True if calls wait in a queue, as the calls of an adapter do. */
  readonly hasGate?: boolean;
  readonly held?: Held | undefined;
  /** The interface whose calls these are; absent for an adapter. Refused calls are then linked. */
  readonly interfaceId?: string;
}

export function CallsPanel({ report: { now, traffic }, hasGate = false, held, interfaceId }: CallsPanelProps) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.calls}>
      <Panel title={t('title')} help={t('help')}>
        <Facts calls={now} hasGate={hasGate} held={held} interfaceId={interfaceId} />
      </Panel>
      <TrafficPanel traffic={traffic} of="calls" />
    </div>
  );
}

interface FactsProps {
  readonly calls: CallState | undefined;
  readonly hasGate: boolean;
  readonly held: Held | undefined;
  readonly interfaceId: string | undefined;
}

function Facts({ calls, hasGate, held, interfaceId }: FactsProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { recent, failedAttempts = 0 } = calls ?? {};
  const number = (value = 0) => format.number(value);
  const gate = [
    { key: 'under', label: t('under'), children: number(calls?.active) },
    { key: 'waiting', label: t('waiting'), children: number(calls?.waiting) },
  ];
  return (
    <Descriptions
      size="small"
      column={1}
      items={[
        { key: 'state', label: t('state'), children: <State calls={calls} held={held} /> },
        { key: 'lastOk', label: t('lastOk'), children: <TimeText at={calls?.lastOkAt} isAgo /> },
        {
          key: 'lastError',
          label: t('lastError'),
          children: calls?.lastError === undefined ? t('never') : <LastError error={calls.lastError} />,
        },
        { key: 'rate', label: t('rate'), children: t('rateOf', { count: number(calls?.perMinute) }) },
        {
          key: 'recent',
          label: t('recent'),
          children: t('recentOf', { calls: number(recent?.calls), failed: number(recent?.failed), refused: number(recent?.refused) }),
        },
        ...(failedAttempts > (recent?.failed ?? 0)
          ? [{ key: 'attempts', label: t('attempts'), children: t('attemptsOf', { count: number(failedAttempts) }) }]
          : []),
        ...(calls?.cache === undefined
          ? []
          : [
              {
                key: 'cache',
                label: t('cache'),
                children: t('cacheOf', { hits: number(calls.cache.hits), misses: number(calls.cache.misses) }),
              },
            ]),
        ...(calls?.refusals === undefined
          ? []
          : [{ key: 'whyRefused', label: t('whyRefused'), children: <Refusals causes={calls.refusals} interfaceId={interfaceId} /> }]),
        { key: 'p95', label: t('p95'), children: calls?.p95Ms === undefined ? '—' : format.duration(calls.p95Ms) },
        ...(hasGate ? gate : []),
      ]}
    />
  );
}

interface RefusalsProps {
  readonly causes: NonNullable<CallState['refusals']>;
  readonly interfaceId: string | undefined;
}

/** Shows the three most frequent causes in words, and leads to the calls of an interface. */
function Refusals({ causes, interfaceId }: RefusalsProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const causeOf = useCauseWords();
  return (
    <span className={styles.error}>
      {causes.slice(0, 3).map(({ code, count, since, app }) => (
        <span key={code} className={styles.error} data-refusal={code}>
          {causeOf(code).what}
          <span className={styles.quiet}>
            <code>{code}</code> {t('causeOf', { count: format.number(count), time: format.time(since) })}
            {app === undefined ? null : (
              <>
                {' · '}
                {t('app')} <Link to={`/callers/${encodeURIComponent(app)}`}>{app}</Link>
              </>
            )}
            {interfaceId === undefined ? null : (
              <>
                {' · '}
                <Link to={refusedCallsAddress(interfaceId, { code, ...(app === undefined ? {} : { app }) })}>{t('these')}</Link>
              </>
            )}
          </span>
        </span>
      ))}
    </span>
  );
}

function State({ calls, held }: Pick<FactsProps, 'calls' | 'held'>) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { state, unansweredSince, failures = 0, failingSince, isPaused = false } = calls ?? {};
  return (
    <span className={styles.error}>
      <CallStateTags calls={calls} held={held} />
      {failingSince === undefined ? null : (
        <span className={styles.quiet}>{t('since', { count: format.number(failures), time: format.time(failingSince) })}</span>
      )}
      {state !== 'slow' || unansweredSince === undefined ? null : (
        <span className={styles.quiet}>{t('unanswered', { time: format.time(unansweredSince) })}</span>
      )}
      {isPaused ? <span className={styles.quiet}>{t('paused')}</span> : null}
    </span>
  );
}
