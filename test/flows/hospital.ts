/** A hospital's REST service: remembers what came, and answers as it was told. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrival {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: unknown;
}

export interface Hospital {
  readonly port: number;
  readonly arrivals: Arrival[];
  /** How the next request to `path` is answered: a status, or `cut` after it was taken. Afterwards 200 with what came. */
  next(path: string, ...answers: (number | 'cut')[]): void;
  stop(): Promise<void>;
}

export async function startHospital(): Promise<Hospital> {
  const arrivals: Arrival[] = [];
  const told = new Map<string, (number | 'cut')[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const path = request.url ?? '';
      const body: unknown = text === '' ? null : JSON.parse(text);
      const key = request.headers['idempotency-key'];
      arrivals.push({ path, key: key === undefined ? undefined : String(key), body });
      answer(response, told.get(path)?.shift() ?? 200, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    next: (path, ...answers) => void told.set(path, answers),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, how: number | 'cut', body: unknown): void {
  if (how === 'cut') return void response.socket?.resetAndDestroy();
  response.writeHead(how, { 'content-type': 'application/json' }).end(JSON.stringify({ taken: body }));
}
