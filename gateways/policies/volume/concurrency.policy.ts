import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { AdaptiveLimit } from '../../load/adaptive-limit.ts';
import { outcomeOf } from '../../load/call-outcome.ts';
import { loadOf } from '../../load/interface-load.ts';
import { noteOwnMemory } from '../../load/limit-keys.ts';

const USUAL_CEILING = 1_000;

const OVER_LIMIT = refuse('GW50301', {
  retryAfterSec: 1,
  text: {
    'zh-CN': '接口当前并发已满，请求未被办理：请按 Retry-After 等待后重试',
    en: 'The interface is at its limit of concurrent requests; nothing was done. Wait as Retry-After says, then try again.',
  },
});

/**
 * Limits how many calls of the interface are in flight. The limit follows what the target can serve, up to the
 * operator's ceiling. It applies to services and to flows.
 */
export default definePolicy({
  name: 'concurrency',
  stage: 'admission',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '并发限制', en: 'Concurrency limit' },
    help: {
      'zh-CN': '按后端的响应时间自动调整同时处理的请求数，不超过设定的上限；超出的请求最多排队 100 毫秒，仍无空位时返回 GW50301。',
      en: 'Adapts the number of requests in flight to the response times of the target, up to a ceiling. Requests over it wait for at most 100 ms, then get GW50301.',
    },
  },
  options: Type.Object(
    {
      maxConcurrency: Type.Optional(
        Type.Integer({
          ...fieldText(
            '并发上限',
            'Ceiling',
            '所有网关合计；不填时为 1000。自动调整的限制不会超过它。',
            'For all gateways together; 1000 if left out. The adapted limit never exceeds it.',
          ),
          minimum: 1,
          maximum: 100_000,
        }),
      ),
      initialConcurrency: Type.Optional(
        Type.Integer({
          ...fieldText(
            '起始并发',
            'Initial limit',
            '每个网关启动时的限制，之后自动调整；不填时为 20。平时并发较高的接口可填平时的值。',
            'The limit of each gateway at its start, adapted from there; 20 if left out. Set the usual number for busy interfaces.',
          ),
          minimum: 1,
          maximum: 100_000,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ maxConcurrency: ceiling = USUAL_CEILING, initialConcurrency: initial = 1 }) =>
    initial <= ceiling
      ? []
      : [
          {
            ...{ path: '/initialConcurrency', problem: 'initial-limit', value: String(ceiling) },
            message: `The initial limit is above the ceiling of ${ceiling}.`,
            fix: 'Lower the initial limit, or raise the ceiling.',
          },
        ],
  explain: (_options, _target, _front, deps) => (exchange) => {
    const { limit } = loadOf(deps.keepers);
    if (limit === undefined) return undefined;
    if (limit.inFlight >= limit.limit) return refuseOver(exchange, limit);
    exchange.note({ policy: 'concurrency', what: `in-flight ${limit.inFlight}/${limit.limit}` });
    noteOwnMemory(exchange, 'concurrency', deps);
    return undefined;
  },
  isDefault: () => false,
  isOptional: () => true,
  compile({ maxConcurrency: ceiling = USUAL_CEILING, initialConcurrency: initial }, target, front, deps) {
    const { keepers, clock, metrics, report, liveGateways } = deps;
    const { interfaceId } = target!;
    const load = loadOf(keepers);
    load.limit ??= new AdaptiveLimit({
      ...{ clock, ceiling, initial },
      liveGateways: () => liveGateways(front),
      onChange: ({ kind, ...values }) => report({ kind, interfaceId, values }),
    });
    const { limit } = load;
    limit.setCeiling(ceiling);

    function begin(exchange: Exchange): undefined {
      const begunAt = clock.monotonic();
      exchange.onCallEnd(() => {
        const { kind, latencyMs } = outcomeOf(exchange, clock.monotonic() - begunAt);
        limit.leave(kind === 'failure' ? 'unknown' : kind, latencyMs);
      });
    }

    function refuseCall(exchange: Exchange) {
      metrics.count('gateway_limited_total', { front, reason: 'concurrency' });
      return refuseOver(exchange, limit);
    }

    return (exchange) => {
      const entered = limit.enter(exchange.deadlineMs - clock.now(), (action) => exchange.onLeave(action));
      if (entered instanceof Promise) return entered.then((isAdmitted) => (isAdmitted ? begin(exchange) : refuseCall(exchange)));
      return entered ? begin(exchange) : refuseCall(exchange);
    };
  },
});

function refuseOver(exchange: Exchange, { limit }: AdaptiveLimit): GatewayError {
  exchange.note({ policy: 'concurrency', what: `over-concurrency ${limit}` });
  return OVER_LIMIT;
}
