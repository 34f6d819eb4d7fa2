/**
 * The doorbell on BullMQ. A ring adds a partition's number to one Redis set, and one job with a fixed id that says
 * "look into the set". However many partitions ring, and however often, at most one such job waits, and nothing grows
 * while no worker listens. A delayed ring is a job of its own, whose id names partition and time. Jobs carry only ids
 * (decision 0017).
 */
import type { Redis } from 'ioredis';
import { Queue, type JobsOptions } from 'bullmq';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Consumer, WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import { delayedJobId, BELL, QUEUE, RUNG } from './doorbell-keys.ts';
import { startConsumer } from './start-consumer.ts';

export interface BullmqWorkQueueOptions {
  /** Ready, and used by this queue alone. Fails fast; its duplicates block (`storage/redis/connect-redis.ts`). */
  readonly client: Redis;
  /** Counts commands of that client and its duplicates. */
  readonly counters: { readonly operations: number };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sends the rings of one process at most this often; rings in between are sent together. */
const FLUSH_EVERY_MS = 10;
const RETRY_MS = 500;
const COMPLAIN_EVERY_MS = 10_000;
/** Delayed rings kept until Redis is back; the reconciler finds what is due anyway. */
const MAX_KEPT_DELAYED = 10_000;
const JOB: JobsOptions = { removeOnComplete: true, removeOnFail: true };
/** BullMQ writes events about its jobs. Nothing reads them. */
const MAX_EVENTS = 100;

export async function openBullmqWorkQueue({ client, counters, clock, logger }: BullmqWorkQueueOptions): Promise<WorkQueue> {
  const queue = new Queue(QUEUE.name, {
    prefix: QUEUE.prefix,
    connection: client,
    defaultJobOptions: JOB,
    streams: { events: { maxLen: MAX_EVENTS } },
  });
  queue.on('error', () => undefined);
  await queue.waitUntilReady();

  const rung = new Set<number>();
  /** Job id -> due time. */
  const delayed = new Map<string, number>();
  const consumers = new Set<Consumer>();
  let flushing: Promise<void> | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  let cancelFlush: (() => void) | undefined;
  let complainedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  function schedule(): void {
    if (cancelFlush || flushing) return;
    const pauseMs = notBefore - clock.monotonic();
    if (pauseMs <= 0) return begin();
    cancelFlush = clock.after(pauseMs, begin);
  }

  function begin(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    notBefore = clock.monotonic() + FLUSH_EVERY_MS;
    flushing = flush().finally(() => {
      flushing = undefined;
      if (!isClosed && rung.size + delayed.size > 0) schedule();
    });
  }

  async function flush(): Promise<void> {
    const partitions = [...rung];
    const due = [...delayed];
    rung.clear();
    delayed.clear();
    try {
      await Promise.all([sendRung(partitions), sendDelayed(due)]);
    } catch (error) {
      // Keep them and send them when Redis is back: the callers have long continued.
      for (const partition of partitions) rung.add(partition);
      for (const [id, at] of due) keepDelayed(id, at);
      notBefore = clock.monotonic() + RETRY_MS;
      complain(error);
    }
  }

  /** The set first: a consumer of the job must find the partition there. */
  async function sendRung(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    await Promise.all([client.sadd(RUNG, ...partitions), queue.add('ring', {}, { jobId: BELL })]);
  }

  async function sendDelayed(due: readonly (readonly [string, number])[]): Promise<void> {
    if (due.length === 0) return;
    const now = clock.now();
    await queue.addBulk(due.map(([jobId, at]) => ({ name: 'ring', data: {}, opts: { ...JOB, jobId, delay: Math.max(0, at - now) } })));
  }

  function keepDelayed(id: string, at: number): void {
    if (delayed.size < MAX_KEPT_DELAYED) delayed.set(id, at);
    else complain(new Error('too many delayed rings wait'));
  }

  function complain(error: unknown): void {
    const now = clock.monotonic();
    if (now - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = now;
    logger.warn('work-queue.ring-waits', { reason: String(error) });
  }

  function ringNow(partition: number): void {
    rung.add(partition);
    schedule();
  }

  return {
    async ring(partition, { delayMs = 0 } = {}) {
      if (isClosed) return;
      if (delayMs <= 0) return ringNow(partition);
      const { id, at } = delayedJobId(partition, delayMs, clock.now());
      keepDelayed(id, at);
      schedule();
    },
    async consume(listener) {
      const consumer = startConsumer({ client, clock, logger, ringBack: ringNow }, listener);
      consumers.add(consumer);
      return {
        async stop() {
          consumers.delete(consumer);
          await consumer.stop();
        },
      };
    },
    counters,
    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      isClosed = true;
      cancelFlush?.();
      await flushing;
      // Once more for the last rings. If Redis is down they are lost, which the port allows.
      await flush();
      await queue.close();
      client.disconnect();
    },
  };
}
