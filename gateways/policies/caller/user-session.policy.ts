import { Type } from 'typebox';
import { parseAuthorization } from '../../../engine/contract/kq1/kq1.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { claimSession, namesSession, sessionOutageOf, sessionsOf } from '../../shared/identity/claim-session.ts';
import { adoptTraceId } from '../../shared/identity/adopt-trace-id.ts';
import { readBearer } from '../../shared/identity/read-bearer.ts';
import { createFindTokenKey, isFor, type FindTokenKey, type TokenKey } from '../../shared/identity/token-keys.ts';
import { UserTokens } from '../../shared/identity/user-tokens.ts';

const MAX_TOKEN_LENGTH = 8192;
const LEEWAY_SEC = 30;

/**
 * Verifies a citizen's token (JWT, RFC 7519): ES256, or SM2-SM3 with a strict DER signature. The configured key with
 * the same `kid` determines algorithm, issuer and audience. Without one, the keys that a configured issuer publishes
 * serve (also RS256 and PS256). A token that names another algorithm than its key is refused. The signature of a token
 * is checked once; its key and its times are checked on each request.
 */
export default definePolicy({
  name: 'user-session',
  stage: 'claim',
  fronts: ['user'],
  text: {
    label: { 'zh-CN': '用户令牌', en: 'User token' },
    help: {
      'zh-CN': '验证用户 JWT（ES256 或 SM2-SM3）的签名、签发者、受众与有效期；或以会话密钥签名的请求。',
      en: 'Verifies the user JWT (ES256 or SM2-SM3): signature, issuer, audience and lifetime; or a request that a session signed.',
    },
  },
  options: Type.Object(
    {
      session: Type.Optional(
        Type.Union([Type.Literal('allow'), Type.Literal('require')], {
          ...fieldText(
            '会话签名',
            'Signature of a session',
            '“必须”时，只接受以会话密钥签名、带 nonce 的请求，从而防重放；令牌只用于 POST /user/v1/sessions。否则用户退出登录后，此前签发的令牌在到期前仍可直接调用。',
            'If required, only requests that a session signed, with a nonce, are taken, so that none can be replayed; the token is for POST /user/v1/sessions alone. Otherwise a token from before a logout still serves until it ends.',
            { options: { allow: ['可用令牌或会话', 'Token or session'], require: ['必须', 'Required'] } },
          ),
          default: 'allow',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  compile: ({ session = 'allow' }, _target, _front, deps) => {
    const { clock, verify } = deps;
    const findTokenKey = createFindTokenKey(deps);
    const claim = createSessionClaim(deps, findTokenKey);
    const tokens = deps.keepers.ofGateway('user-tokens', () => new UserTokens(clock));
    return async (exchange) => {
      const authorization = exchange.incoming.get('authorization') ?? '';
      if (authorization.startsWith('KQ1-')) return claim(exchange, authorization);
      const token = readBearer(authorization, MAX_TOKEN_LENGTH);
      if (token === undefined) return refuse('GW40101');
      if (session === 'require') return SESSION_NEEDED;
      const read = tokens.read(token);
      if (read === undefined) return refuse('GW40101');
      const key = await findTokenKey(exchange, read.head['kid'], read.claims['iss']);
      if ('code' in key) return key;
      // Only gateways inside reach the issuer. Nothing counts as proved in the DMZ.
      if (key.handle === undefined) return undefined;
      if (read.head['alg'] !== key.alg) return refuse('GW40101');
      if (read.verifiedBy !== key.handle.fingerprint) {
        const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
        if (!(await verify(exchange, key.handle, signed, read.signature))) return refuse('GW40101');
        tokens.remember(token, read, key.handle.fingerprint);
      }
      if (!isAcceptable(read.claims, key.expected, clock.now() / 1000)) return NOT_ACCEPTABLE;
      exchange.user = read.claims;
      exchange.tokenKey = { kid: read.head['kid'] as string, fingerprint: key.handle.fingerprint };
      exchange.app = exchange.plan.defaultApp;
      adoptTraceId(exchange, (name) => exchange.incoming.get(name));
      return undefined;
    };
  },
});

const SESSION_NEEDED = refuse('GW40101', {
  text: {
    'zh-CN': '该接口只接受以会话密钥签名的请求：请先用令牌调用 POST /user/v1/sessions 建立会话',
    en: 'This interface takes only requests that a session signed: open one with the token at POST /user/v1/sessions first.',
  },
});

/** Reads the claim of a request that a session signed. The user is known only after the signature was verified. */
function createSessionClaim(
  deps: PolicyDeps,
  findTokenKey: FindTokenKey,
): (exchange: Exchange, header: string) => Promise<GatewayError | undefined> {
  const { clock } = deps;
  const [sessions, outage] = [sessionsOf(deps), sessionOutageOf(deps)];
  return async (exchange, header) => {
    let authorization;
    try {
      authorization = parseAuthorization(header);
    } catch {
      return refuse('GW40101');
    }
    if (!namesSession(authorization, exchange)) return refuse('GW40101');
    const claim = await claimSession(exchange, authorization, { sessions, clock, outage, findTokenKey });
    if ('code' in claim) return claim;
    if (Math.abs(clock.now() - Number(authorization.ts)) > claim.app.windowSec * 1000) return refuse('GW40102');
    exchange.claim = claim;
    return undefined;
  };
}

/**
 * The latest accepted expiry, in seconds (2100-01-01). A later expiry is a mistake, for example milliseconds in place
 * of seconds. Such a token would never expire.
 */
const LATEST_SEC = 4_102_444_800;

/**
 * The error for a token with a valid signature that the gateway does not accept. It may be more specific, because it is
 * reported only after the signature was verified.
 */
const NOT_ACCEPTABLE = refuse('GW40101', {
  text: {
    'zh-CN': '令牌已过期、尚未生效、有效期超过 2100 年或不是为本平台签发：请重新登录获取新令牌',
    en: 'The token has expired, is not valid yet, ends after the year 2100, or was not issued for this platform: sign in again for a new one.',
  },
});

function isAcceptable(claims: Readonly<Record<string, unknown>>, expected: TokenKey['expected'], nowSec: number): boolean {
  const { exp, nbf, sub } = claims;
  const hasBegun = nbf === undefined || (typeof nbf === 'number' && nbf <= nowSec + LEEWAY_SEC);
  return isFor(claims, expected) && hasBegun && typeof exp === 'number' && exp > nowSec - LEEWAY_SEC && exp < LATEST_SEC && isSubject(sub);
}

/**
 * Returns whether the subject is usable. JSON can contain half of a surrogate pair, but headers and keys in a store
 * cannot.
 */
function isSubject(sub: unknown): boolean {
  return typeof sub === 'string' && sub !== '' && sub.isWellFormed();
}
