/** Serves liveness, readiness and metrics of a process to probes and collectors, never to callers. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { AppError } from '../contract/values/errors.ts';
import { LISTENER_CIPHERS } from '../contract/calls/tls-ciphers.ts';
import type { HealthReport } from './health.ts';

export interface StatusOptions {
  readonly host: string;
  /** The value 0 means any free port. */
  readonly port: number;
  /** If absent, the listener uses plain HTTP, which is allowed only on loopback. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Returns the report; undefined while the process is still starting. */
  readonly report: () => Promise<HealthReport> | undefined;
  readonly metricsText: () => Promise<string>;
  /**
   * The bearer token for reading metrics from another machine. If absent, metrics can be read from this machine only.
   */
  readonly metricsToken?: string;
}

export interface StatusListener {
  readonly address: string;
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const PATIENCE = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 };
const MOST_CONNECTIONS = 100;

/**
 * Starts the listener. `GET /healthz` responds as long as the event loop runs. `/readyz` returns 200 or 503 with the
 * state of each part. `/metrics` returns Prometheus text. Rejects with LISTEN_FAILED (input) if the address cannot be
 * used.
 */
export async function listenStatus(options: StatusOptions): Promise<StatusListener> {
  const { host, port, tls } = options;
  const answer = (request: IncomingMessage, response: ServerResponse) => void answerStatus(request, response, options);
  const server =
    tls === undefined
      ? createPlainServer(PATIENCE, answer)
      : createTlsServer({ ...PATIENCE, ...tls, minVersion: 'TLSv1.2', ciphers: LISTENER_CIPHERS }, answer);
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new AppError('LISTEN_FAILED', 'input', `Cannot listen on ${host}:${port} (${cause.code ?? 'error'}).`, {
          values: { host, port, reason: cause.code ?? 'error' },
          cause,
          fix: 'Choose a free port and an address of this machine.',
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    address: `${tls === undefined ? 'http' : 'https'}://${name}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerStatus(request: IncomingMessage, response: ServerResponse, options: StatusOptions): Promise<void> {
  if (request.method !== 'GET') return sendJson(response, 405, { status: 'method not allowed' });
  switch (request.url) {
    case '/healthz':
      return sendJson(response, 200, { status: 'up' });
    case '/readyz': {
      const report = (await options.report()) ?? { status: 'starting', checks: [] };
      return sendJson(response, report.status === 'up' ? 200 : 503, report);
    }
    case '/metrics':
      if (!mayReadMetrics(request, options.metricsToken)) return sendJson(response, 401, { status: 'unauthorized' });
      return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await options.metricsText());
    default:
      return sendJson(response, 404, { status: 'not found' });
  }
}

function mayReadMetrics({ socket, headers }: IncomingMessage, token: string | undefined): boolean {
  // A proxy on this machine adds a header with the client's address. A web page that uses a name for this machine sends
  // an `Origin` header. Such requests count as coming from elsewhere.
  const isStraight = headers['x-forwarded-for'] === undefined && headers.forwarded === undefined && headers.origin === undefined;
  if (isStraight && LOOPBACK.has(socket.remoteAddress ?? '')) return true;
  return token !== undefined && timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' });
  response.end(body);
}
