import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { type Clock, sleep } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { countPerAddress } from '../../engine/contract/calls/count-per-address.ts';
import type { Metrics } from '../../engine/contract/values/observe.ts';
import { LISTENER_CIPHERS } from '../../engine/contract/calls/tls-ciphers.ts';
import type { GatewayError } from '../contract.ts';
import type { GatewayLimits, GatewaySettings } from '../settings.ts';
import { refuse, type GatewayErrorCode } from '../errors.ts';
import { USUAL_RATE } from '../shared/create-rate-buckets.ts';
import { createTraceId } from '../shared/trace-ids.ts';
import { createPipeliningBound, MOST_WAITING, type PipeliningBound } from './bound-pipelining.ts';

export const DEFAULT_LIMITS: GatewayLimits = {
  maxConnections: 10_000,
  maxConnectionsPerIp: 1000,
  maxRequestsPerIp: USUAL_RATE,
  maxRequestsPerApp: USUAL_RATE,
  maxRequestsPerConnection: 100_000,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 30_000,
  drainMs: 4000,
  bodyBudgetBytes: 256 * 1024 * 1024,
  cacheBytes: 64 * 1024 * 1024,
  // A gateway in the DMZ opens 512 connections (`open-inside.ts`). As many writes may still run after their callers
  // have left. So one node may have twice that number of calls in flight.
  maxForwardedCalls: 4096,
  maxForwardedCallsPerNode: 1024,
};

export const HEADER_LIMIT_BYTES = 16 * 1024;
/**
 * How long idle connections stay open after listening has ended, because a request may already be on its way (RFC 9112,
 * 9.5). Such a request gets a response with `Connection: close`. Without open connections there is no wait.
 */
const IDLE_GRACE_MS = 1500;

export interface ListenOptions {
  readonly settings: GatewaySettings;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly requestsClientCertificate: boolean;
  /** The default is `HEADER_LIMIT_BYTES`. */
  readonly headerLimitBytes?: number;
  /**
   * Returns how many requests of the connection may already wait when this one arrives. The default is `MOST_WAITING`.
   */
  readonly mostWaiting?: (request: IncomingMessage) => number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called after unreadable input was refused before it became a request, with the details of the response. */
  readonly onUnreadable: (refused: Unreadable) => void;
  /** Called when the time for draining is over, so that everything still in flight gets an error. */
  readonly onDrainOver: () => void;
}

export interface Unreadable {
  readonly refusal: GatewayError;
  readonly traceId: string;
  readonly ip: string;
  /** The parser's code, such as HPE_INVALID_METHOD. */
  readonly reason: string;
}

export interface Listener {
  /** `https://127.0.0.1:8443` */
  readonly address: string;
  readonly port: number;
  isDraining(): boolean;
  /** Uses another certificate for new connections. Throws if it cannot be used. */
  renewTls(tls: NonNullable<GatewaySettings['tls']>): void;
  connections(): number;
  /** Stops listening, waits up to `drainMs` for requests in flight, then ends the rest. */
  stop(): Promise<void>;
}

/**
 * Opens the socket of a front: TLS 1.2/1.3, strict HTTP/1.1, with limits on headers, time and connections. Rejects with
 * LISTEN_PLAIN_REFUSED (input) for plain HTTP on an address other than loopback, and with LISTEN_FAILED (input) if the
 * address cannot be used. docs/decisions/0002 explains why it uses node:http.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, tls } = options.settings;
  if (tls === undefined && !isLoopback(host)) {
    throw new AppError('LISTEN_PLAIN_REFUSED', 'input', `A gateway on ${host} must speak TLS: plain HTTP is for loopback only.`, {
      fix: 'Configure a key and a certificate, or bind to 127.0.0.1.',
      values: { host },
    });
  }
  const listener = new HttpListener(options);
  await listener.open();
  return listener;
}

class HttpListener implements Listener {
  readonly #options: ListenOptions;
  readonly #server: Server;
  readonly #pipelining: PipeliningBound;
  /** Connections that are being closed because of a request of another version. */
  readonly #faulty = new WeakSet<Socket>();
  #hasFaulty = false;
  #isDraining = false;
  #inFlight = 0;
  #port = 0;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#server = createServer(options);
    this.#pipelining = createPipeliningBound(options.mostWaiting ?? (() => MOST_WAITING));
    boundConnections(this.#server, options.limits, options.metrics);
    this.#server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Socket) => {
      const refusal = refusalOf(code);
      if (refusal === undefined) socket.destroy();
      else this.#answerOnSocket(refusal, code, socket);
    });
    this.#server.on('connect', ({ method = '' }: IncomingMessage, socket: Socket) =>
      this.#answerOnSocket(refuse('GW40501'), method, socket),
    );
    const accept = (request: IncomingMessage, response: ServerResponse) => this.#accept(request, response);
    this.#server.on('request', accept);
    // With `Expect: 100-continue`, only the stage that reads the body asks the client for it, after the cheap checks.
    this.#server.on('checkContinue', accept);
    // The policy `header-filter` refuses any other expectation.
    this.#server.on('checkExpectation', accept);
  }

  get address(): string {
    const { host, tls } = this.#options.settings;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  isDraining(): boolean {
    return this.#isDraining;
  }

  renewTls(tls: NonNullable<GatewaySettings['tls']>): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(secureContext(tls));
  }

  /**
   * Returns the number of open connections. `getConnections` of node:net reports the same number, but later, in a
   * callback.
   */
  connections(): number {
    return (this.#server as Server & { readonly _connections: number })._connections;
  }

  /** Starts listening. Rejects with LISTEN_FAILED (input) if the address cannot be used. */
  async open(): Promise<void> {
    const { host, port } = this.#options.settings;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new AppError('LISTEN_FAILED', 'input', `Cannot listen on ${host}:${port} (${cause.code ?? 'error'}).`, {
            values: { host, port, reason: cause.code ?? 'error' },
            cause,
            fix: 'Choose a free port and an address of this machine.',
          }),
        ),
      );
      this.#server.listen({ port, host, reusePort: this.#options.settings.sharesPort === true }, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const server = this.#server;
    const { clock, limits, onDrainOver } = this.#options;
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const until = clock.monotonic() + limits.drainMs;
    const graceUntil = clock.monotonic() + Math.min(IDLE_GRACE_MS, limits.drainMs);
    while (this.connections() > 0 && clock.monotonic() < graceUntil) await sleep(clock, 20);
    await readArrived();
    server.closeIdleConnections();
    while (this.#inFlight > 0 && clock.monotonic() < until) await sleep(clock, 20);
    if (this.#inFlight > 0) {
      onDrainOver();
      await sleep(clock, 50);
    }
    server.closeAllConnections();
    server.close(() => undefined);
    await closed;
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#pipelining.admits(request, response)) return;
    if (this.#hasFaulty && this.#faulty.has(request.socket)) return;
    if (request.httpVersion !== '1.1') return this.#refuseVersion(request);
    this.#inFlight++;
    response.on('close', () => this.#inFlight--);
    this.#options.onRequest(request, response);
  }

  /**
   * HTTP/1.0 frames messages differently (RFC 9112, 6.1), so what follows on the connection is not read as a request.
   */
  #refuseVersion({ socket, httpVersion }: IncomingMessage): void {
    this.#hasFaulty = true;
    this.#faulty.add(socket);
    this.#answerOnSocket(refuse('GW50501'), `HTTP ${httpVersion}`, socket);
  }

  #answerOnSocket(refusal: GatewayError, reason: string, socket: Socket): void {
    answerOnSocket(refusal, reason, socket, this.#pipelining.hasWaiting(socket), this.#options);
  }
}

