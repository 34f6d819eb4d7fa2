/**
 * The work queue on BullMQ. A signal says that a partition has new work. `ring` sends a signal: it adds the number of
 * the partition to one Redis set, and it adds one job with a fixed id that tells consumers to read the set. However
 * many signals are sent, at most one such job waits. So nothing grows while no consumer runs. A delayed signal is a
 * separate job; its id contains the partition and the time. Jobs contain only ids (decision 0017).
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
  /**
   * A connected client that only this queue uses. Its commands fail at once while Redis is unreachable. BullMQ
   * duplicates the client to make blocking calls (`storage/redis/connect-redis.ts`).
   */
  readonly client: Redis;
  /** Counts the commands of `client` and its duplicates. */
  readonly counters: { readonly operations: number };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Maximum length of BullMQ's event stream, which nothing reads. */
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
