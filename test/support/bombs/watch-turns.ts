/**
 * Loaded into the process under test (`--import`): tells, on the socket that the environment names, how long the longest turn of its event loop
 * was and what memory it holds. A turn is measured by what the thread computes, so that a busy machine makes none longer.
 */
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

export interface Turns {
  /** CPU time; a few milliseconds longer than the longest turn, because it includes the neighbouring turns. */
  readonly longestTurnMs: number;
  /** By the clock. */
  readonly longestDelayMs: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

const TICK_MS = 5;
const path = process.env['KQ_TEST_TURNS'];
if (isMainThread && path !== undefined) {
  // Processes that it starts, such as the example's hospitals, are not watched: they could not listen on the same socket, and would end.
  delete process.env['KQ_TEST_TURNS'];
  delete process.env['NODE_OPTIONS'];
  watch(path);
}

function watch(socketPath: string): void {
  let last = process.threadCpuUsage();
  let longestMs = 0;
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longestMs = Math.max(longestMs, (user + system) / 1000);
  }, TICK_MS).unref();
  const delay = monitorEventLoopDelay({ resolution: TICK_MS });
  delay.enable();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Answers once for each connection, and counts from then on.
  const server = createServer((socket) => {
    const longestTurnMs = longestMs;
    const longestDelayMs = Math.max(0, delay.max / 1e6 - TICK_MS);
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    const told: Turns = { longestTurnMs, longestDelayMs, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 };
    socket.on('error', () => undefined).end(JSON.stringify(told));
    setImmediate(() => {
      last = process.threadCpuUsage();
      longestMs = 0;
      delay.reset();
    });
  });
  server.listen(socketPath);
  server.unref();
}