/**
 * Waits until received data was read. The event loop reads received data before it runs immediates, so afterwards a
 * connection with data is no longer idle.
 */
function readArrived(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createServer(options: ListenOptions): Server {
  const { settings, limits } = options;
  const http = {
    maxHeaderSize: options.headerLimitBytes ?? HEADER_LIMIT_BYTES,
    headersTimeout: limits.headerTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutMs),
    insecureHTTPParser: false,
    // The Host header is checked in `runExchange`, where our own error can be returned.
    requireHostHeader: false,
    noDelay: true,
  };
  const { tls } = settings;
  const server =
    tls === undefined
      ? createPlainServer(http)
      : createTlsServer({
          ...http,
          ...secureContext(tls),
          handshakeTimeout: limits.headerTimeoutMs,
          requestCert: options.requestsClientCertificate,
          // The policy bus-consumer pins certificates by fingerprint; with `ca` it also requires the chain.
          rejectUnauthorized: false,
        });
  server.maxRequestsPerSocket = limits.maxRequestsPerConnection;
  // The bytes of the headers are limited instead. With a limit on their number, a request accepted in the DMZ could
  // exceed it inside, because one header is added there.
  server.maxHeadersCount = 0;
  return server;
}

function secureContext({ key, cert, ca }: NonNullable<GatewaySettings['tls']>) {
  return { key, cert, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' as const, ciphers: LISTENER_CIPHERS };
}

function boundConnections(server: Server, limits: GatewayLimits, metrics: Metrics): void {
  server.maxConnections = limits.maxConnections;
  server.on('drop', () => metrics.count('gateway_connections_refused_total', { reason: 'all' }));
  const perIp = countPerAddress(limits.maxConnectionsPerIp);
  server.on('connection', (socket: Socket) => {
    const ip = socket.remoteAddress ?? '';
    if (perIp.enter(ip)) return void socket.once('close', () => perIp.leave(ip));
    metrics.count('gateway_connections_refused_total', { reason: 'ip' });
    socket.destroy();
  });
}

/**
 * Returns the error to send. Returns undefined if the connection is broken, or never used HTTP, so that no client would
 * read a response.
 */
function refusalOf(code: string): GatewayError | undefined {
  const known = CLIENT_ERRORS[code];
  if (known !== undefined) return refuse(known);
  return code.startsWith('HPE_') ? refuse('GW40001') : undefined;
}

const CLIENT_ERRORS: Readonly<Record<string, GatewayErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW43101',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW40801',
};

/**
 * Responds to input that the parser rejects, and to CONNECT. Such input never becomes an exchange. The response has the
 * usual form of errors, in both languages, because the wanted language is unknown. Then the connection closes. Nothing
 * is written while another response is being sent or waiting requests have no response, because the client would take
 * it for one of those responses.
 */
function answerOnSocket(
  refusal: GatewayError,
  reason: string,
  socket: Socket,
  hasWaiting: boolean,
  { clock, onUnreadable }: Pick<ListenOptions, 'clock' | 'onUnreadable'>,
): void {
  const answer = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
  // An ended response is already being sent, before what is written now.
  const isAnswering = answer?.headersSent === true && !answer.writableEnded;
  if (!socket.writable || isAnswering || hasWaiting) {
    socket.destroy();
    return;
  }
  const traceId = createTraceId();
  const { code, status, text } = refusal;
  const body = JSON.stringify({ code, message: `${text!['zh-CN']} / ${text!.en}`, traceId, serverTime: clock.now() });
  onUnreadable({ refusal, traceId, reason, ip: socket.remoteAddress ?? '' });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json; charset=utf-8\r\nX-KQ-Trace: ${traceId}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
