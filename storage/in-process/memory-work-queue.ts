/**
 * The work queue within one process, for the embedded store (which has only one process) and for tests. It drops a
 * signal if too many delayed signals wait, or if `loses` returns true. The port allows this, because the reconciler
 * also reads the partitions without signals.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { silentLogger, type Logger } from '../../engine/contract/values/observe.ts';
import type { Consumer, WorkQueue } from '../../engine/contract/ports/work-queue.ts';

export interface MemoryWorkQueueOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Set by tests: returns true if a signal should be lost. */
  readonly loses?: (partition: number) => boolean;
}

const MAX_TIMERS = 100_000;
/** Delayed signals that are due within this interval share a timer. */
const GRAIN_MS = 10;
const RETRY_MS = 1000;

export function createMemoryWorkQueue(options: MemoryWorkQueueOptions): WorkQueue {
  const { clock, logger = silentLogger, loses = () => false } = options;
  const rung = new Set<number>();
  const timers = new Map<string, () => void>();
  const waiting: (() => void)[] = [];
  const consumers = new Set<Consumer>();
  let isClosed = false;

  function hear(partition: number) {
    rung.add(partition);
    waiting.shift()?.();
  }

  function ringLater(partition: number, delayMs: number) {
    const grain = Math.ceil((clock.monotonic() + delayMs) / GRAIN_MS);
    const key = `${partition}@${grain}`;
    if (timers.has(key)) return;
    if (timers.size >= MAX_TIMERS) return logger.warn('work-queue.ring-dropped', { partition, reason: 'too many delayed rings' });
    timers.set(
      key,
      clock.after(grain * GRAIN_MS - clock.monotonic(), () => {
        timers.delete(key);
        hear(partition);
      }),
    );
  }

  return {
    async ring(partition, { delayMs = 0 } = {}) {
      if (isClosed || loses(partition)) return;
      if (delayMs > 0) ringLater(partition, delayMs);
      else hear(partition);
    },
    async consume(listener) {
      const consumer = startConsumer({ clock, logger, rung, waiting }, listener);
      consumers.add(consumer);
      return {
        async stop() {
          consumers.delete(consumer);
          await consumer.stop();
        },
      };
    },
    counters: { operations: 0 },
    async close() {
      isClosed = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
    },
  };
}

interface Bell {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rung: Set<number>;
  /** Functions that wake idle consumers, the consumer that has been idle longest first. */
  readonly waiting: (() => void)[];
}

function startConsumer({ clock, logger, rung, waiting }: Bell, listener: (partitions: readonly number[]) => Promise<void>): Consumer {
  let isStopped = false;
  let wake = () => {};

  async function run() {
    while (!isStopped) {
      if (rung.size === 0) await idle((resolve) => void waiting.push(resolve));
      else await deliver();
    }
  }

  async function deliver() {
    const partitions = [...rung];
    rung.clear();
    try {
      await listener(partitions);
    } catch (error) {
      logger.error('work-queue.listener-failed', error);
      for (const partition of partitions) rung.add(partition);
      let cancel = () => {};
      await idle((resolve) => void (cancel = clock.after(RETRY_MS, resolve)));
      cancel();
    }
  }

  /** Waits until `arm` calls its callback, or until the consumer is stopped. */
  function idle(arm: (resolve: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      arm(resolve);
    });
  }

  const ended = run();
  return {
    async stop() {
      isStopped = true;
      const own = waiting.indexOf(wake);
      if (own >= 0) waiting.splice(own, 1);
      wake();
      await ended;
      // This consumer may have been woken just before it stopped, so wake another one.
      if (rung.size > 0) waiting.shift()?.();
    },
  };
}
