/**
 * One listener of the doorbell: takes a ring job, ends it, reads which partitions rang, and only then calls the
 * listener.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Worker } from 'bullmq';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Consumer } from '../../engine/contract/ports/work-queue.ts';
import { partitionOfJob, QUEUE, RUNG } from './doorbell-keys.ts';

export interface Bell {
  /** Its duplicates block, and continue after a reconnect. */
  readonly client: Redis;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rings again for a partition that was heard and not passed to the listener, so that another consumer takes it. */
  ringBack(partition: number): void;
}

/** Lock of a job: long enough to end it, and short if its process was killed in between. */
const LOCK_MS = 2_000;
const STALLED_EVERY_MS = 2_000;
/**
 * An idle consumer waits this long for a job, and then reads the set anyway: a job can hang, or its wake-up get lost.
 */
const WAIT_SECONDS = 3;
const RETRY_MS = 300;
const LISTENER_RETRY_MS = 1_000;
const COMPLAIN_EVERY_MS = 10_000;
const MOST_AT_ONCE = 256;

/** BullMQ waits up to 10 s while a delayed job exists, whatever its `drainDelay`. */
class BellWorker extends Worker {
  override get maximumBlockTimeout(): number {
    return WAIT_SECONDS;
  }
}

/**
 * The order matters. A ring adds no job while one exists, so the job must be gone before the set is read, and the set
 * must be read before the partitions are. Then this call sees whatever was stored before its ring, or the next job
 * announces it.
 */
export function startConsumer(bell: Bell, listener: (partitions: readonly number[]) => Promise<void>): Consumer {
  const { client, clock, logger } = bell;
  const heard = new Set<number>();
  let worker: Worker | undefined;
  /**
   * The bell job may have ended without a read of the set. Also true at the start, for the rings of a consumer that
   * died.
   */
  let owesLook = true;
  let isStopped = false;
  let wake = () => {};
  let complainedAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    while (!isStopped) {
      try {
        await hear();
      } catch (error) {
        complain(error);
        await closeWorker();
        owesLook = true;
        await pause(RETRY_MS);
      }
      if (heard.size > 0 && !isStopped) await deliver();
    }
    for (const partition of heard) bell.ringBack(partition);
    await closeWorker();
  }

  async function hear(): Promise<void> {
    worker ??= await openWorker();
    const isIdle = heard.size === 0 && !owesLook;
    let isDone = await takeJob(worker, isIdle);
    owesLook ||= isIdle;
    // Delayed rings that are due together become one call.
    while (!isDone) isDone = await takeJob(worker, false);
    if (!owesLook) return;
    for (const partition of await client.spop(RUNG, MOST_AT_ONCE)) heard.add(Number(partition));
    owesLook = false;
  }

  /** Returns true when there is no point in looking for another job. */
  async function takeJob(from: Worker, block: boolean): Promise<boolean> {
    // BullMQ identifies the holder of a job's lock by it, so it must be unique.
    const token = randomUUID();
    const job = await from.getNextJob(token, { block });
    if (!job) return true;
    const partition = partitionOfJob(job.id);
    if (partition === undefined) owesLook = true;
    else heard.add(partition);
    await job.moveToCompleted(null, token, false);
    return partition === undefined || heard.size >= MOST_AT_ONCE;
  }

  async function deliver(): Promise<void> {
    const partitions = [...heard];
    heard.clear();
    try {
      await listener(partitions);
    } catch (error) {
      logger.error('work-queue.listener-failed', error);
      for (const partition of partitions) heard.add(partition);
      await pause(LISTENER_RETRY_MS);
    }
  }

  async function openWorker(): Promise<Worker> {
    const fresh = new BellWorker(QUEUE.name, null, {
      prefix: QUEUE.prefix,
      connection: client,
      autorun: false,
      drainDelay: WAIT_SECONDS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      // A ring must never be given up: its job would block all further ones.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    fresh.on('error', complain);
    worker = fresh;
    await fresh.waitUntilReady();
    await fresh.startStalledCheckTimer();
    return fresh;
  }

  async function closeWorker(): Promise<void> {
    const old = worker;
    worker = undefined;
    await old?.close(true).catch(() => undefined);
  }

  /** Ends early at `stop`. */
  async function pause(ms: number): Promise<void> {
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      cancel = clock.after(ms, resolve);
      if (isStopped) resolve();
    });
    cancel();
  }

  function complain(error: unknown): void {
    const now = clock.monotonic();
    if (isStopped || now - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = now;
    logger.warn('work-queue.deaf', { reason: String(error) });
  }

  const ended = run();
  return {
    async stop() {
      isStopped = true;
      wake();
      // Ends a wait for the bell on any connection.
      await worker?.close(true).catch(() => undefined);
      await ended;
    },
  };
}
