import { Type } from 'typebox';
import { digestOfScheme, parseAuthorization } from '../../../engine/contract/kq1/kq1.ts';
import { definePolicy, type Claim, type Exchange, type GatewayError } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { claimSession, namesSession, sessionOutageOf, sessionsOf } from '../../shared/identity/claim-session.ts';

/**
 * Reads the claim of a KQ1 request: time, app, key and scheme. The time must be within the app's window, and the scheme
 * must be that of the key. An unknown app, an unknown key or session and a wrong scheme get the same error. Nothing reveals
 * whether a key is still valid before the signature is verified.
 */
export default definePolicy({
  name: 'claim',
  stage: 'claim',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '签名声明', en: 'Signature claim' },
    help: { 'zh-CN': '解析 KQ1 认证头，检查时间窗口、应用与密钥。', en: 'Reads the KQ1 header and checks time window, app and key.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, _target, _front, deps) {
    const { clock } = deps;
    const [sessions, outage] = [sessionsOf(deps), sessionOutageOf(deps)];
    const accept = (exchange: Exchange, claim: Claim | GatewayError) => {
      if ('code' in claim) return claim;
      if (Math.abs(clock.now() - Number(claim.authorization.ts)) > claim.app.windowSec * 1000) return refuse('GW40102');
      exchange.claim = claim;
      return undefined;
    };
    return (exchange) => {
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
      return accept(exchange, { authorization, app, key, digestAlgorithm: digestOfScheme(authorization.scheme) });
    };
  },
});
