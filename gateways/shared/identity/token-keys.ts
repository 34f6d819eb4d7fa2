/** Finds the keys that verify users' tokens: the registered ones, and those that issuers publish. */
import type { KeyHandle } from '../../../engine/contract/ports/crypto.ts';
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { createThrottledWarning } from '../../../engine/contract/values/throttled-warning.ts';
import type { Exchange, GatewayError, PolicyDeps } from '../../contract.ts';
import type { UserTokenKey } from '../../documents/caller-documents.ts';
import { refuse } from '../../errors.ts';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts';

/** What the key of a token demands of its claims. */
type Expected = Pick<UserTokenKey, 'issuer' | 'audience'>;

/** The key that a token names. `handle` is undefined if only a gateway inside can get it. */
export interface TokenKey {
  readonly alg: string;
  readonly handle: KeyHandle | undefined;
  readonly expected: Expected;
}

export type FindTokenKey = (exchange: Exchange, kid: unknown, iss: unknown) => Promise<TokenKey | GatewayError>;

/** Creates the look-up by the `kid` of a token: among the registered keys, then at the issuer that the token names. */
export function createFindTokenKey(deps: PolicyDeps): FindTokenKey {
  const issuerKeys = issuerKeysOf(deps);
  return async ({ plan }, kid, iss) => {
    if (typeof kid !== 'string') return refuse('GW40101');
    const pinned = plan.userTokenKey(kid);
    if (pinned !== undefined) return { alg: pinned.document.alg, handle: pinned.handle, expected: pinned.document };
    const expected = typeof iss === 'string' ? plan.userTokenIssuer(iss) : undefined;
    if (expected === undefined) return refuse('GW40101');
    if (plan.isHandedOut) return { alg: '', handle: undefined, expected };
    const found = await issuerKeys.find(expected, kid);
    if (found === 'unavailable') return ISSUER_DOWN;
    return found === 'unknown' ? refuse('GW40101') : { ...found, expected };
  };
}

/** Returns whether the issuer and the audience of a token are those that its key demands. */
export function isFor({ iss, aud }: Readonly<Record<string, unknown>>, { issuer, audience }: Expected): boolean {
  return iss === issuer && (aud === audience || (Array.isArray(aud) && aud.includes(audience)));
}

function issuerKeysOf({ keepers, fetchDocument, crypto, clock, log }: PolicyDeps): IssuerKeys {
  return keepers.ofGateway('issuer-keys', () => {
    const warn = createThrottledWarning(log, clock, 'gateway.issuer-keys-failed');
    const onFailure = (url: string, error: unknown) => warn({ host: new URL(url).host, code: toErrorRecord(error).code });
    return createIssuerKeys({ fetchDocument, crypto, clock, onFailure });
  });
}

const ISSUER_DOWN = refuse('GW50303', {
  text: {
    'zh-CN': '登录系统的公钥暂时无法获取，令牌不能验证：请稍后重试',
    en: 'The keys of the login system cannot be fetched at present, so tokens cannot be verified: try again later.',
  },
});
