/** Names in Redis. The braces make one slot of all of them on a cluster. */
export const QUEUE = { name: '{doorbell}', prefix: 'kq' } as const;
/** Partitions that rang. */
export const RUNG = 'kq:{doorbell}-rung';
/** The id of the one job that says so. */
export const BELL = 'bell';

const FINEST_GRAIN_MS = 50;
/** A delayed ring may come late by this part of its delay: so few distinct ones exist that they cannot fill Redis. */
const PRECISION = 1 / 64;

/**
 * One id for all rings of a partition that are due within one grain, at whose end they ring. Grains are powers of two, so that those of one
 * size are the same for every process.
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
