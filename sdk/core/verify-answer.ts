import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import {
  canonicalAnswer,
  KQ1_HEADERS,
  responseSchemeFor,
  signedAnswerHeaders,
  type HeaderPair,
  type Kq1Scheme,
} from '../../engine/contract/kq1/kq1.ts';
import { utf8 } from './bytes.ts';
import type { SdkCrypto } from './sdk-crypto.ts';
import type { SignedRequest } from './sign-request.ts';

export interface AnswerToVerify {
  readonly request: Pick<SignedRequest, 'canonical' | 'scheme' | 'keyId' | 'nonce'>;
  readonly status: number;
  /** Headers as received; a repeated header has several entries. */
  readonly headers: Iterable<HeaderPair>;
  /** The body's bytes as received, before any decompression. */
  readonly body: Uint8Array;
  /** The platform's public keys in PEM by key id; not used if the request was signed with a shared secret. */
  readonly platformKeys: Readonly<Record<string, string>>;
  /** The shared secret, if the request was signed with one. */
  readonly secret?: string;
  readonly clock?: Pick<Clock, 'now'>;
}

const WINDOW_MS = 300_000;

/**
 * Verifies that the platform sent this response to this request. Rejects with SDK_ANSWER_UNSIGNED,
 * SDK_ANSWER_KEY_UNKNOWN, SDK_ANSWER_STALE or SDK_ANSWER_FORGED (unknown-outcome): the request may have been carried out even if the response
 * cannot be trusted.
 */
export async function verifyAnswer(crypto: SdkCrypto, answer: AnswerToVerify): Promise<void> {
  const { request } = answer;
  const headers = [...answer.headers];
  const signature = single(headers, KQ1_HEADERS.signature);
  const keyId = single(headers, KQ1_HEADERS.keyId);
  const ts = single(headers, KQ1_HEADERS.ts);
  if (signature === undefined || keyId === undefined || ts === undefined) throw distrusted('SDK_ANSWER_UNSIGNED', 'it has no signature');
  const scheme = responseSchemeFor(request.scheme);
  const key = keyFor(scheme, keyId, answer);
  if (key === undefined) throw distrusted('SDK_ANSWER_KEY_UNKNOWN', 'it is signed with a key that is not one of the given platform keys');
  if (Math.abs((answer.clock ?? Date).now() - Number(ts)) > WINDOW_MS)
    throw distrusted('SDK_ANSWER_STALE', 'its time differs from the local clock by more than 300 s');
  const canonical = await canonicalOf(crypto, answer, { scheme, keyId, ts, headers });
  if (!(await crypto.verifyText(canonical, signature, scheme, key))) {
    throw distrusted('SDK_ANSWER_FORGED', 'its signature does not verify for this request');
  }
}

interface Signed {
  readonly scheme: Kq1Scheme;
  readonly keyId: string;
  readonly ts: string;
  readonly headers: readonly HeaderPair[];
}

function keyFor(scheme: Kq1Scheme, keyId: string, answer: AnswerToVerify): string | undefined {
  if (scheme === answer.request.scheme && scheme !== 'SM2-SM3') return keyId === answer.request.keyId ? answer.secret : undefined;
  return Object.hasOwn(answer.platformKeys, keyId) ? answer.platformKeys[keyId] : undefined;
}

/**
 * Returns the canonical text of the response. Rejects with SDK_ANSWER_FORGED (unknown-outcome) if it has none, because the
 * platform cannot have signed it.
 */
async function canonicalOf(crypto: SdkCrypto, answer: AnswerToVerify, { scheme, keyId, ts, headers }: Signed): Promise<string> {
  try {
    return canonicalAnswer({
      requestDigest: await crypto.digestHex(scheme, utf8(answer.request.canonical)),
      scheme,
      status: answer.status,
      nonce: answer.request.nonce,
      ts,
      keyId,
      headers: signedAnswerHeaders(headers),
      bodyDigest: await crypto.digestHex(scheme, answer.body),
    });
  } catch (cause) {
    throw distrusted('SDK_ANSWER_FORGED', 'its signed parts are malformed', cause);
  }
}

function single(headers: readonly HeaderPair[], name: string): string | undefined {
  const found = headers.filter(([each]) => each.toLowerCase() === name.toLowerCase());
  return found.length === 1 ? found[0]?.[1] : undefined;
}

function distrusted(code: string, why: string, cause?: unknown): AppError {
  return new AppError(code, 'unknown-outcome', `The response cannot be trusted: ${why}.`, {
    fix: 'Treat the outcome as unknown and ask again with the same Idempotency-Key; if it keeps failing, check the platform keys and the clock.',
    cause,
  });
}
