/** One call of the open front, for which the examples of `signing/` are written. Pure: what it signs is laid down in docs/signing.md. */
import type { Kq1Scheme } from '../../../engine/contract/kq1/kq1.ts';

export interface SignedCall {
  /** `https://host:port` of the open front. */
  readonly url: string;
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
  readonly method: string;
  /** Percent-encoded, with its parameters filled in. */
  readonly path: string;
  /** Without `?`; empty: none. */
  readonly query: string;
  /** JSON text; absent: no body. */
  readonly body?: string;
  /** An `Idempotency-Key` goes along. */
  readonly isKeyed: boolean;
  /** What the platform signs its answers with; the examples that check them need it. */
  readonly platformKey?: { readonly keyId: string; readonly publicPem: string };
}

export type ExampleLanguage = 'shell' | 'node' | 'python' | 'java';

/** As in the `Host` header: the port unless it is the default one. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Names of the signed headers, sorted. */
export function signedNames({ body, isKeyed }: SignedCall): readonly string[] {
  return [...(body === undefined ? [] : ['content-type']), ...(isKeyed ? ['idempotency-key'] : [])];
}

export function isSm(scheme: Kq1Scheme): boolean {
  return scheme.endsWith('SM3');
}

export function isHmac(scheme: Kq1Scheme): boolean {
  return scheme.startsWith('HMAC');
}

/** The beginning of the header `Authorization`, in quotes as `quote` writes them. */
export function authorizationParts({ scheme, appId, keyId }: SignedCall): string {
  return `KQ1-${scheme} appid="${appId}",keyid="${keyId}"`;
}
