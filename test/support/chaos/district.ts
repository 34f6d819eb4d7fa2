/** The district platform: takes admissions, applies each once by its idempotency key, and remembers in which order each patient's came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface District {
  readonly port: number;
  state(): DistrictState;
  /** Resolves as soon as a request begins, with the worker that sent it (the first part of its path): the answer takes a while from then. */
  nextSender(): Promise<string>;
  stop(): Promise<void>;
}

export interface DistrictState {
  /** Patient -> control ids as they were applied. */
  readonly byPatient: ReadonlyMap<string, readonly string[]>;
  readonly applied: number;
  /** Came again under a key that was applied already. */
  readonly repeated: number;
}

/** It takes a while for each, so that something is always under way when a sender dies. */
const WORK_MS = 100;

export async function startDistrict(): Promise<District> {
  const byPatient = new Map<string, string[]>();
  const keys = new Set<string>();
  let tellSender: (worker: string) => void = () => undefined;
  let repeated = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const notice = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { noticeId: string; patientId: string };
      apply(String(request.headers['idempotency-key']), notice);
      tellSender(request.url?.split('/')[1] ?? '');
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"taken":1}'), WORK_MS);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    state: () => ({ byPatient, applied: keys.size, repeated }),
    nextSender: () => new Promise((resolve) => (tellSender = resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function apply(key: string, { noticeId, patientId }: { noticeId: string; patientId: string }): void {
    if (keys.has(key)) {
      repeated += 1;
      return;
    }
    keys.add(key);
    const list = byPatient.get(patientId);
    if (list) list.push(noticeId);
    else byPatient.set(patientId, [noticeId]);
  }
}
