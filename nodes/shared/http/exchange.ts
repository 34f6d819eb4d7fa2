/** One request and its response, limited in size and time. Each failure says whether the other system could have handled it. */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Effect, NodeContext } from '../../../engine/contract/node/node.ts';
import { isTimeOut } from '../is-time-out.ts';
import { isWrite } from './check-status.ts';
import { decompressBody, decompressStream, isCompressed, tooLarge } from './decompress.ts';
import { certificateRefusal } from './client-certificate.ts';

/** A body that is read while it is sent. `open` begins again, because a request may be sent a second time. */
export interface StreamedBody {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

/** Takes the body of a response while it arrives, in place of a body in memory. */
export interface Sink {
  /** Returns whether the body of a response with this status is wanted. */
  takes(status: number): boolean;
  /** The call is over when this settles. What it returns is `taken` of the response. */
  take(response: Pick<OutboundResponse, 'status' | 'headers'>, body: AsyncIterable<Buffer>): Promise<unknown>;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Percent-encoded path below the adapter's base URL, with its query. It starts with `/`, or is empty. */
  readonly path: string;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamedBody | undefined;
  readonly effect: Effect;
  readonly sink?: Sink | undefined;
}

export interface OutboundResponse {
  readonly status: number;
  /** Names are in lower case; the values of repeated headers are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body after decompression; empty if the sink has taken it. */
  readonly body: Buffer;
  readonly taken?: unknown;
}

export type ExchangeContext = Pick<NodeContext<unknown>, 'signal' | 'clock' | 'beforeFirstByte'>;

export interface Line {
  readonly dispatcher: Dispatcher;
  /** Opens a new connection, which closes when it is released. */
  connectOnce(): Dispatcher;
  readonly timeoutMs: number;
  readonly limitBytes: number;
}

/** Sends the request, whose `path` is the whole one here, and resolves with the response. Rejects as `OutboundClient.send`. */
export function exchange(line: Line, ctx: ExchangeContext, request: OutboundRequest): Promise<OutboundResponse> {
  return new Promise((resolve, reject) => {
    const call = new Exchange(ctx, request, line.limitBytes, resolve, reject);
    const cancelTimer = ctx.clock.after(line.timeoutMs, () => call.abort(new Error('time-out')));
    const onAbort = () => call.abort(new Error(isTimeOut(ctx.signal) ? 'time-out' : 'cancelled'));
    const release = () => {
      cancelTimer();
      ctx.signal.removeEventListener('abort', onAbort);
    };
    call.onDone = release;
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    if (ctx.signal.aborted) return onAbort();
    const options = () => ({ path: request.path, method: request.method, ...contentOf(request) });
    const sendOnceMore = () => {
      const client = line.connectOnce();
      const releaseBoth = () => {
        release();
        void client.close();
      };
      call.onDone = releaseBoth;
      client.dispatch(options(), call);
    };
    call.sendOnceMore = sendOnceMore;
    line.dispatcher.dispatch(options(), call);
  });
}

function contentOf({ headers, body }: OutboundRequest): Pick<Dispatcher.DispatchOptions, 'headers' | 'body'> {
  if (body === undefined || body instanceof Uint8Array) return { headers, body: body ?? null };
  return { headers: { ...headers, 'content-length': String(body.sizeBytes) }, body: Readable.from(body.open(), { objectMode: false }) };
}

const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Handles one request in flight for undici's dispatcher. */
class Exchange implements Dispatcher.DispatchHandler {
  onDone: () => void = () => undefined;
  sendOnceMore: () => void = () => undefined;
  readonly #ctx: ExchangeContext;
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
  /** The body of a response that the sink takes. */
  #stream: Readable | undefined;

  constructor(
    ctx: ExchangeContext,
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
    if (Number(this.#headers['content-length'] ?? 0) > this.#limitBytes && this.#request.method !== 'HEAD') return this.#refuseSize();
    if (this.#request.sink?.takes(status) === true) this.#pass(this.#request.sink);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sizeBytes += chunk.byteLength;
    if (this.#sizeBytes > this.#limitBytes) return this.#refuseSize();
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause();
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#stream !== undefined) return void this.#stream.push(null);
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks);
    const response = { status: this.#status, headers: this.#headers, body };
    this.#settle(() => this.#resolve(isCompressed(response) ? decompressBody(response, this.#limitBytes, this.#request.effect) : response));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#mayRepeat(error)) {
      this.#isRepeated = true;
      return this.sendOnceMore();
    }
    const refusal = this.#status === 0 ? certificateRefusal(error) : undefined;
    this.#settle(() => this.#reject(refusal ?? failure(error, this.#isSent, this.#request.effect)));
    this.#stream?.destroy(error);
  }

  /** Hands the body over to the sink as it arrives, no faster than the sink reads. */
  #pass(sink: Sink): void {
    const stream = new Readable({ read: () => this.#controller?.resume() });
    // The error of the connection may come when the sink no longer reads.
    stream.on('error', () => undefined);
    this.#stream = stream;
    const head = { status: this.#status, headers: this.#headers };
    const take = async () => sink.take(head, decompressStream(stream, head.headers, this.#limitBytes, this.#request.effect));
    take().then(
      (taken) => this.#settle(() => this.#resolve({ ...head, body: Buffer.alloc(0), taken })),
      (error: unknown) => {
        this.#settle(() => this.#reject(error));
        this.#controller?.abort(new Error('not taken'));
      },
    );
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
