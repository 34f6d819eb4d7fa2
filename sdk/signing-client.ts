import { randomBytes } from 'node:crypto';
import { Agent, request as send, type Dispatcher } from 'undici';
import type { Clock } from '../engine/contract/values/clock.ts';
import { AppError } from '../engine/contract/values/errors.ts';
import { KQ1_HEADERS, splitTarget, type HeaderPair } from '../engine/contract/kq1/kq1.ts';
import { createEnvelopes, type EncryptionOptions, type Envelopes } from './envelopes.ts';
import { signRequest, type SignedRequest } from './sign-request.ts';
import { keepSession, type Credentials, type SessionKeeper } from './sessions.ts';
import { verifyAnswer } from './verify-answer.ts';

export interface SigningClientOptions extends Credentials {
  /** Base address of the open front, for example `https://gateway.example:8443`. */
  readonly baseUrl: string;
  readonly appId: string;
  /** The platform's public keys in PEM by key id. */
  readonly platformKeys: Readonly<Record<string, string>>;
  /** Certificate authorities in PEM, if the gateway's certificate is not publicly trusted. */
  readonly ca?: string;
  /** Encrypts request bodies and opens encrypted responses. If absent, bodies are sent as they are. */
  readonly encryption?: EncryptionOptions;
  /**
   * Signs requests with a session (HMAC-SM3), which the key of the scheme SM2-SM3 opens every half hour. Needs
   * `encryption`, because the platform sends the session's key encrypted.
   */
  readonly sessions?: boolean;
  readonly timeoutMs?: number;
  readonly clock?: Pick<Clock, 'now'>;
}

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
   * True if the signature was verified. False only for errors that occur before the caller is authenticated: such
   * responses cannot be signed.
   */
  readonly verified: boolean;
  /** Returns the body as JSON. Throws SDK_ANSWER_NOT_JSON (input) if it is not JSON in UTF-8. */
  json(): unknown;
}

export interface SigningClient {
  /**
   * Signs and sends a request and verifies the response. Rejects with one of the SDK_ANSWER_… codes (see
   * `verifyAnswer`), or with SDK_NO_ANSWER (unknown-outcome) if no response arrives.
   */
  fetch(path: string, options?: RequestOptions): Promise<SignedAnswer>;
  close(): Promise<void>;
}

const SESSIONS = '/open/v1/sessions';
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

export function createSigningClient(options: SigningClientOptions): SigningClient {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const agent = new Agent({
    connections: 32,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: { timeout: Math.min(timeoutMs, 3000), ...(options.ca === undefined ? {} : { ca: options.ca }) },
  });
  const envelopes = options.encryption && createEnvelopes(options.encryption);
  const call = (credentials: Credentials, path: string, request: RequestOptions) =>
    exchange({ ...options, ...credentials }, agent, envelopes, path, request);
  const session = options.sessions === true ? keepSession(() => call(options, SESSIONS, { method: 'POST' }), options.clock) : undefined;
  const fetchInSession = async (keeper: SessionKeeper, path: string, request: RequestOptions): Promise<SignedAnswer> => {
    const credentials = await keeper.current();
    const answer = await call(credentials, path, request);
    if (answer.verified || answer.status !== 401) return answer;
    keeper.forget(credentials);
    // Only a request that is never carried out twice is repeated: nothing proves where an unsigned answer came from.
    const isSafe = request.idempotencyKey !== undefined || (request.method ?? (request.body === undefined ? 'GET' : 'POST')) === 'GET';
    return isSafe ? call(await keeper.current(), path, request) : answer;
  };
  return {
    fetch: (path, request = {}) => (session === undefined ? call(options, path, request) : fetchInSession(session, path, request)),
    close: () => agent.close(),
  };
}

async function exchange(
  options: SigningClientOptions,
  agent: Agent,
  envelopes: Envelopes | undefined,
  path: string,
  request: RequestOptions,
): Promise<SignedAnswer> {
  const { appId, keyId, scheme, key } = options;
  const url = new URL(path, options.baseUrl);
  const method = (request.method ?? (request.body === undefined ? 'GET' : 'POST')).toUpperCase();
  const { body: plainBody, type } = encoded(request.body);
  const head = { method, ...targetOf(url), scheme, appId, keyId, ...freshMarks(options.clock) };
  const sealed = plainBody === undefined ? undefined : await envelopes?.encrypt(head, Buffer.from(plainBody));
  const body = sealed ?? plainBody;
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...lowerCased(request.headers ?? {}),
    ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
    ...(sealed === undefined ? {} : { [KQ1_HEADERS.enc.toLowerCase()]: envelopes!.cipher }),
  };
  const signed = signRequest({
    method,
    url,
    headers,
    appId,
    keyId,
    scheme,
    key,
    nonce: head.nonce,
    clock: { now: () => Number(head.ts) },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await sent(url, agent, {
    method,
    headers: signed.headers,
    body: body ?? null,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const verified = isVerified(options, signed, answer);
  const opened = verified && envelopes !== undefined ? await envelopes.open(head, answer) : answer.body;
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: opened, verified, json: () => parsedJson(opened) };
}

/** Time and nonce of one request: they are needed before the signature, because they are bound to an envelope too. */
function freshMarks(clock: Pick<Clock, 'now'> = Date): { readonly ts: string; readonly nonce: string } {
  return { ts: String(clock.now()), nonce: randomBytes(16).toString('base64url') };
}

function targetOf(url: URL): { readonly host: string; readonly path: string; readonly query: string } {
  return { host: url.host, ...splitTarget(url.pathname + url.search) };
}

interface RawAnswer {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

type SendOptions = Pick<Dispatcher.RequestOptions, 'body' | 'headers' | 'signal'> & { readonly method: string };

async function sent(url: URL, agent: Agent, options: SendOptions): Promise<RawAnswer> {
  try {
    const { statusCode, headers, body } = await send(url, {
      ...options,
      method: options.method as Dispatcher.HttpMethod,
      dispatcher: agent,
    });
    const pairs = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((each): HeaderPair => [name, each]));
    return { status: statusCode, headers: pairs, body: new Uint8Array(await body.arrayBuffer()) };
  } catch (cause) {
    throw new AppError('SDK_NO_ANSWER', 'unknown-outcome', 'The gateway returned no complete response.', {
      fix: 'Ask again with the same Idempotency-Key; if it keeps failing, check the address and the certificate.',
      cause,
    });
  }
}

/** Verifies the response. Returns false for an error without a signature. */
function isVerified(options: SigningClientOptions, signed: SignedRequest, { status, headers, body }: RawAnswer): boolean {
  const isSigned = headers.some(([name]) => name.toLowerCase() === KQ1_HEADERS.signature.toLowerCase());
  const verified = isSigned || status < 400;
  if (verified) {
    const { platformKeys, key: secret, clock } = options;
    verifyAnswer({ request: signed, status, headers, body, platformKeys, secret, ...(clock === undefined ? {} : { clock }) });
  }
  return verified;
}

function encoded(body: unknown): { body?: Uint8Array | string; type?: string } {
  if (body === undefined) return {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { body };
  return { body: JSON.stringify(body), type: 'application/json' };
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
