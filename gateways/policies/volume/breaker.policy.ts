import { Type } from 'typebox';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import type { StateChange } from '../../documents/gateway-questions.ts';
import { groupsOf } from '../../documents/upstream-target.ts';
import { refuse, type RefusalDetails } from '../../errors.ts';
import { Breaker, type BreakerEvent } from '../../load/breaker.ts';
import { outcomeOf } from '../../load/call-outcome.ts';
import { createFailureJudge, FAILURE_FIELDS } from '../../content/failed-answer.ts';
import { loadOf } from '../../load/interface-load.ts';
import { noteOwnMemory } from '../../load/limit-keys.ts';

const Percent = (usual: number, zh: string, en: string) =>
  Type.Optional(
    Type.Integer({
      ...fieldText(zh, en, `百分比；不填时为 ${usual}。`, `In percent; ${usual} if left out.`),
      minimum: 1,
      maximum: 100,
    }),
  );

/**
 * Stops calls of a service that fails, for each instance group. It counts time-outs, failed connections and status 5xx,
 * and 4xx only if the interface lists it. An interface may also name a field of the response that tells a failure. Flows
 * have no breaker: their adapters have gates of their own.
 */
export default definePolicy({
  name: 'breaker',
  stage: 'admission',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '熔断', en: 'Circuit breaker' },
    help: {
      'zh-CN':
        '后端 10 秒内失败或变慢的请求过多时暂停调用，返回 GW50302；暂停后先用少量请求试探，再在 10 秒内逐步放开。只用于后端实例，流程由其适配器限流。',
      en: 'Pauses calls if too many requests of the last 10 s failed or were slow, with GW50302. Then a few requests try the service, and traffic returns within 10 s. For services only; flows are bounded by their adapters.',
    },
  },
  options: Type.Object(
    {
      failurePercent: Percent(50, '失败占比', 'Share of failures'),
      slowMs: Type.Optional(
        Type.Integer({
          ...fieldText('慢请求', 'Slow from', '超过此时间算慢；不填时不看快慢。', 'A slower request counts as slow; if left out, none is.'),
          ...fieldEditor('duration-ms'),
          minimum: 1,
          maximum: 600_000,
        }),
      ),
      slowPercent: Percent(60, '慢请求占比', 'Share of slow requests'),
      minimumCalls: Type.Optional(
        Type.Integer({
          ...fieldText(
            '最少请求数',
            'Minimum requests',
            '10 秒内不足此数时不熔断；不填时为 20。',
            'With fewer requests in 10 s it does not open; 20 if left out.',
          ),
          minimum: 1,
          maximum: 100_000,
        }),
      ),
      ...FAILURE_FIELDS,
    },
    { additionalProperties: false },
  ),
  explain: (_options, target, _front, deps) => {
    const { breakers } = loadOf(deps.keepers);
    const usual = target!.target.kind === 'flow' ? undefined : groupsOf(target!.target)[0]?.name;
    return (exchange) => {
      const group = exchange.instanceGroup ?? usual ?? '';
      if (passesAll(exchange, deps.clock)) return undefined;
      if (breakers.get(group)?.state === 'open') return refuseCall(exchange, group);
      noteOwnMemory(exchange, 'breaker', deps);
      return undefined;
    };
  },
  reads: ({ failureField }, { target }) => ({ answer: failureField !== undefined && target.kind === 'upstream' }),
  isDefault: () => false,
  isOptional: () => true,
  compile(options, target, front, { keepers, clock, metrics, report }) {
    const { failurePercent, slowMs, slowPercent, minimumCalls } = options;
    const { interfaceId, target: called } = target!;
    if (called.kind === 'flow') return undefined;
    const settings = { slowMs, minimumCalls, failureShare: shareOf(failurePercent), slowShare: shareOf(slowPercent) };
    const load = loadOf(keepers);
    const groups = groupsOf(called).map(({ name }) => name);
    for (const group of groups) {
      const found = load.breakers.get(group);
      if (found !== undefined) found.configure(settings);
      else {
        const onChange = (event: BreakerEvent) => report(toEvent(event, interfaceId, group));
        load.breakers.set(group, new Breaker({ clock, settings, random: Math.random, onChange }));
      }
    }
    const usual = groups[0]!;
    const isFailed = createFailureJudge(options);
    return (exchange) => {
      if (passesAll(exchange, clock)) return undefined;
      const group = exchange.instanceGroup ?? usual;
      const breaker = load.breakers.get(group)!;
      const pass = breaker.enter();
      if (pass === undefined) {
        metrics.count('gateway_limited_total', { front, reason: 'breaker' });
        return refuseCall(exchange, group, { retryAfterSec: Math.ceil(breaker.retryAfterMs() / 1_000) });
      }
      const begunAt = clock.monotonic();
      exchange.onCallEnd(() => {
        const isRejected = !exchange.isCalled && exchange.decidedBy === 'concurrency';
        if (load.limit !== undefined && (exchange.isCalled || isRejected)) breaker.noteAdmission(isRejected && load.limit.isAtCeiling);
        const { kind, latencyMs } = outcomeOf(exchange, clock.monotonic() - begunAt);
        const leave = (isFailure: boolean | undefined) => breaker.leave(pass, isFailure, latencyMs);
        if (kind !== 'ok') return leave(kind === 'unknown' ? undefined : true);
        const failed = isFailed(exchange.answer?.status ?? exchange.response.statusCode, exchange.answer);
        if (failed instanceof Promise) void failed.then(leave);
        else leave(failed);
      });
      return undefined;
    };
  },
});

const KINDS = { open: 'breaker-opened', 'half-open': 'breaker-half-open', ramp: 'breaker-ramp', closed: 'breaker-closed' } as const;

function toEvent({ from, to, cause, openMs }: BreakerEvent, interfaceId: string, group: string): StateChange {
  return { kind: KINDS[to], interfaceId, subject: group, values: { from, cause, openMs } };
}

/** True while a person lets all calls pass. The breaker then neither refuses nor counts. */
function passesAll({ plan, interface: called }: Exchange, clock: Pick<Clock, 'now'>): boolean {
  const manual = plan.manualState(called!.interfaceId);
  return manual?.state === 'closed' && clock.now() < manual.until;
}

function refuseCall(exchange: Exchange, group: string, details?: RefusalDetails): GatewayError {
  exchange.note({ policy: 'breaker', where: group, what: 'breaker-open' });
  return refuse('GW50302', details);
}

function shareOf(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100;
}
