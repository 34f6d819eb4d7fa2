import type { Clock } from '../../engine/contract/values/clock.ts';
import {
  canonicalRequest,
  formatAuthorization,
  isProxyHeader,
  isSignableName,
  splitTarget,
  type HeaderPair,
  type Kq1Scheme,
} from '../../engine/contract/kq1/kq1.ts';
import { base64url, utf8 } from './bytes.ts';
import type { SdkCrypto } from './sdk-crypto.ts';

export interface RequestToSign {
  readonly method: string;
  /** Absolute URL, exactly as it will be called. */
  readonly url: string | URL;
  /** Headers to sign. Headers that HTTP clients and proxies change are not signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Exactly the bytes that will be sent. */
  readonly body?: Uint8Array | string;
  readonly appId: string;
  readonly keyId: string;
  readonly scheme: Kq1Scheme;
  /** Private key in PEM (PKCS#8), or for the HMAC schemes the secret in base64url. */
  readonly key: string;
  readonly clock?: Pick<Clock, 'now'>;
  /** 16 random bytes in base64url; set it only in tests. Absent: generated for each call. */
  readonly nonce?: string;
}

export interface SignedRequest {
  /** The headers to send: the given ones and `Authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text that was signed; also needed to verify the response. */
  readonly canonical: string;
  readonly scheme: Kq1Scheme;
  readonly keyId: string;
  readonly nonce: string;
}

/** Headers that are not signed, because HTTP, clients or proxies change them. */
const UNSIGNED = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'user-agent',
  'accept-encoding',
]);

/**
 * Signs one request (KQ1, docs/signing.md) and returns its headers. Sign again for every attempt, because a nonce is
 * accepted once. Rejects with KQ1_MALFORMED (input) if the request can be read in more than one way, and with
 * SDK_KEY_INVALID (input) if the key does not fit the scheme.
 */
export async function signRequest(crypto: SdkCrypto, request: RequestToSign): Promise<SignedRequest> {
  const { appId, keyId, scheme } = request;
  const url = new URL(request.url);
  const signedHeaders = headersToSign(request.headers ?? {});
  const ts = String((request.clock ?? Date).now());
  const nonce = request.nonce ?? base64url(crypto.randomBytes(16));
  const { body = '' } = request;
  const canonical = canonicalRequest({
    scheme,
    method: request.method.toUpperCase(),
    host: url.host,
    ...splitTarget(url.pathname + url.search),
    ts,
    nonce,
    appId,
    keyId,
    headers: signedHeaders,
    bodyDigest: await crypto.digestHex(scheme, typeof body === 'string' ? utf8(body) : body),
  });
  const sig = await crypto.signText(canonical, scheme, request.key);
  const authorization = formatAuthorization({ scheme, appId, keyId, ts, nonce, signed: signedHeaders.map(([name]) => name), sig });
  return { headers: { ...request.headers, Authorization: authorization }, canonical, scheme, keyId, nonce };
}

function headersToSign(headers: Readonly<Record<string, string>>): HeaderPair[] {
  return Object.entries(headers)
    .map(([name, value]): HeaderPair => [name.toLowerCase(), value])
    .filter(([name]) => isSignableName(name) && !UNSIGNED.has(name) && !isProxyHeader(name))
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
