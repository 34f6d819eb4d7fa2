/**
 * One call of the open gateway, as input for the examples in `signing/`. Pure. docs/signing.md defines what is
 * signed.
 */
import type { Kq1Scheme } from '../../../engine/contract/kq1/kq1.ts';

export interface SignedCall {
  /** `https://host:port` of the open gateway. */
  readonly url: string;
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
  readonly method: string;
  /** Percent-encoded, with its parameters filled in. */
  readonly path: string;
  /** Without `?`; empty if there is none. */
  readonly query: string;
  /** JSON text; absent if there is no body. */
  readonly body?: string;
  /** True if an `Idempotency-Key` is sent. */
  readonly isKeyed: boolean;
  /** The key with which the platform signs its responses; needed by examples that verify them. */
  readonly platformKey?: { readonly keyId: string; readonly publicPem: string };
}

export type ExampleLanguage = 'shell' | 'node' | 'python' | 'java';

/** As in the `Host` header: with the port unless it is the default one. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Returns the names of the signed headers, sorted. */
export function signedNames({ body, isKeyed }: SignedCall): readonly string[] {
  return [...(body === undefined ? [] : ['content-type']), ...(isKeyed ? ['idempotency-key'] : [])];
}

export function isSm(scheme: Kq1Scheme): boolean {
  return scheme.endsWith('SM3');
}

export function isHmac(scheme: Kq1Scheme): boolean {
  return scheme.startsWith('HMAC');
}

/** Returns the start of the `Authorization` header, with quotes as `quote` writes them. */
export function authorizationParts({ scheme, appId, keyId }: SignedCall): string {
  return `KQ1-${scheme} appid="${appId}",keyid="${keyId}"`;
}
