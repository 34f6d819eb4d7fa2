/** A thread that does nothing wrong: calls each path over and over until a message stops it, then posts what it saw. */
import { parentPort, workerData } from 'node:worker_threads';
import { Agent, request } from 'undici';

export interface InnocentCalls {
  readonly origin: string;
  readonly paths: readonly string[];
  readonly token: string;
  readonly ca: string;
}

export interface Calls {
  /** Of each call, in milliseconds. */
  readonly tookMs: readonly number[];
  /** What was answered with anything but 200. */
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

const { origin, paths, token, ca } = workerData as InnocentCalls;
const agent = new Agent({ connect: { ca }, headersTimeout: 30_000, bodyTimeout: 30_000 });
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const body = JSON.stringify({ text: 'a' });
const tookMs: number[] = [];
const refused: Refusal[] = [];
let isOver = false;
parentPort!.once('message', () => (isOver = true));
await Promise.all(paths.map(keepCalling));
await agent.close();
parentPort!.postMessage({ tookMs, refused } satisfies Calls);

async function keepCalling(path: string): Promise<void> {
  while (!isOver) {
    const startedAt = performance.now();
    const answer = await request(`${origin}${path}`, { dispatcher: agent, method: 'POST', headers, body });
    const text = await answer.body.text();
    tookMs.push(performance.now() - startedAt);
    if (answer.statusCode !== 200) refused.push({ path, status: answer.statusCode, text });
  }
}
