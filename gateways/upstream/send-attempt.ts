import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Answer, BodyBudget, Exchange } from '../contract.ts';
import { refuse } from '../errors.ts';
import { endWith, isUnread, pushGatewayHeaders } from '../listen/write-answer.ts';
import { hasNoBody } from '../shared/has-no-body.ts';
import { namedByConnection } from '../shared/visible-headers.ts';
import { causeOf } from './attempt-failure.ts';
import type { Instance } from './create-pools.ts';

/** How one attempt ended. `wasSent` means that bytes may have reached the service. */
export type AttemptResult =
  /** The response is in the exchange or was streamed. */
  | { readonly kind: 'answered' }
  /** The service failed within a response that was streamed. The exchange has the error; the caller was disconnected. */
  | { readonly kind: 'cut-off'; readonly cause: string }
  | { readonly kind: 'caller-left' }
  /** `full` means that there is no memory for the response. `cause` is a code for operators. */
  | { readonly kind: 'timeout' | 'exception' | 'busy' | 'full'; readonly wasSent: boolean; readonly cause: string };

/** The caller got nothing yet, so the call may be tried again, or gets an error. */
export type FailedAttempt = Exclude<AttemptResult, { kind: 'answered' | 'cut-off' | 'caller-left' }>;

/** Returns whether nothing is left to do after the attempt. */
export function isOver(result: AttemptResult): result is Exclude<AttemptResult, FailedAttempt> {
  return result.kind === 'answered' || result.kind === 'cut-off' || result.kind === 'caller-left';
}

export interface AttemptOptions {
  /**
   * Time limit in milliseconds until the head of the response has arrived. Its body may take until the exchange's
   * deadline.
   */
  readonly timeoutMs: number;
  /** The path with the query. */
  readonly path: string;
  readonly headers: string[];
  /**
   * Checks the head of the response before any of it is passed on. If it returns false, the caller does not get the
   * response, and the attempt ends with `busy`.
   */
  takesHead(status: number, raw: readonly Buffer[]): boolean;
  /** Returns whether a response header, by its lower-case name, is passed on to the caller. */
  passes(name: string): boolean;
}

export interface AttemptDeps {
  readonly clock: Clock;
  readonly bodies: BodyBudget;
  isClosing(): boolean;
}

const HIGHEST_STATUS = 599;
const SPOOL_LIMIT_BYTES = 10 * 1024 * 1024;
/** Maximum number of bytes of a streamed response that the access log may read. */
const CAPTURE_LIMIT_BYTES = 128 * 1024;
/** Hop-by-hop headers (RFC 9110, 7.6.1). The gateway sets its own. */
export const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/**
 * For these headers the first value counts, as in Node's own client. Other repeated headers are lists (RFC 9110, 5.3).
 */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'content-disposition',
  'content-location',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** Sends the request to one instance. Streams the response to the caller, or holds it if it must be signed. */
export function sendAttempt(exchange: Exchange, instance: Instance, options: AttemptOptions, deps: AttemptDeps): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const attempt = new Attempt(exchange, options, deps, resolve);
    exchange.onEnd(() => attempt.leave());
    instance.pool.dispatch(
      {
        method: exchange.method as 'GET',
        path: instance.prefix + options.path,
        headers: options.headers,
        body: exchange.isBodyStreamed
          ? exchange.request
          : exchange.body === undefined || exchange.body.byteLength === 0
            ? null
            : (exchange.body as Buffer),
      },
      attempt,
    );
  });
}

/**
 * One attempt as a handler of undici's dispatcher: `onConnect` (about to be sent), `onHeaders`, `onData` …,
 * `onComplete` or `onError`. These raw callbacks pass header bytes as received; the newer ones parse them into an
 * object first, which is not needed here.
 */
class Attempt {
  readonly #exchange: Exchange;
  readonly #options: AttemptOptions;
  readonly #deps: AttemptDeps;
  readonly #resolve: (result: AttemptResult) => void;
  #abort: ((error?: Error) => void) | undefined;
  #cancelTimer: () => void;
  #isSettled = false;
  #wasSent = false;
  #isStreaming = false;
  #hasHead = false;
  #hasEnded = false;
  #resume: () => void = () => undefined;
  #headAt = 0;
  /** How long the service waited for the caller to read, and since when it waits now. */
  #waitedMs = 0;
  #waitsSince: number | undefined;
  #expectedBytes = -1;
  #receivedBytes = 0;
  #spooledBytes = 0;
  #chunks: Buffer[] | undefined;
  #head: Omit<Answer, 'body'> | undefined;

