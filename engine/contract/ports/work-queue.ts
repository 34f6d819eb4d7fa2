/**
 * Port: a doorbell. It says only "partition p has news"; it carries no work and promises no order. Losing all of it loses nothing,
 * because the reconciler walks the partitions. Conformance suite: `test/conformance/work-queue.ts`.
 */
export interface WorkQueue {
  /**
   * Rings coalesce: many rings for one partition before it is heard are one. Resolves at once and never rejects: a ring travels when
   * it can, so that whoever stored something is not refused, nor kept waiting, for want of a doorbell.
   */
  ring(partition: number, options?: { readonly delayMs?: number }): Promise<void>;
  /**
   * Calls `listener` with every partition that rang since its last call (never an empty list), one call at a time:
   * the next begins when the promise of the last has settled. A throwing listener is called again later.
   */
  consume(listener: (partitions: readonly number[]) => Promise<void>): Promise<Consumer>;
  /** What was sent to the queue's server, counted at its driver; stays 0 where there is none. */
  readonly counters: { readonly operations: number };
  close(): Promise<void>;
}

export interface Consumer {
  /** Resolves when the running call has ended; no further one begins. */
  stop(): Promise<void>;
}
