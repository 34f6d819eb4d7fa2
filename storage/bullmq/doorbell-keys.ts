/** Names in Redis. The braces put all of them into one slot of a cluster. */
export const QUEUE = { name: '{doorbell}', prefix: 'kq' } as const;
/** Partitions that rang. */
export const RUNG = 'kq:{doorbell}-rung';
/** The id of the one job that announces them. */
export const BELL = 'bell';

const FINEST_GRAIN_MS = 50;
/** A delayed ring may be late by this share of its delay: so there are few distinct jobs, which cannot fill Redis. */
const PRECISION = 1 / 64;

/**
 * One id for all rings of a partition that are due within one grain; they ring at its end. Grain sizes are powers of
 * two, so that they are the same in every process.
 */
export function delayedJobId(partition: number, delayMs: number, now: number): { readonly id: string; readonly at: number } {
  const octave = Math.max(0, Math.floor(Math.log2((delayMs * PRECISION) / FINEST_GRAIN_MS)));
  const grainMs = FINEST_GRAIN_MS * 2 ** octave;
  const at = Math.ceil((now + delayMs) / grainMs) * grainMs;
  return { id: `p${partition}at${at}`, at };
}

/** The partition of a delayed ring; undefined for the bell. */
export function partitionOfJob(id: string | undefined): number | undefined {
  const match = /^p(\d+)at/.exec(id ?? '');
  return match ? Number(match[1]) : undefined;
}
