/** The district platform: takes admissions, applies each once by its idempotency key, and remembers in which order each patient's came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface District {
  readonly port: number;
  state(): DistrictState;
  /** Resolves with the next write. Its sender gets no answer from then on, to this write or another, until `release`. */
  holdNext(): Promise<HeldWrite>;
  stop(): Promise<void>;
}

export interface HeldWrite {
  /** The worker that sent it (the first part of its path). */
  readonly sender: string;
  /** Another worker has sent the same write: the sender was given up. */
  readonly isTakenOver: boolean;
  release(): void;
}

export interface DistrictState {
  /** Patient -> control ids as they were applied. */
  readonly byPatient: ReadonlyMap<string, readonly string[]>;
  readonly applied: number;
  /** Came again under a key that was applied already. */
  readonly repeated: number;
}

interface Held extends HeldWrite {
  readonly key: string;
  isTakenOver: boolean;
  readonly answers: (() => void)[];
}

/** It takes a while for each, so that something is always under way when a sender dies. */
const WORK_MS = 100;

export async function startDistrict(): Promise<District> {
  const byPatient = new Map<string, string[]>();
  const keys = new Set<string>();
  let awaitsHeld: ((write: HeldWrite) => void) | undefined;
  let held: Held | undefined;
  let repeated = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const notice = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { noticeId: string; patientId: string };
      const key = String(request.headers['idempotency-key']);
      const sender = request.url?.split('/')[1] ?? '';
      apply(key, notice);
      noteHeld(key, sender);
      const answer = () => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"taken":1}');
      setTimeout(() => (held?.sender === sender ? held.answers.push(answer) : answer()), WORK_MS);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    state: () => ({ byPatient, applied: keys.size, repeated }),
    holdNext: () => new Promise((resolve) => (awaitsHeld = resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function noteHeld(key: string, sender: string): void {
    if (held?.key === key && held.sender !== sender) held.isTakenOver = true;
    if (awaitsHeld === undefined || held !== undefined) return;
    const write: Held = { key, sender, isTakenOver: false, answers: [], release };
    held = write;
    awaitsHeld(write);
    awaitsHeld = undefined;
  }

  function release(): void {
    const answers = held?.answers ?? [];
    held = undefined;
    for (const answer of answers) answer();
  }

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
