import { Type } from 'typebox';
import { networkOf } from '../../../engine/contract/calls/ip-range.ts';
import { definePolicy, type Exchange, type PolicyDeps } from '../../contract.ts';
import { refuseRate } from '../../errors.ts';
import { createRateBuckets, USUAL_RATE } from '../../shared/create-rate-buckets.ts';
import { parseRanges } from '../../shared/ip-ranges.ts';

/**
 * Limits requests per second of an address, before anything is known about the caller. IPv6 addresses count by their
 * network. Trusted proxies are exempt, because they forward many callers. Calls forwarded from the DMZ are exempt,
 * because they were counted there.
 */
export default definePolicy({
  name: 'address-limit',
  stage: 'coarse-limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '来源限流', en: 'Limit per address' },
    help: {
      'zh-CN': '每个来源地址每秒最多 2,000 个请求（按网关进程计）；可信代理与 DMZ 节点除外。',
      en: 'At most 2,000 requests per second from one address, for each gateway process; trusted proxies and nodes in the DMZ are exempt.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  explain: (_options, _target, _front, deps) => limitAddress(deps, 'peek'),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, _target, front, deps) {
    const limit = limitAddress(deps, 'take');
    return (exchange) => {
      const refused = limit(exchange);
      if (refused !== undefined) deps.metrics.count('gateway_limited_total', { front, reason: 'address' });
      return refused;
    };
  },
});

function limitAddress({ settings, clock, keepers }: PolicyDeps, ask: 'take' | 'peek') {
  const perSecond = settings.limits?.maxRequestsPerIp ?? USUAL_RATE;
  const buckets = keepers.ofGateway('address-limit', () => createRateBuckets(perSecond, clock));
  const isProxy = parseRanges(settings.trustedProxies);
  const hasProxies = settings.trustedProxies.length > 0;
  return (exchange: Exchange) => {
    const { clientIp, relay } = exchange;
    if (relay !== undefined) return undefined;
    const waitMs = buckets[ask](clientIp.includes(':') ? networkOf(clientIp) : clientIp);
    if (waitMs === 0 || (hasProxies && isProxy(clientIp))) return undefined;
    exchange.note({ policy: 'address-limit', where: 'address', what: `over-rate ${perSecond}/1s` });
    return refuseRate(waitMs);
  };
}
