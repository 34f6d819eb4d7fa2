/**
 * Calls hospital systems over HTTP/1.1. It has one connection pool per adapter, and limits size and time. Each
 * failure says whether the remote system could have handled the request. Redirects are never followed, so a call
 * never leaves the adapter's host.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { buildConnector, Client, Pool, type Dispatcher } from 'undici';
import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Effect, NodeContext } from '../../../engine/contract/node/node.ts';
import { guardConnector, outboundUrl, targetOfUrl, type OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import { atPeer, peerName } from '../at-peer.ts';
import { isWrite } from './check-status.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Percent-encoded path below the adapter's base URL, with its query. It starts with `/`, or is empty. */
  readonly path: string;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly effect: Effect;
}

export interface OutboundResponse {
  readonly status: number;
  /** Names are in lower case; the values of repeated headers are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body after decompression. */
  readonly body: Buffer;
}

/** The part of the node's context that a call needs. */
export type OutboundContext = Pick<
  NodeContext<unknown>,
  'adapter' | 'outbound' | 'signal' | 'clock' | 'idempotencyKey' | 'scope' | 'secret' | 'beforeFirstByte' | 'traceparent'
>;

/**
 * Returns the context of a call through another adapter. It names each field, because a spread copies none of the engine's
 * contexts: their fields are getters.
 */
export function withAdapter(ctx: OutboundContext, adapter: Adapter): OutboundContext {
  return {
    adapter,
    outbound: ctx.outbound,
    signal: ctx.signal,
    clock: ctx.clock,
    idempotencyKey: ctx.idempotencyKey,
    scope: ctx.scope,
    traceparent: ctx.traceparent,
    secret: (name) => ctx.secret(name),
    beforeFirstByte: () => ctx.beforeFirstByte(),
  };
}

export interface OutboundClient {
  /**
   * Resolves with a response of any status. Rejects with OUTBOUND_REFUSED (input), HTTP_CONNECT (transient: nothing
   * was sent), HTTP_NO_ANSWER (the request was sent, but no complete response came: unknown-outcome for writes,
   * transient for reads), or HTTP_TOO_LARGE or HTTP_ENCODING if the response cannot be read.
   */
  send(ctx: OutboundContext, request: OutboundRequest): Promise<OutboundResponse>;
}

/**
 * Creates a client for one prepared node. It holds one connection pool at a time. When the adapter's settings change,
 * the old pool finishes its calls and closes.
 */
export function createOutboundClient(): OutboundClient {
  let current: OpenPool | undefined;
  return {
    send(ctx, request) {
      if (ctx.adapter === undefined) throw new TypeError('an HTTP call needs an adapter');
      if (current?.adapter !== ctx.adapter) current = renewPool(current, ctx.adapter, ctx.outbound);
      const open = current;
      const headers = requestHeaders(ctx, request);
      const send = () => exchange(open, ctx, request, headers).catch((error: unknown) => Promise.reject(atPeer(error, open.peer)));
      return open.settings.auth === 'none' ? send() : authorise(headers, ctx, open.settings).then(send);
    },
  };
}

interface OpenPool {
  readonly adapter: Adapter;
  readonly key: string;
  readonly settings: HttpSettings;
  readonly pool: Pool;
  /** Opens a new connection, which closes when it is released. */
  connectOnce(): Client;
  readonly basePath: string;
  readonly peer: string;
}

function renewPool(current: OpenPool | undefined, adapter: Adapter, guard: OutboundGuard): OpenPool {
  const key = JSON.stringify([adapter.settings, adapter.limits]);
  if (current?.key === key) return { ...current, adapter };
  const settings = readSettings(adapter, HttpSettings);
  const url = outboundUrl(settings.baseUrl);
  void current?.pool.close();
  const options = {
    // Our own timer limits the whole call, because the timers of undici are too coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 60_000,
    connect: guardedConnector(settings, adapter.limits.connectTimeoutMs, guard),
  };
  const pool = new Pool(url.origin, { ...options, connections: adapter.limits.maxConcurrency });
  const connectOnce = () => new Client(url.origin, options);
  return { adapter, key, settings, pool, connectOnce, basePath: url.pathname.replace(/\/$/, ''), peer: peerName(targetOfUrl(url.href)) };
}

