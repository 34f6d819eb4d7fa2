import { Type } from 'typebox';
import type { Front } from '../../../engine/contract/access/access.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type PolicyDeps } from '../../contract.ts';
import { refuseRate } from '../../errors.ts';
import { createRateBuckets, USUAL_RATE } from '../../shared/create-rate-buckets.ts';

/**
 * Limits requests per second of an app. It runs after authentication and grant, so that no caller can use up the limit
 * of another app. On the user front all citizens share the default app. So only the limit that the interface sets
 * applies there, for all citizens together.
 */
export default definePolicy({
  name: 'app-limit',
  stage: 'limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '应用限流', en: 'Limit per app' },
    help: {
      'zh-CN': '每个应用每秒的请求数上限（按网关进程计），验签通过后才计数；可为接口另设更低的上限。',
      en: 'How many requests an app may send per second, for each gateway process, counted after its signature is verified; an interface can set a lower limit.',
    },
  },
  options: Type.Object(
    {
      perSecond: Type.Optional(
        Type.Integer({
          ...fieldText(
            '本接口每秒上限',
            'Per second for this interface',
            '每个应用调用本接口的上限；不填时只按应用的总上限。',
            'For each app at this interface; if left out, only the total limit of the app applies.',
          ),
          minimum: 1,
          maximum: 100_000,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  explain: ({ perSecond }, _target, front, deps) => limitApp(perSecond, front, deps, 'peek'),
  isDefault: () => true,
  isOptional: () => false,
  compile({ perSecond }, _target, front, deps) {
    const limit = limitApp(perSecond, front, deps, 'take');
    return (
      limit &&
      ((exchange) => {
        const refused = limit(exchange);
        if (refused !== undefined) deps.metrics.count('gateway_limited_total', { front, reason: 'app' });
        return refused;
      })
    );
  },
});

function limitApp(perSecond: number | undefined, front: Front, { settings, clock, keepers }: PolicyDeps, ask: 'take' | 'peek') {
  const usual = settings.limits?.maxRequestsPerApp ?? USUAL_RATE;
  const all = keepers.ofGateway('app-limit', () => createRateBuckets(usual, clock));
  const here =
    perSecond === undefined ? undefined : keepers.ofInterface(`app-limit ${perSecond}`, () => createRateBuckets(perSecond, clock));
  if (front === 'user' && here === undefined) return undefined;
  return (exchange: Exchange) => {
    const { appId } = exchange.app!;
    const inAllMs = front === 'user' ? 0 : all[ask](appId);
    const hereMs = here?.[ask](appId) ?? 0;
    const waitMs = Math.max(inAllMs, hereMs);
    if (waitMs === 0) return undefined;
    const [where, limit] = hereMs > 0 ? ['app-interface', perSecond] : ['app', usual];
    exchange.note({ policy: 'app-limit', where, what: `over-rate ${limit}/1s` });
    return refuseRate(waitMs);
  };
}
