import type { Metrics } from '../contract/values/observe.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';

/** Wraps a queue and counts its operations. */
export function countedQueue(queue: WorkQueue, metrics: Metrics): WorkQueue {
  let rings = 0;
  let calls = 0;
  metrics.total('queue_operations_total', () => rings, { operation: 'ring' });
  metrics.total('queue_operations_total', () => calls, { operation: 'hear' });
  metrics.total('queue_commands_total', () => queue.counters.operations);
  return {
    ring(partition, options) {
      rings += 1;
      return queue.ring(partition, options);
    },
    consume: (listener) =>
      queue.consume((partitions) => {
        calls += 1;
        return listener(partitions);
      }),
    counters: queue.counters,
    close: () => queue.close(),
  };
}