function guardedConnector(settings: HttpSettings, timeout: number, guard: OutboundGuard): buildConnector.connector {
  const { port } = targetOfUrl(settings.baseUrl);
  const connect = buildConnector({
    timeout,
    lookup: guard.lookup(port),
    ...(settings.tls?.ca === undefined ? {} : { ca: settings.tls.ca }),
    ...(settings.tls?.serverName === undefined ? {} : { servername: settings.tls.serverName }),
  });
  return guardConnector(guard, port, connect);
}

function requestHeaders(ctx: OutboundContext, request: OutboundRequest): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'gzip, deflate, br', ...request.headers };
  // W3C Trace Context: pass on the span of this attempt, otherwise the caller's span.
  const traceparent = ctx.traceparent ?? ctx.scope.message.headers.traceparent;
  if (traceparent !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent)) headers.traceparent = traceparent;
  if (request.effect !== 'read' && request.effect !== 'pure') headers['idempotency-key'] = ctx.idempotencyKey;
  return headers;
}

async function authorise(headers: Record<string, string>, ctx: OutboundContext, settings: HttpSettings): Promise<void> {
  if (settings.auth === 'basic') headers.authorization = `Basic ${Buffer.from(await ctx.secret()).toString('base64')}`;
  if (settings.auth === 'bearer') headers.authorization = `Bearer ${await ctx.secret()}`;
  if (settings.auth === 'header') headers[settings.authHeader.toLowerCase()] = await ctx.secret();
}

function exchange(
  open: OpenPool,
  ctx: OutboundContext,
  request: OutboundRequest,
  headers: Record<string, string>,
): Promise<OutboundResponse> {
  const { limits } = open.adapter;
  return new Promise((resolve, reject) => {
    const call = new Exchange(ctx, request, limits.maxResponseBytes, resolve, reject);
    const cancelTimer = ctx.clock.after(limits.timeoutMs, () => call.abort(new Error('time-out')));
    const onAbort = () => call.abort(new Error('cancelled'));
    const release = () => {
      cancelTimer();
      ctx.signal.removeEventListener('abort', onAbort);
    };
    call.onDone = release;
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    if (ctx.signal.aborted) return onAbort();
    const path = `${open.basePath}${request.path}` || '/';
    const options = { path, method: request.method, headers, body: request.body ?? null };
    const sendOnceMore = () => {
      const client = open.connectOnce();
      const releaseBoth = () => {
        release();
        void client.close();
      };
      call.onDone = releaseBoth;
      client.dispatch(options, call);
    };
    call.sendOnceMore = sendOnceMore;
    open.pool.dispatch(options, call);
  });
}

const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Handles one request in flight for undici's dispatcher. */
class Exchange implements Dispatcher.DispatchHandler {
  onDone: () => void = () => undefined;
  sendOnceMore: () => void = () => undefined;
  readonly #ctx: OutboundContext;
  readonly #request: OutboundRequest;
  readonly #limitBytes: number;
  readonly #resolve: (response: OutboundResponse | Promise<OutboundResponse>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #isSent = false;
  #isSettled = false;
  #isRepeated = false;
  #sizeBytes = 0;
  #status = 0;
  #headers: Record<string, string> = {};

