import { Type } from 'typebox';
import type { CompatibilityProfile } from '../../../engine/contract/compatibility/compatibility-profile.ts';
import { digestOfScheme, parseAuthorization } from '../../../engine/contract/kq1/kq1.ts';
import { definePolicy, type Exchange, type GatewayError, type Kq1Claim } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { claimProfile } from '../../shared/identity/claim-profile.ts';
import { claimSession, namesSession, sessionOutageOf, sessionsOf } from '../../shared/identity/claim-session.ts';

/**
 * Reads the claim of a request. That of a compatibility profile may be in the body; then it is read later, by the policy
 * `profile-signature`. Otherwise reads the claim of a KQ1 request: time, app, key and scheme. The time must be within the app's window, and the scheme
 * must be that of the key. An unknown app, an unknown key or session and a wrong scheme get the same error. Nothing reveals
 * whether a key is still valid before the signature is verified.
 */
export default definePolicy({
  name: 'claim',
  stage: 'claim',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '签名声明', en: 'Signature claim' },
    help: {
      'zh-CN': '解析 KQ1 认证头或兼容签名，检查时间窗口、应用与密钥。',
      en: 'Reads the KQ1 header or the compatibility profile and checks time window, app and key.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, _target, _front, deps) {
    const { clock } = deps;
    const [sessions, outage] = [sessionsOf(deps), sessionOutageOf(deps)];
    const accept = (exchange: Exchange, claim: Kq1Claim | GatewayError) => {
      if ('code' in claim) return claim;
      if (Math.abs(clock.now() - Number(claim.authorization.ts)) > claim.app.windowSec * 1000) return refuse('GW40102');
      exchange.claim = claim;
      return undefined;
    };
    return (exchange) => {
      const { profile } = exchange;
      if (profile !== undefined) return profile.readsBody ? undefined : acceptProfile(exchange, profile, clock.now());
      const header = exchange.incoming.get('authorization');
      if (header === undefined) return refuse('GW40101');
      let authorization;
      try {
        authorization = parseAuthorization(header);
      } catch {
        return refuse('GW40101');
      }
      if (namesSession(authorization, exchange)) {
        const found = claimSession(exchange, authorization, { sessions, clock, outage });
        return found instanceof Promise ? found.then((late) => accept(exchange, late)) : accept(exchange, found);
      }
      const app = exchange.plan.app(authorization.appId);
      const key = exchange.plan.key(authorization.appId, authorization.keyId);
      if (app === undefined || key === undefined || key.document.scheme !== authorization.scheme) return refuse('GW40101');
      return accept(exchange, { kind: 'kq1', authorization, app, key, digestAlgorithm: digestOfScheme(authorization.scheme) });
    };
  },
});

function acceptProfile(exchange: Exchange, profile: CompatibilityProfile, now: number): GatewayError | undefined {
  const claim = claimProfile(exchange, profile, '', now);
  if ('code' in claim) return claim;
  exchange.claim = claim;
  return undefined;
}
