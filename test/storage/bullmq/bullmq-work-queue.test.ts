// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../conformance/eventually.ts';
import { RUNG } from '../../../storage/bullmq/doorbell-keys.ts';
import { workQueueConformance } from '../../conformance/work-queue.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import type { RedisServer } from '../../servers/redis.ts';
import { describeOnRedis, openRedis, wait } from '../redis/open-redis.ts';

const PARTITIONS = 64;
const HEAL_MS = 30_000;

describeOnRedis('the doorbell', (server) => {
  workQueueConformance('BullMQ', async () => {
    const { workQueue, close } = await openRedis(server());
    return { queue: workQueue, passTime: wait, close };
  });

  it('loses no ring between several that ring and several that listen', async (t) => {
    const [ringers, listeners] = [await openQueues(t, 3), await openQueues(t, 2)];
    const stored = new Array<number>(PARTITIONS).fill(0);
    const seen = new Array<number>(PARTITIONS).fill(0);
    for (const queue of listeners)
      await queue.consume(async (partitions) => {
        // As a worker lists what is stored, after it was called.
        await wait(Math.random() * 5);
        for (const partition of partitions) seen[partition] = stored[partition]!;
      });
    for (let round = 0; round < 3_000; round++) {
      const partition = Math.floor(Math.random() * PARTITIONS);
      stored[partition]! += 1;
      await ringers[round % 3]!.ring(partition);
      if (round % 10 === 0) await wait(1);
    }
    await eventually(() => seen.every((count, partition) => count === stored[partition]), HEAL_MS);
  });

  it('is heard by one of two processes, and by the other one when the first is killed', async (t) => {
    const [queue] = await openQueues(t, 1);
    const [first, second] = await Promise.all([startListener(t, server()), startListener(t, server())]);
    const all = () => new Set([...first.heard, ...second.heard]);
    for (let partition = 0; partition < 32; partition++) await queue!.ring(partition);
    const state = async () => {
      const keys = await Promise.all([server().command('SMEMBERS', RUNG), server().command('HGETALL', 'kq:{doorbell}:bell')]);
      const listeners = [first, second].map(({ child, heard }) => `exit ${child.exitCode}, heard ${[...heard].join(',')}`);
      return [...listeners, ...keys].join(' | ').replaceAll('\r\n', ' ');
    };
    await eventually(() => all().size === 32).catch(async (error: unknown) => {
      throw new Error(`not all were heard: ${await state()}`, { cause: error });
    });
    // Killed again and again while it takes rings: also between taking a job and ending it.
    for (let round = 0; round < 5; round++) {
      const doomed = await startListener(t, server());
      const ringing = setInterval(() => void queue!.ring(Math.floor(Math.random() * 32)), 1);
      await wait(50);
      doomed.child.kill('SIGKILL');
      clearInterval(ringing);
    }
    // What it still hears while it dies, the other one need not hear.
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    second.heard.clear();
    for (let partition = 32; partition < 64; partition++) await queue!.ring(partition);
    await eventually(() => [...second.heard].filter((partition) => partition >= 32).length === 32, HEAL_MS);
  });

  it('hears what rang also while the job of the bell hangs', async (t) => {
    const [ringer, listener] = await openQueues(t, 2);
    const heard = new Set<number>();
    await listener!.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
    await ringer!.ring(1);
    await eventually(() => heard.has(1));
    // A job with this name exists and will never be taken, so BullMQ adds no other one.
    await eventually(async () => (await server().command('EXISTS', 'kq:{doorbell}:bell')).startsWith(':0'));
    await server().command('HSET', 'kq:{doorbell}:bell', 'name', 'ring');
    await ringer!.ring(2);
    await eventually(() => heard.has(2), HEAL_MS);
    await server().command('DEL', 'kq:{doorbell}:bell');
  });

  it('goes on hearing after FLUSHALL', async (t) => {
    const [ringer, listener] = await openQueues(t, 2);
    const heard = new Set<number>();
    await listener!.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
    for (let round = 0; round < 20; round++) {
      await ringer!.ring(63, { delayMs: 100_000 });
      await server().command('FLUSHALL');
      await ringer!.ring(round);
      await eventually(() => heard.has(round), HEAL_MS);
    }
  });

  for (const way of ['stop', 'kill'] as const)
    it(`refuses nobody after a ${way} of Redis, and rings when it is back what rang meanwhile`, async (t) => {
      const [ringer, listener] = await openQueues(t, 2);
      const heard = new Set<number>();
      await listener!.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
      await ringer!.ring(1);
      await eventually(() => heard.has(1));
      await server()[way]();
      const start = performance.now();
      await ringer!.ring(2);
      await ringer!.ring(3, { delayMs: 50 });
      assert.ok(performance.now() - start < 5_000, 'the caller does not wait for Redis, which is away until the restart below');
      await wait(1_500);
      await server().restart();
      await eventually(() => heard.has(2) && heard.has(3), HEAL_MS);
      await ringer!.ring(4);
      await eventually(() => heard.has(4), HEAL_MS);
    });

  it('hears again after its connections had swallowed everything, and stops while they do', async (t) => {
    const proxy = await startFaultProxy({ targetPort: server().port });
    t.after(() => proxy.stop());
    const shared = await openRedis(proxy);
    t.after(() => shared.close());
    const heard = new Set<number>();
    const consumer = await shared.workQueue.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
    await shared.workQueue.ring(1);
    await eventually(() => heard.has(1));
    proxy.swallow();
    await shared.workQueue.ring(2);
    await wait(2_500);
    proxy.heal();
    await eventually(() => heard.has(2), HEAL_MS);
    proxy.swallow();
    await consumer.stop();
    proxy.heal();
  });

  it('sends together what rings together, and leaves nothing in Redis after 100,000 rings, heard or not', async (t) => {
    await server().command('FLUSHALL');
    const [ringer] = await openQueues(t, 1);
    const ringMany = async (delayMs?: number) => {
      for (let ring = 0; ring < 100_000; ring++) {
        void ringer!.ring(ring % PARTITIONS, delayMs === undefined ? {} : { delayMs });
        if (ring % 500 === 0) await wait(1);
      }
      await wait(50);
    };
    await ringer!.ring(0);
    await wait(100);
    const before = await usedBytes(server());
    const sent = ringer!.counters.operations;
    await ringMany();
    const grown = (await usedBytes(server())) - before;
    assert.ok(grown < 1_000_000, `grew by ${grown} bytes while nobody listened`);
    assert.ok(ringer!.counters.operations - sent < 10_000, `${ringer!.counters.operations - sent} operations for 100,000 rings`);
    const [listener] = await openQueues(t, 1);
    const heard = new Set<number>();
    await listener!.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
    await ringMany();
    await ringMany(300);
    // Seven keys, whatever rang: counters of BullMQ and its last events.
    const keysLeft = async () => Number((await server().command('DBSIZE')).slice(1));
    await eventually(async () => heard.size === PARTITIONS && (await keysLeft()) <= 7, 20_000);
    const left = (await usedBytes(server())) - before;
    assert.ok(left < 1_000_000, `${left} bytes more than before`);
  });

  async function openQueues(t: TestContext, count: number) {
    const opened = await Promise.all(Array.from({ length: count }, () => openRedis(server())));
    t.after(() => Promise.all(opened.map((shared) => shared.close())));
    return opened.map(({ workQueue }) => workQueue);
  }
});

interface Listener {
  readonly child: ChildProcess;
  readonly heard: Set<number>;
}

async function startListener(t: TestContext, { port }: RedisServer): Promise<Listener> {
  const program = fileURLToPath(new URL('listen-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const heard = new Set<number>();
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the listener ended before it was ready')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'READY') resolve();
      else for (const partition of line.split(',')) heard.add(Number(partition));
    });
  });
  return { child, heard };
}

async function usedBytes(server: RedisServer): Promise<number> {
  return Number(/used_memory_dataset:(\d+)/.exec(await server.command('INFO', 'memory'))![1]);
}