  constructor(exchange: Exchange, options: AttemptOptions, deps: AttemptDeps, resolve: (result: AttemptResult) => void) {
    this.#exchange = exchange;
    this.#options = options;
    this.#deps = deps;
    this.#resolve = resolve;
    this.#cancelTimer = deps.clock.after(options.timeoutMs, () => this.#onTimer());
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#isSettled) return abort(gone());
    this.#abort = abort;
    this.#wasSent = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    if (status > HIGHEST_STATUS) {
      // This is not an HTTP status (RFC 9110, 15). Its meaning is undefined, and it cannot be signed.
      this.#fail('exception', 'status-invalid');
      return true;
    }
    if (!this.#options.takesHead(status, raw)) {
      this.#fail('busy', `http-${status}`);
      return true;
    }
    this.#hasHead = true;
    if (this.#exchange.handling.answerReaders.length > 0 || this.#isRedirect(status, raw)) this.#beginSpool(status, raw);
    else this.#beginStream(status, raw, resume);
    // Complete the response here: a 304 may state a length, and the connection would be closed because of the missing
    // body.
    if (hasNoBody(status)) this.onComplete();
    return true;
  }

  /** A redirect is held if policies see responses, because one of them may judge where it leads. */
  #isRedirect(status: number, raw: readonly Buffer[]): boolean {
    if (this.#exchange.after.length === 0) return false;
    return (status > 300 && status < 400 && status !== 304) || valueOf(raw, 'refresh') !== undefined;
  }

