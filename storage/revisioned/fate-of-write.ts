import { PAST_REVISIONS, type Row } from './revisioned-table.ts';

export type Fate = 'done' | 'not-done' | 'refused' | 'unknown';

/**
 * The result of a write that makes revision `mine` out of `base` (undefined: a new row), judged by the row as it is
 * stored now. `not-done`: not yet, but the sent write may still take effect. `refused`: another write replaced it,
 * for good.
 */
export function fateOf(row: Row | undefined, mine: number, base: number | undefined): Fate {
  if (!row) return base === undefined ? 'not-done' : 'unknown';
  if (row.rev === base) return 'not-done';
  const revisions = [row.rev, ...row.past];
  if (revisions.includes(mine)) return 'done';
  const isPastKnown = base === undefined ? row.past.length < PAST_REVISIONS : revisions.includes(base);
  return isPastKnown ? 'refused' : 'unknown';
}
