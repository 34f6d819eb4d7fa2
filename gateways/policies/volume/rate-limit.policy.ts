import { Type, type Static } from 'typebox';
import type { Front } from '../../../engine/contract/access/access.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import type { LimitUse } from '../../documents/load-state.ts';
import { DimensionField, DIMENSIONS, type Dimension } from '../../documents/limit-dimension.ts';
import { refuse } from '../../errors.ts';
import { loadOf } from '../../load/interface-load.ts';
import { findLimitProblems, isOfInterface, limitKeyOf, noteOwnMemory } from '../../load/limit-keys.ts';
import { createSharedHealth, rateHeaders, RateLimiter, type RateState } from '../../load/rate-limiter.ts';

const NAMES: Readonly<Record<Dimension, readonly [zh: string, en: string]>> = {
  user: ['用户', 'user'],
  address: ['来源地址', 'address'],
  'app-interface': ['应用在本接口', 'app at this interface'],
  app: ['应用', 'app'],
  interface: ['接口', 'interface'],
  domain: ['服务域', 'domain'],
};

const Limit = Type.Object(
  {
    by: DimensionField,
    limit: Type.Integer({
      ...fieldText('请求数', 'Requests', '所有网关合计。', 'Of all gateways together.'),
      minimum: 1,
      maximum: 1_000_000,
    }),
    periodMs: Type.Optional(
      Type.Integer({
        ...fieldText('每', 'Per', '不填时为 1 秒。', '1 s if left out.'),
        ...fieldEditor('duration-ms'),
        minimum: 1_000,
        maximum: 3_600_000,
      }),
    ),
    burst: Type.Optional(
      Type.Integer({
        ...fieldText(
          '突发',
          'Burst',
          '空闲后可以一次发来的请求数；不填时与请求数相同。',
          'Requests that may come at once after a pause; the number of requests if left out.',
        ),
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
  },
  { additionalProperties: false },
);

interface Check {
  readonly by: Dimension;
  readonly limiter: RateLimiter;
  readonly periodMs: number;
  readonly limit: number;
}

/**
 * Limits requests over all gateways, in several dimensions. The narrowest limit is checked first, so that a caller over
 * its own limit uses up nobody else's. While the shared state is down, each gateway applies its part of the limit.
 */
export default definePolicy({
  name: 'rate-limit',
  stage: 'limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '限流', en: 'Rate limits' },
    help: {
      'zh-CN':
        '按用户、地址、应用、接口或服务域限制请求速率，所有网关合计；超出返回 GW42901 并说明是哪一条。共享状态中断时每个网关按份额限流，不会报错。',
      en: 'Limits the rate by user, address, app, interface or domain, over all gateways. A request over a limit gets GW42901, which names it. While the shared state is down, each gateway applies its part.',
    },
  },
  options: Type.Object(
    {
      limits: Type.Array(Limit, { ...fieldText('限制', 'Limits'), minItems: 1, maxItems: 12 }),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ limits }, target) => findLimitProblems(limits, target, '/limits'),
  explain({ limits }, target, front, deps) {
    const checks = openChecks(limits, target!, front, deps);
    return (exchange) => {
      for (const check of checks) {
        const key = limitKeyOf(exchange, check.by);
        const state = key === undefined ? undefined : check.limiter.peek(key);
        if (state !== undefined && state.waitMs > 0) return refuseRate(exchange, check, state);
      }
      noteOwnMemory(exchange, 'rate-limit', deps);
      return undefined;
    };
  },
  isDefault: () => false,
  isOptional: () => true,
  compile({ limits }, target, front, deps) {
    const { keepers, metrics } = deps;
    const checks = openChecks(limits, target!, front, deps);
    const readRates = () => checks.map((check) => viewLimit(check, target!));
    loadOf(keepers).rates = readRates;

    function run(exchange: Exchange, from: number): GatewayError | undefined | Promise<GatewayError | undefined> {
      for (let i = from; i < checks.length; i++) {
        const check = checks[i]!;
        const key = limitKeyOf(exchange, check.by);
        if (key === undefined) continue;
        const state = check.limiter.take(key);
        if (state instanceof Promise) return state.then((late) => refuseOver(exchange, check, late) ?? run(exchange, i + 1));
        const refused = refuseOver(exchange, check, state);
        if (refused !== undefined) return refused;
      }
      return undefined;
    }

    function refuseOver(exchange: Exchange, check: Check, state: RateState): GatewayError | undefined {
      if (state.waitMs === 0) return undefined;
      metrics.count('gateway_limited_total', { front, reason: check.by });
      return refuseRate(exchange, check, state);
    }

    return (exchange) => run(exchange, 0);
  },
});

/** Opens the limiters of an interface, the narrowest first. Interfaces with the same numbers share those of callers. */
function openChecks(
  limits: readonly Static<typeof Limit>[],
  { interfaceId, domain }: InterfaceDocument,
  front: Front,
  { keepers, clock, crypto, shared, report, liveGateways }: PolicyDeps,
): readonly Check[] {
  const health = keepers.ofGateway('rate-health', () =>
    createSharedHealth(clock, ({ kind, gateways }) => report({ kind, values: { gateways } })),
  );
  return limits
    .toSorted((a, b) => DIMENSIONS.indexOf(a.by) - DIMENSIONS.indexOf(b.by))
    .map(({ by, limit, periodMs = 1_000, burst }): Check => {
      const isOwn = isOfInterface(by);
      const place = isOwn ? interfaceId : by === 'domain' ? domain : '';
      const name = `${front}:${by}:${place}:${limit}/${periodMs}/${burst ?? limit}`;
      const make = () =>
        new RateLimiter({
          ...{ clock, shared, health, name, rate: { limit, periodMs, burst } },
          keyOf: (key) => Buffer.from(crypto.digest('sm3', key)).toString('base64url'),
          liveGateways: () => liveGateways(front),
        });
      const limiter = isOwn ? keepers.ofInterface(`rate ${name}`, make) : keepers.ofGateway(`rate ${name}`, make);
      return { by, limit, periodMs, limiter };
    });
}

function viewLimit({ by, limit, periodMs, limiter }: Check, { interfaceId, domain }: InterfaceDocument): LimitUse {
  const key = by === 'interface' ? interfaceId : by === 'domain' ? domain : undefined;
  const use = key === undefined ? limiter.counts() : { remaining: limiter.peek(key).remaining };
  return { by, limit, period: periodMs, ...use };
}

function refuseRate(exchange: Exchange, { by, limit, periodMs }: Check, state: RateState): GatewayError {
  const [zh, en] = NAMES[by];
  const seconds = periodMs / 1_000;
  exchange.note({ policy: 'rate-limit', where: by, what: `over-rate ${limit}/${seconds}s` });
  return refuse('GW42901', {
    retryAfterSec: Math.ceil(state.waitMs / 1_000),
    headers: rateHeaders(by, state, periodMs),
    text: {
      'zh-CN': `请求过于频繁：超出${zh}的上限（每 ${seconds} 秒 ${limit} 次），请按 Retry-After 等待后重试`,
      en: `Too many requests: over the limit of the ${en} (${limit} in ${seconds} s). Wait as Retry-After says, then try again.`,
    },
  });
}