  constructor(
    ctx: OutboundContext,
    request: OutboundRequest,
    limitBytes: number,
    resolve: (response: OutboundResponse | Promise<OutboundResponse>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#ctx = ctx;
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abort(cause: Error): void {
    this.#fail(failure(cause, this.#isSent, this.#request.effect), cause);
  }

  /** Called when the connection is open, just before the first byte is sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The call was given up while it waited for a connection, so it must no longer be sent.
    if (this.#isSettled) throw new Error('cancelled before it was sent');
    if (this.#request.effect !== 'read' && this.#request.effect !== 'pure') {
      try {
        this.#ctx.beforeFirstByte();
      } catch (error) {
        this.#settle(() => this.#reject(error));
        throw error;
      }
    }
    this.#isSent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.#headers = flatten(headers);
    if (Number(this.#headers['content-length'] ?? 0) > this.#limitBytes && this.#request.method !== 'HEAD') this.#refuseSize();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sizeBytes += chunk.byteLength;
    if (this.#sizeBytes > this.#limitBytes) return this.#refuseSize();
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks);
    const response = { status: this.#status, headers: this.#headers, body };
    this.#settle(() => this.#resolve(isCompressed(response) ? decompress(response, this.#limitBytes, this.#request) : response));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#mayRepeat(error)) {
      this.#isRepeated = true;
      return this.sendOnceMore();
    }
    this.#settle(() => this.#reject(failure(error, this.#isSent, this.#request.effect)));
  }

  /**
   * Returns whether the request may be sent a second time. The remote system may close a kept-alive connection just
   * as a request is sent. A request that changes nothing is then repeated (RFC 9112, section 9.3.1) over a new
   * connection, since other kept-alive ones may be closed as well.
   */
  #mayRepeat(error: Error): boolean {
    const isClosed = CLOSED.has((error as { code?: string }).code ?? '');
    return isClosed && this.#isSent && !this.#isRepeated && !this.#isSettled && this.#status === 0 && !isWrite(this.#request.effect);
  }

  #refuseSize(): void {
    const error = tooLarge(this.#limitBytes, this.#request.effect);
    this.#fail(error, error);
  }

  #fail(error: AppError, cause: Error): void {
    this.#settle(() => this.#reject(error));
    this.#controller?.abort(cause);
  }

  #settle(act: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.onDone();
    act();
  }
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Returns OUTBOUND_REFUSED unchanged, HTTP_CONNECT if nothing was sent, otherwise HTTP_NO_ANSWER. */
export function failure(cause: Error, isSent: boolean, effect: Effect): AppError {
  if (cause instanceof AppError) return cause;
  const reason = describe(cause);
  if (!isSent) {
    return new AppError('HTTP_CONNECT', 'transient', `The other side could not be reached (${reason}); nothing was sent.`, {
      values: { reason },
      cause,
      fix: 'Check the address of the adapter, the network, and that the other side is running.',
    });
  }
  const kind = isWrite(effect) ? 'unknown-outcome' : 'transient';
  const consequence = isWrite(effect) ? 'it is not known whether the other side carried it out' : 'nothing was changed there';
  return new AppError('HTTP_NO_ANSWER', kind, `The request was sent, but no complete response was received (${reason}); ${consequence}.`, {
    values: { reason },
    cause,
    fix: isWrite(effect)
      ? 'Ask the other side whether it was done before sending it again.'
      : 'Check whether the other side is overloaded.',
  });
}

/** Returns a code such as ECONNREFUSED or UND_ERR_SOCKET, but never text of the remote system. */
function describe(cause: Error): string {
  const code = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? code : cause.message === 'time-out' || cause.message === 'cancelled' ? cause.message : cause.name;
}

/**
 * Returns HTTP_TOO_LARGE. The outcome of a write is unknown, because the remote system handled the request but its
 * response cannot be read.
 */
function tooLarge(limitBytes: number, effect: Effect): AppError {
  return new AppError('HTTP_TOO_LARGE', isWrite(effect) ? 'unknown-outcome' : 'input', `The response is larger than ${limitBytes} bytes.`, {
    values: { limitBytes },
    fix: "Request less data, or raise the adapter's maxResponseBytes.",
  });
}

const decompressors: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

function isCompressed({ headers, body }: OutboundResponse): boolean {
  const encoding = encodingOf(headers);
  return encoding !== '' && encoding !== 'identity' && body.byteLength > 0;
}

function encodingOf(headers: OutboundResponse['headers']): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? '';
}

async function decompress(response: OutboundResponse, limitBytes: number, request: OutboundRequest): Promise<OutboundResponse> {
  const encoding = encodingOf(response.headers);
  const inflateBody = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined;
  try {
    if (inflateBody === undefined) throw new Error('unknown content-encoding');
    return { ...response, body: await inflateBody(response.body, { maxOutputLength: limitBytes }) };
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes, request.effect);
    throw new AppError('HTTP_ENCODING', isWrite(request.effect) ? 'unknown-outcome' : 'input', 'The response cannot be decompressed.', {
      cause,
      fix: 'Ask the other side to use the content-encoding that it declares.',
    });
  }
}
