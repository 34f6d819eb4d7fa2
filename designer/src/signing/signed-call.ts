/**
 * One call of the open gateway, the input for the examples in `signing/`. Pure. docs/signing.md defines what is
 * signed.
 */
import type { Kq1Scheme } from '../../../engine/contract/kq1/kq1.ts';

export interface SignedCall {
  /** Address of the open gateway, as `https://host:port`. */
  readonly url: string;
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
  readonly method: string;
  /** Percent-encoded path with its parameters filled in. */
  readonly path: string;
  /** Query without `?`; empty if there is none. */
  readonly query: string;
  /** Body as JSON text; absent if there is none. */
  readonly body?: string;
  /** True if the header `Idempotency-Key` is sent. */
  readonly isKeyed: boolean;
  /** The public key of the platform, for examples that verify the signature of the response. */
  readonly platformKey?: { readonly keyId: string; readonly publicPem: string };
}

export type ExampleLanguage = 'shell' | 'node' | 'python' | 'java' | 'go';

/** Returns the host as in the `Host` header: with the port, unless it is the default port. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Returns the sorted names of the signed headers. */
export function signedNames({ body, isKeyed }: SignedCall): readonly string[] {
  return [...(body === undefined ? [] : ['content-type']), ...(isKeyed ? ['idempotency-key'] : [])];
}

export function isSm(scheme: Kq1Scheme): boolean {
  return scheme.endsWith('SM3');
}

export function isHmac(scheme: Kq1Scheme): boolean {
  return scheme.startsWith('HMAC');
}

/** Returns the start of the value of the `Authorization` header: the scheme, the app and the key. */
export function authorizationParts({ scheme, appId, keyId }: SignedCall): string {
  return `KQ1-${scheme} appid="${appId}",keyid="${keyId}"`;
}
