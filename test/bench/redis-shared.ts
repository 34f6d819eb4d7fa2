/**
 * Doorbell and shared state on Redis by themselves: from a ring in this process to the listener of another one, what a message costs in
 * commands to Redis, claims a second. Prints one JSON line a step. `node test/bench/redis-shared.ts`
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import { redisBackend } from '../../storage/redis/redis-backend.ts';
import { startRedis } from '../servers/redis.ts';

const PARTITIONS = 64;
const server = await startRedis();
const { workQueue, sharedState, close } = await redisBackend.open(server.address, { clock: wallClock(), logger: silentLogger });
const listener = fork(fileURLToPath(new URL('programs/ring-listener.ts', import.meta.url)), [server.address]);
await once(listener, 'message');

await latency(500);
for (const perSecond of [100, 1_000, 3_000]) await costOfMessages(perSecond, 5);
await fastest(200_000);
await claims(50_000);
listener.kill();
await close();
await server.stop();

/** One ring at a time, so that each is heard for itself. */
async function latency(count: number): Promise<void> {
  const times: number[] = [];
  for (let ring = 0; ring < count; ring++) {
    const heard = once(listener, 'message') as Promise<[{ readonly at: number }]>;
    const start = now();
    await workQueue.ring(ring % PARTITIONS);
    times.push((await heard)[0].at - start);
    // The listener has gone back to waiting.
    await pause(20);
  }
  times.sort((a, b) => a - b);
  print({ step: 'ring to heard, two processes', ms: { p50: round(times[count >> 1]!), p99: round(times[Math.floor(count * 0.99)]!) } });
}

/** As accepting processes ring under load, and a worker that reads for ten milliseconds after each call listens. */
async function costOfMessages(perSecond: number, seconds: number): Promise<void> {
  const [rung, heard] = [workQueue.counters.operations, await heardOperations()];
  let rings = 0;
  for (const start = now(); now() - start < seconds * 1000; await pause(1))
    for (const due = ((now() - start) * perSecond) / 1000; rings < due; rings++)
      void workQueue.ring(Math.floor(Math.random() * PARTITIONS));
  const operations = { ring: workQueue.counters.operations - rung, hear: (await heardOperations()) - heard };
  print({
    step: 'cost of a message',
    messagesPerSecond: Math.round(rings / seconds),
    commandsPerMessage: { ring: round(operations.ring / rings), hear: round(operations.hear / rings) },
  });
}

async function fastest(rings: number): Promise<void> {
  const start = now();
  for (let ring = 0; ring < rings; ring++) {
    await workQueue.ring(ring % PARTITIONS);
    if (ring % 1000 === 0) await pause(0);
  }
  print({ step: 'rings of one process', perSecond: Math.round((rings / (now() - start)) * 1000) });
}

async function claims(count: number): Promise<void> {
  const start = now();
  let next = 0;
  const claimer = async () => {
    for (let claim = next++; claim < count; claim = next++) await sharedState.claimOnce(`nonce:${claim}`, 660_000, `app${claim % 4}`);
  };
  await Promise.all(Array.from({ length: 200 }, claimer));
  const perSecond = Math.round((count / (now() - start)) * 1000);
  const memory = /used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))![1]!;
  print({ step: 'claims, 200 in flight', perSecond, redisBytesPerClaim: Math.round((Number(memory) - 1_500_000) / count) });
}

async function heardOperations(): Promise<number> {
  const answer = waitForCount(listener);
  listener.send('count');
  return answer;
}

function waitForCount(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    const onMessage = (message: { readonly operations?: number }) => {
      if (message.operations === undefined) return;
      child.off('message', onMessage);
      resolve(message.operations);
    };
    child.on('message', onMessage);
  });
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}
