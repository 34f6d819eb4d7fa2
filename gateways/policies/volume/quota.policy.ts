import { Type, type Static } from 'typebox';
import type { Front } from '../../../engine/contract/access/access.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type OptionProblem, type PolicyDeps } from '../../contract.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import type { LimitUse } from '../../documents/load-state.ts';
import { DimensionField, DIMENSIONS, type Dimension } from '../../documents/limit-dimension.ts';
import { refuse } from '../../errors.ts';
import { loadOf } from '../../load/interface-load.ts';
import { findLimitProblems, isOfInterface, limitKeyOf } from '../../load/limit-keys.ts';
import { Quota, type QuotaState } from '../../load/quota.ts';
import type { QuotaPeriod } from '../../load/quota-periods.ts';
import { rateHeaders } from '../../load/rate-limiter.ts';
import { createOutage } from '../../shared/create-outage.ts';

const DAY_MS = 86_400_000;
const USUAL_ZONE = 'Asia/Shanghai';

const Row = Type.Object(
  {
    by: DimensionField,
    period: Type.Union([Type.Literal('day'), Type.Literal('month')], {
      ...fieldText('周期', 'Period', undefined, undefined, {
        options: { day: ['自然日', 'Calendar day'], month: ['自然月', 'Calendar month'] },
      }),
    }),
    limit: Type.Integer({
      ...fieldText('配额', 'Quota', '所有网关合计，精确计数。', 'Of all gateways together, counted exactly.'),
      minimum: 1,
      maximum: 10_000_000_000,
    }),
  },
  { additionalProperties: false },
);

interface Check {
  readonly by: Dimension;
  readonly period: QuotaPeriod;
  readonly limit: number;
  readonly quota: Quota;
}

/**
 * Limits requests per day and month, exactly and over all gateways. A request that is refused before its call does not
 * count. While the store is down, requests beyond the leased part get GW50303.
 */
