/**
 * Port: a doorbell. It only says "partition p has news"; it carries no work and guarantees no order. Losing all of it
 * loses nothing, because the reconciler walks the partitions. Conformance suite: `test/conformance/work-queue.ts`.
 */
export interface WorkQueue {
  /**
   * Rings coalesce: many rings for one partition before it is read count as one. Resolves at once and never rejects.
   * The ring is sent when possible, so that a missing doorbell neither fails nor delays a caller that stored
   * something.
   */
  ring(partition: number, options?: { readonly delayMs?: number }): Promise<void>;
  /**
   * Calls `listener` with all partitions that rang since its last call (never an empty list), one call at a time: the
   * next starts when the promise of the last has settled. A listener that throws is called again later.
   */
  consume(listener: (partitions: readonly number[]) => Promise<void>): Promise<Consumer>;
  /** Operations sent to the queue's server, counted in its driver; stays 0 if there is no server. */
  readonly counters: { readonly operations: number };
  close(): Promise<void>;
}

export interface Consumer {
  /** Resolves when the running call has ended; no further call starts. */
  stop(): Promise<void>;
}
