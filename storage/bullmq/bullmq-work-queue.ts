/**
 * The doorbell on BullMQ. A ring adds a partition's number to one Redis set, and one job with a fixed id that says
 * "look into the set". However many partitions ring, and however often, at most one such job waits, and nothing grows
 * while no worker listens. A delayed ring is a job of its own, whose id names partition and time. Jobs carry only ids
 * (decision 0017).
 */
import type { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Consumer, WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import { QUEUE } from './doorbell-keys.ts';
import { JOB, RingSender } from './send-rings.ts';
import { startConsumer } from './start-consumer.ts';

export interface BullmqWorkQueueOptions {
  /** Ready, and used by this queue alone. Fails fast; its duplicates block (`storage/redis/connect-redis.ts`). */
  readonly client: Redis;
  /** Counts commands of that client and its duplicates. */
  readonly counters: { readonly operations: number };
  readonly clock: Clock;
  readonly logger: Logger;
}

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

  const sender = new RingSender({ client, queue, clock, logger });
  const consumers = new Set<Consumer>();
  let isClosed = false;
  return {
    async ring(partition, { delayMs = 0 } = {}) {
      if (isClosed) return;
      if (delayMs <= 0) sender.ring(partition);
      else sender.ringLater(partition, delayMs);
    },
    async consume(listener) {
      const consumer = startConsumer({ client, clock, logger, ringBack: (partition) => sender.ring(partition) }, listener);
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
      await sender.close();
      await queue.close();
      client.disconnect();
    },
  };
}
