/** The little that the city's HTTP programs have in common: a server on the loopback address, bodies with a limit, and switchable trouble. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Program<State> {
  /** Where it listens or, for a program that only calls, where it calls. */
  readonly address: string;
  /** What it has done so far, for people and tests to look at. */
  state(): State;
  stop(): Promise<void>;
}

export type Handle = (request: IncomingMessage, url: URL, body: Buffer) => Promise<Answer | undefined> | Answer | undefined;

export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Buffer;
}

/** Trouble to order by `POST /control`, for example `{"failNext":3}` or `{"silentNext":1}`. */
export interface Trouble {
  /** Every answer waits so long. */
  delayMs: number;
  /** So many requests are refused with 503 before anything is done. */
  failNext: number;
  /** So many requests are carried out, and never answered. */
  silentNext: number;
}

const MAX_BODY_BYTES = 1024 * 1024;

export async function serve<State>(port: number, state: () => State, handle: Handle): Promise<Program<State>> {
  const trouble: Trouble = { delayMs: 0, failNext: 0, silentNext: 0 };
  const server = createServer((request, response) => {
    void respond(request, response, trouble, state, handle).catch((error: unknown) => send(response, json(500, { error: String(error) })));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** A whole number from the command line, else the default. */
export function portArgument(fallback: number): number {
  const given = Number(process.argv[2]);
  return Number.isInteger(given) && given > 0 ? given : fallback;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  trouble: Trouble,
  state: () => unknown,
  handle: Handle,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://city');
  const body = await readBody(request);
  if (body === undefined) return send(response, json(413, { error: 'body too large' }));
  if (url.pathname === '/state') return send(response, json(200, state()));
  if (url.pathname === '/control') {
    Object.assign(trouble, JSON.parse(body.toString()));
    return send(response, json(200, trouble));
  }
  if (trouble.failNext > 0) {
    trouble.failNext--;
    return send(response, json(503, { error: 'out of order' }));
  }
  const answer = (await handle(request, url, body)) ?? json(404, { error: 'not found' });
  if (trouble.silentNext > 0) {
    trouble.silentNext--;
    return;
  }
  setTimeout(() => send(response, answer), trouble.delayMs).unref();
}

function send(response: ServerResponse, { status, type = 'text/plain; charset=utf-8', body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
