/** Names in Redis. The braces put all keys into one slot of a cluster. */
export const QUEUE = { name: '{doorbell}', prefix: 'kq' } as const;
/** The Redis set of partitions with new work, which consumers read. */
export const RUNG = 'kq:{doorbell}-rung';
/** The id of the one job that tells consumers to read the set. */
export const BELL = 'bell';

const FINEST_GRAIN_MS = 50;
/**
 * A delayed signal may be late by this fraction of its delay, or by 50 ms if that is more. Due times are rounded up,
 * which limits the number of distinct jobs, so that they cannot fill Redis.
 */
const PRECISION = 1 / 64;

/**
 * Returns the id of the job for a delayed signal. All signals of a partition that are due within one interval have the
 * same id, and are delivered at the end of the interval. The length of an interval is 50 ms times a power of two, so
 * that every process computes the same ids.
 */
export function delayedJobId(partition: number, delayMs: number, now: number): { readonly id: string; readonly at: number } {
  const octave = Math.max(0, Math.floor(Math.log2((delayMs * PRECISION) / FINEST_GRAIN_MS)));
  const grainMs = FINEST_GRAIN_MS * 2 ** octave;
  const at = Math.ceil((now + delayMs) / grainMs) * grainMs;
  return { id: `p${partition}at${at}`, at };
}

/** Returns the partition of a delayed signal; undefined for the job with the id `BELL`. */
export function partitionOfJob(id: string | undefined): number | undefined {
  const match = /^p(\d+)at/.exec(id ?? '');
  return match ? Number(match[1]) : undefined;
}
