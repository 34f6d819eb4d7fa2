import type { DigestAlgorithm } from '../ports/crypto.ts';

/** The signature schemes that a KQ1 key can be pinned to. */
export const KQ1_SCHEMES = ['SM2-SM3', 'RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SM3', 'HMAC-SHA256'] as const;
export type Kq1Scheme = (typeof KQ1_SCHEMES)[number];

/** Returns the digest algorithm of a scheme: SM3 for the SM schemes, otherwise SHA-256. */
export function digestOfScheme(scheme: Kq1Scheme): DigestAlgorithm {
  return scheme === 'SM2-SM3' || scheme === 'HMAC-SM3' ? 'sm3' : 'sha256';
}

/**
 * Returns the scheme that signs the answer to a request. A shared secret signs requests and answers; all other answers
 * are signed with the platform's SM2 key. All digests in the answer's canonical string, including the request's, use
 * the answer's scheme.
 */
export function responseSchemeFor(requestScheme: Kq1Scheme): Kq1Scheme {
  return requestScheme === 'HMAC-SM3' || requestScheme === 'HMAC-SHA256' ? requestScheme : 'SM2-SM3';
}