export default definePolicy({
  name: 'quota',
  stage: 'limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '配额', en: 'Quotas' },
    help: {
      'zh-CN': '每天或每月的请求数上限，所有网关合计、精确计数；用完返回 GW42902。调用前被拒绝的请求不计。',
      en: 'How many requests are allowed per day or month, counted exactly over all gateways; beyond it GW42902. Requests refused before their call do not count.',
    },
  },
  options: Type.Object(
    {
      quotas: Type.Array(Row, { ...fieldText('配额', 'Quotas'), minItems: 1, maxItems: 12 }),
      timeZone: Type.Optional(
        Type.String({
          ...fieldText(
            '时区',
            'Time zone',
            '日与月的起止；不填时为 Asia/Shanghai。',
            'Where days and months begin; Asia/Shanghai if left out.',
          ),
          ...fieldEditor('time-zone'),
          maxLength: 60,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ quotas, timeZone }, target) => [...findLimitProblems(quotas, target, '/quotas'), ...zoneProblems(timeZone)],
  explain(options, target, front, deps) {
    const checks = openChecks(options, target!, front, deps);
    return async (exchange) => {
      for (const check of checks) {
        const key = limitKeyOf(exchange, check.by);
        if (key === undefined) continue;
        const state = await check.quota.look(key).catch(() => undefined);
        if (state === undefined) return refuse('GW50303');
        if (!state.isAllowed) return refuseQuota(exchange, check, state);
        noteQuota(exchange, check, `quota-used ${check.limit - state.remaining}/${check.limit}`);
      }
      return undefined;
    };
  },
  isDefault: () => false,
  isOptional: () => true,
  compile(options, target, front, deps) {
    const { keepers, metrics, report } = deps;
    const outage = keepers.ofGateway('quota-outage', () => createOutage('quotas', report));
    const checks = openChecks(options, target!, front, deps);
    const readQuotas = () => checks.map((check) => viewQuota(check, target!));
    loadOf(keepers).quotas = readQuotas;

    async function run(exchange: Exchange): Promise<GatewayError | undefined> {
      for (const check of checks) {
        const key = limitKeyOf(exchange, check.by);
        if (key === undefined) continue;
        let state: QuotaState;
        try {
          const taken = check.quota.take(key);
          state = taken instanceof Promise ? await taken : taken;
          if (taken instanceof Promise) outage.worked();
        } catch (error) {
          outage.failed(error);
          return refuse('GW50303');
        }
        if (!state.isAllowed) {
          metrics.count('gateway_limited_total', { front, reason: 'quota' });
          return refuseQuota(exchange, check, state);
        }
        exchange.onCallEnd(() => {
          if (!exchange.isCalled && exchange.error !== undefined) check.quota.giveBack(key);
        });
      }
      return undefined;
    }

    return run;
  },
});

/** Opens the quotas of an interface, the narrowest first. Interfaces with the same numbers share those of callers. */
function openChecks(
  { quotas, timeZone = USUAL_ZONE }: { readonly quotas: readonly Static<typeof Row>[]; readonly timeZone?: string },
  { interfaceId, domain }: InterfaceDocument,
  front: Front,
  { keepers, clock, crypto, quotas: store, liveGateways }: PolicyDeps,
): readonly Check[] {
  const zone = isTimeZone(timeZone) ? timeZone : USUAL_ZONE;
  return quotas
    .toSorted((a, b) => DIMENSIONS.indexOf(a.by) - DIMENSIONS.indexOf(b.by))
    .map(({ by, period, limit }): Check => {
      const isOwn = isOfInterface(by);
      const name = `${front}:${by}:${isOwn ? interfaceId : by === 'domain' ? domain : ''}:${limit}/${period}`;
      const make = () =>
        new Quota({
          ...{ clock, store, name, period, limit, timeZone: zone },
          keyOf: (key) => Buffer.from(crypto.digest('sm3', key)).toString('base64url'),
          liveGateways: () => liveGateways(front),
        });
      const keeper = `quota ${name} ${zone}`;
      return { by, period, limit, quota: isOwn ? keepers.ofInterface(keeper, make) : keepers.ofGateway(keeper, make) };
    });
}

function viewQuota({ by, limit, period, quota }: Check, { interfaceId, domain }: InterfaceDocument): LimitUse {
  const key = by === 'interface' ? interfaceId : by === 'domain' ? domain : undefined;
  if (key === undefined) return { by, limit, period, ...quota.counts() };
  const used = quota.peek(key);
  return { by, limit, period, ...(used !== undefined && { remaining: Math.max(0, limit - used) }) };
}

function noteQuota(exchange: Exchange, { by, period }: Check, what: string): void {
  exchange.note({ policy: 'quota', where: `${by}-${period}`, what });
}

function refuseQuota(exchange: Exchange, check: Check, state: QuotaState): GatewayError {
  const { period, limit, by } = check;
  noteQuota(exchange, check, `over-quota ${limit}`);
  const [zh, en] = period === 'day' ? ['今日', 'today'] : ['本月', 'this month'];
  return refuse('GW42902', {
    retryAfterSec: Math.ceil(state.resetMs / 1_000),
    headers: rateHeaders(`${by}-${period}`, state, period === 'day' ? DAY_MS : 30 * DAY_MS),
    text: {
      'zh-CN': `${zh}的请求配额（${limit} 次）已用完：请等下个周期，或联系平台提高配额`,
      en: `The quota of ${limit} requests for ${en} is used up: wait for the next period, or ask the platform for more.`,
    },
  });
}

function zoneProblems(timeZone: string | undefined): readonly OptionProblem[] {
  if (timeZone === undefined || isTimeZone(timeZone)) return [];
  return [
    {
      ...{ path: '/timeZone', problem: 'time-zone', value: timeZone },
      message: `${timeZone} is not a time zone.`,
      fix: 'Write a zone such as Asia/Shanghai.',
    },
  ];
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
