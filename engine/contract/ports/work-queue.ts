/**
 * The port for signals that a partition has new work. A signal ("ring") carries no work and guarantees no order.
 * Losing all signals loses no work, because the reconciler reads the partitions too. Conformance suite:
 * `test/conformance/work-queue.ts`.
 */
export interface WorkQueue {
  /**
   * Signals that the partition has new work. Several signals for one partition count as one until a consumer has read
   * them. Resolves at once and never rejects; the signal is sent when possible. So an unreachable queue neither fails
   * nor delays a caller that has stored something.
   */
  ring(partition: number, options?: { readonly delayMs?: number }): Promise<void>;
  /**
   * Calls `listener` with all partitions signalled since the previous call (never an empty list). Calls do not
   * overlap: the next one starts when the promise of the previous one has settled. After a rejection, the listener is
   * called again later.
   */
  consume(listener: (partitions: readonly number[]) => Promise<void>): Promise<Consumer>;
  /** The number of operations sent to the queue's server; stays 0 if there is no server. */
  readonly counters: { readonly operations: number };
  close(): Promise<void>;
}

export interface Consumer {
  /** Starts no further call. Resolves when the running call has ended. */
  stop(): Promise<void>;
}
