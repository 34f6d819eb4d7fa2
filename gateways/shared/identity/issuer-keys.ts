/**
 * The keys of issuers of user tokens, fetched from the address that the issuer publishes them at (JWKS, RFC 7517). They
 * are fetched again every ten minutes, and when a token names an unknown key. If they cannot be fetched for an hour,
 * tokens of the issuer are refused: the issuer may have revoked a key since.
 */
import type { Crypto, KeyHandle, SignatureScheme } from '../../../engine/contract/ports/crypto.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { UserTokenIssuer } from '../../documents/caller-documents.ts';
import { parseJson } from '../parse-json.ts';

/** Algorithms of tokens (RFC 7518, 3.1), and SM2 with the name that the platform uses. */
const ALGORITHMS: Readonly<Record<string, SignatureScheme>> = {
  ES256: 'ES256',
  RS256: 'RSA-SHA256',
  PS256: 'RSA-PSS-SHA256',
  'SM2-SM3': 'SM2-SM3',
};
const REFRESH_MS = 10 * 60_000;
const USABLE_MS = 60 * 60_000;
/** Anyone can send tokens with unknown key ids, so these may cause only so many fetches. */
const UNKNOWN_EVERY_MS = 30_000;
const RETRY_MS = 5_000;
const MOST_KEYS = 100;
const MOST_KID_LENGTH = 200;

export interface IssuerKey {
  /** The algorithm that a token must name. */
  readonly alg: string;
  readonly handle: KeyHandle;
}

export interface IssuerKeys {
  /** Returns `unknown` if the issuer has no such key, and `unavailable` if its keys could not be fetched. */
  find(issuer: UserTokenIssuer, kid: string): Promise<IssuerKey | 'unknown' | 'unavailable'>;
}

export interface IssuerKeysDeps {
  fetchDocument(url: string): Promise<Uint8Array>;
  readonly crypto: Pick<Crypto, 'importKey'>;
  readonly clock: Clock;
  onFailure(url: string, error: unknown): void;
}

interface Kept {
  keys: ReadonlyMap<string, IssuerKey>;
  fetchedAt: number;
  triedAt: number;
  fetching: Promise<void> | undefined;
}

export function createIssuerKeys({ fetchDocument, crypto, clock, onFailure }: IssuerKeysDeps): IssuerKeys {
  const byUrl = new Map<string, Kept>();

  function fetchInto(kept: Kept, url: string): Promise<void> {
    kept.triedAt = clock.now();
    kept.fetching ??= fetchDocument(url)
      .then((bytes) => {
        kept.keys = readKeys(bytes, crypto);
        kept.fetchedAt = clock.now();
      })
      .catch((error: unknown) => onFailure(url, error))
      .finally(() => (kept.fetching = undefined));
    return kept.fetching;
  }

  return {
    async find({ jwksUrl }, kid) {
      let kept = byUrl.get(jwksUrl);
      if (kept === undefined)
        byUrl.set(jwksUrl, (kept = { keys: new Map(), fetchedAt: -Infinity, triedAt: -Infinity, fetching: undefined }));
      const age = clock.now() - kept.fetchedAt;
      const sinceTry = clock.now() - kept.triedAt;
      const isUsable = age < USABLE_MS;
      const isKnown = kept.keys.has(kid);
      if (isUsable && isKnown) {
        // The next tokens need not wait for the new keys.
        if (age >= REFRESH_MS && sinceTry >= RETRY_MS) void fetchInto(kept, jwksUrl);
      } else if (kept.fetching !== undefined) await kept.fetching;
      else if (sinceTry >= (isUsable ? UNKNOWN_EVERY_MS : RETRY_MS)) await fetchInto(kept, jwksUrl);
      if (clock.now() - kept.fetchedAt >= USABLE_MS) return 'unavailable';
      return kept.keys.get(kid) ?? 'unknown';
    },
  };
}

/** Reads a JWK Set. Throws if it is none. A key that cannot verify tokens is left out, as RFC 7517, section 5, asks. */
function readKeys(bytes: Uint8Array, crypto: Pick<Crypto, 'importKey'>): ReadonlyMap<string, IssuerKey> {
  const parsed = parseJson(bytes);
  const listed = 'value' in parsed && isRecord(parsed.value) ? parsed.value['keys'] : undefined;
  if (!Array.isArray(listed)) throw new TypeError('the document is not a JWK Set');
  const keys = new Map<string, IssuerKey>();
  for (const jwk of listed.slice(0, MOST_KEYS) as unknown[]) {
    const read = isRecord(jwk) ? readKey(jwk, crypto) : undefined;
    if (read !== undefined) keys.set(read.kid, read.key);
  }
  return keys;
}

function readKey(jwk: Readonly<Record<string, unknown>>, crypto: Pick<Crypto, 'importKey'>): { kid: string; key: IssuerKey } | undefined {
  const { kid, kty, crv, use, alg = defaultAlgorithm(kty, crv) } = jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > MOST_KID_LENGTH || (use !== undefined && use !== 'sig')) return undefined;
  const scheme = typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
  if (scheme === undefined) return undefined;
  try {
    return { kid, key: { alg: alg as string, handle: crypto.importKey({ format: 'jwk', jwk: publicPart(jwk) }, scheme, 'public') } };
  } catch {
    return undefined;
  }
}

function defaultAlgorithm(kty: unknown, crv: unknown): string | undefined {
  if (kty === 'RSA') return 'RS256';
  return kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'EC' && crv === 'SM2' ? 'SM2-SM3' : undefined;
}

function publicPart({ kty, crv, x, y, n, e }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y };
}