  onData(chunk: Buffer): boolean {
    if (this.#isSettled) return true;
    this.#receivedBytes += chunk.length;
    if (!this.#isStreaming) {
      this.#spool(chunk);
      return true;
    }
    this.#capture(chunk);
    const { response } = this.#exchange;
    // A small response is written at once, head and body together.
    if (this.#receivedBytes === this.#expectedBytes) {
      this.#hasEnded = true;
      if (this.#receivedBytes === chunk.length) endWith(response, chunk);
      else response.end(chunk);
      return true;
    }
    if (response.write(chunk)) return true;
    this.#waitsSince = this.#deps.clock.monotonic();
    response.once('drain', () => {
      this.#waitedMs = this.#waitedForCallerMs();
      this.#waitsSince = undefined;
      this.#resume();
    });
    return false;
  }

  onComplete(): void {
    if (this.#isSettled) return;
    if (this.#isStreaming) {
      this.#exchange.bytesOut = this.#receivedBytes;
      if (this.#exchange.isAnswerCaptured && this.#chunks !== undefined) this.#exchange.captured = Buffer.concat(this.#chunks);
      if (!this.#hasEnded) this.#exchange.response.end();
    } else if (this.#head !== undefined) this.#exchange.answer = { ...this.#head, body: Buffer.concat(this.#chunks!) };
    this.#chunks = undefined;
    this.#settle({ kind: 'answered' });
  }

  onError(error: Error & { readonly code?: string }): void {
    this.#fail(error.code === 'UND_ERR_BODY_TIMEOUT' ? 'timeout' : 'exception', causeOf(error));
  }

  /**
   * Called when the caller has left, or the response was sent. A paused attempt must not wait for a drain event that
   * never comes.
   */
  leave(): void {
    this.#giveBack();
    if (this.#isSettled) return;
    this.#settle({ kind: 'caller-left' });
    this.#abort?.(gone());
  }

  /** Called at a time limit. The head has `timeoutMs`; once it has arrived, the rest has until the deadline. */
  #onTimer(): void {
    const leftMs = this.#exchange.deadlineMs - this.#deps.clock.now();
    if (this.#hasHead && leftMs > 0) this.#cancelTimer = this.#deps.clock.after(leftMs, () => this.#onTimer());
    else this.#fail('timeout', this.#hasHead ? 'body-timeout' : this.#wasSent ? 'head-timeout' : 'connect-timeout');
  }

  #fail(kind: 'timeout' | 'exception' | 'busy' | 'full', cause: string): void {
    if (this.#isSettled) return;
    this.#giveBack();
    const { response } = this.#exchange;
    if (this.#isStreaming) {
      // Part of the response was sent, so only a closed connection tells the caller that the rest will not come.
      if (this.#isCallerSlow()) this.#settle({ kind: 'caller-left' });
      else {
        this.#exchange.error = refuse(kind === 'timeout' ? 'GW50401' : 'GW50201');
        this.#exchange.isCutOff = true;
        this.#settle({ kind: 'cut-off', cause });
      }
      response.destroy();
    } else this.#settle({ kind, wasSent: this.#wasSent, cause });
    this.#abort?.(gone());
  }

  /** Most of the time went by waiting for the caller to read. Otherwise slow callers could make a service look broken. */
  #isCallerSlow(): boolean {
    return this.#waitedForCallerMs() * 2 > this.#deps.clock.monotonic() - this.#headAt;
  }

  #waitedForCallerMs(): number {
    return this.#waitedMs + (this.#waitsSince === undefined ? 0 : this.#deps.clock.monotonic() - this.#waitsSince);
  }

  #settle(result: AttemptResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimer();
    this.#resolve(result);
  }

  #beginSpool(status: number, raw: Buffer[]): void {
    this.#chunks = [];
    const headers: Record<string, string> = {};
    const cookies: string[] = [];
    const passed = this.#passed(status, raw);
    for (let i = 0; i < passed.length; i += 2) {
      const lower = passed[i]!.toLowerCase();
      const value = passed[i + 1]!;
      if (lower === 'content-length' || lower === 'date' || lower === '__proto__') continue;
      if (lower === 'set-cookie') cookies.push(value);
      else if (headers[lower] === undefined) headers[lower] = value;
      else if (!SINGLE.has(lower)) headers[lower] += `, ${value}`;
    }
    this.#head = { status, headers, ...(cookies.length > 0 && { cookies }) };
  }

  #beginStream(status: number, raw: Buffer[], resume: () => void): void {
    const { response } = this.#exchange;
    if (this.#exchange.isAnswerCaptured) this.#chunks = [];
    const head = this.#passed(status, raw);
    this.#expectedBytes = Number(valueOf(raw, 'content-length') ?? -1);
    pushGatewayHeaders(head, this.#exchange, this.#deps.isClosing() || isUnread(this.#exchange));
    this.#isStreaming = true;
    this.#headAt = this.#deps.clock.monotonic();
    response.writeHead(status, head);
    this.#resume = resume;
  }

  /** Returns the headers to pass on, as received: name, value, name, value … */
  #passed(status: number, raw: readonly Buffer[]): string[] {
    const passed: string[] = [];
    const ending = namedByConnection(valueOf(raw, 'connection'));
    const isLengthOfNothing = hasNoBody(status);
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i]!.toString('latin1');
      const lower = name.toLowerCase();
      if (isLengthOfNothing && lower === 'content-length') continue;
      if (this.#options.passes(lower) && !ending.has(lower)) passed.push(name, raw[i + 1]!.toString('latin1'));
    }
    return passed;
  }

  #spool(chunk: Buffer): void {
    if (this.#receivedBytes > SPOOL_LIMIT_BYTES) return this.#fail('exception', 'body-too-large');
    if (!this.#deps.bodies.take(chunk.length)) return this.#fail('full', 'no-memory');
    this.#spooledBytes += chunk.length;
    this.#chunks!.push(chunk);
  }

  #giveBack(): void {
    this.#deps.bodies.give(this.#spooledBytes);
    this.#spooledBytes = 0;
    if (!this.#isStreaming) this.#chunks = undefined;
  }

  #capture(chunk: Buffer): void {
    if (this.#chunks === undefined) return;
    if (this.#receivedBytes > CAPTURE_LIMIT_BYTES) this.#chunks = undefined;
    else this.#chunks.push(chunk);
  }
}

function valueOf(raw: readonly Buffer[], wanted: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.length === wanted.length && raw[i]!.toString('latin1').toLowerCase() === wanted) return raw[i + 1]!.toString('latin1');
  return undefined;
}

function gone(): AppError {
  return new AppError('GW_CALL_ENDED', 'transient', 'The gateway ended the call.');
}
