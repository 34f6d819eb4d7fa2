import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { KQ1_HEADERS, splitTarget } from '../../engine/contract/kq1/kq1.ts';
import { base64url, utf8 } from './bytes.ts';
import type { Envelopes } from './envelopes.ts';
import type { HttpAnswer, HttpRequest, SdkCrypto, Transport } from './sdk-crypto.ts';
import type { Credentials } from './sessions.ts';
import { signRequest, type SignedRequest } from './sign-request.ts';
import { verifyAnswer } from './verify-answer.ts';

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Strings and bytes are sent unchanged; any other value is sent as JSON. */
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`. A request with a key that was used before is not carried out again. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface SignedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /**
   * True if the signature was verified. False only for responses of the user front, and for errors that occur before
   * the caller is authenticated: such responses cannot be signed.
   */
  readonly verified: boolean;
  /** Returns the body as JSON. Throws SDK_ANSWER_NOT_JSON (input) if it is not JSON in UTF-8. */
  json(): unknown;
}

/** What the requests of one client have in common. */
export interface Channel {
  readonly crypto: SdkCrypto;
  readonly transport: Transport;
  readonly baseUrl: string;
  /** Absent on the user front, which does not sign its responses. */
  readonly platformKeys: Readonly<Record<string, string>> | undefined;
  readonly envelopes: Envelopes | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/** Signs and sends one request, and verifies and opens the response. */
export async function exchange(channel: Channel, credentials: Credentials, path: string, request: RequestOptions): Promise<SignedAnswer> {
  const { crypto, envelopes, clock } = channel;
  const { appId, keyId, scheme } = credentials;
  const url = new URL(path, channel.baseUrl);
  const method = methodOf(request);
  const { body: plainBody, type } = encoded(request.body);
  // Time and nonce are needed before the signature, because an envelope is bound to them too.
  const marks = { ts: String(clock.now()), nonce: base64url(crypto.randomBytes(16)) };
  const head = { method, host: url.host, ...splitTarget(url.pathname + url.search), scheme, appId, keyId, ...marks };
  const sealed = plainBody === undefined ? undefined : await envelopes?.encrypt(head, plainBody);
  const body = sealed ?? plainBody;
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...lowerCased(request.headers ?? {}),
    ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
    ...(sealed === undefined ? {} : { [KQ1_HEADERS.enc.toLowerCase()]: envelopes!.cipher }),
  };
  const signed = await signRequest(crypto, {
    ...{ method, url, headers, appId, keyId, scheme, key: credentials.key },
    ...{ nonce: marks.nonce, clock: { now: () => Number(marks.ts) }, ...(body && { body }) },
  });
  const answer = await sent(channel.transport, url, { method, headers: signed.headers, body, signal: request.signal });
  const verified = await isVerified(channel, credentials, signed, answer);
  const opened = verified && envelopes !== undefined ? await envelopes.open(head, answer) : answer.body;
  return toAnswer(answer, opened, verified);
}

export function methodOf({ method, body }: RequestOptions): string {
  return (method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
}

/** Rejects with SDK_NO_ANSWER (unknown-outcome) if no complete response arrives. */
export async function sent(transport: Transport, url: URL, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return await transport.send(url, request);
  } catch (cause) {
    throw new AppError('SDK_NO_ANSWER', 'unknown-outcome', 'The gateway returned no complete response.', {
      fix: 'Ask again with the same Idempotency-Key; if it keeps failing, check the address and the certificate.',
      cause,
    });
  }
}

export function toAnswer({ status, headers }: HttpAnswer, body: Uint8Array, verified: boolean): SignedAnswer {
  return { status, headers: Object.fromEntries(headers), body, verified, json: () => parsedJson(body) };
}

/** Verifies the response. Returns false for an error without a signature. */
async function isVerified(
  { crypto, platformKeys, clock }: Channel,
  { key: secret }: Credentials,
  signed: SignedRequest,
  { status, headers, body }: HttpAnswer,
): Promise<boolean> {
  const isSigned = headers.some(([name]) => name.toLowerCase() === KQ1_HEADERS.signature.toLowerCase());
  if (platformKeys === undefined || (!isSigned && status >= 400)) return false;
  await verifyAnswer(crypto, { request: signed, status, headers, body, platformKeys, secret, clock });
  return true;
}

function encoded(body: unknown): { body?: Uint8Array; type?: string } {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { body };
  if (typeof body === 'string') return { body: utf8(body) };
  return { body: utf8(JSON.stringify(body)), type: 'application/json' };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function parsedJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new AppError('SDK_ANSWER_NOT_JSON', 'input', 'The response is not JSON in UTF-8.', {
      fix: 'Check its content-type and body.',
      cause,
    });
  }
}
