/**
 * Finds out whether a write was done if its response was lost. A write contains the revision that it replaces and the
 * revision that it creates. So a write that is sent twice is done only once. The stored row shows that it was done,
 * because it contains the new revision.
 */
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';
import { LostAnswer, PAST_REVISIONS, type Row } from './revisioned-table.ts';
import { isStoreDown, storeDown } from './store-down.ts';

/** Maximum time for finding out whether a write was done. After it, the caller gets an error. */
const LOOK_FOR_MS = 10_000;
const LOOK_EVERY_MS = 250;

/**
 * Sends a write. If its response is lost, calls `look` to check whether it was done, and sends it again if `look`
 * returns undefined.
 */
export async function sendUntilCertain<R>(send: () => Promise<R>, look: () => Promise<R | undefined>, clock: Clock): Promise<R> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof LostAnswer)) throw error;
  }
  const endAt = clock.monotonic() + LOOK_FOR_MS;
  for (;;) {
    try {
      const known = await look();
      if (known !== undefined) return known;
      const answer = await send();
      if (answer === 'done' || answer === true) return answer;
      // The first write may have been done between the check and the second write.
      return (await look()) ?? answer;
    } catch (error) {
      if (error instanceof OverwrittenMeanwhile) throw outcomeUnknown(error);
      if (!(error instanceof LostAnswer) && !isStoreDown(error)) throw error;
      if (clock.monotonic() >= endAt) throw outcomeUnknown(error);
    }
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/**
 * Returns the result of a write that replaces revision `base` by revision `mine`. `base` is undefined for a new row.
 * The result follows from `row`, which is stored now. Returns undefined if the write must be sent again.
 */
export function answerSeen<R>(row: Row | undefined, mine: number, base: number | undefined, refusal: R): 'done' | R | undefined {
  const fate = fateOf(row, mine, base);
  if (fate === 'unknown') throw new OverwrittenMeanwhile();
  if (fate === 'not-done') return undefined;
  return fate === 'done' ? fate : refusal;
}

type Fate = 'done' | 'not-done' | 'refused' | 'unknown';

/**
 * Returns whether a write was done. `not-done`: it was not done, but the request may still arrive. `refused`: another
 * write came first, so this one can no longer be done.
 */
function fateOf(row: Row | undefined, mine: number, base: number | undefined): Fate {
  if (!row) return base === undefined ? 'not-done' : 'unknown';
  if (row.rev === base) return 'not-done';
  const revisions = [row.rev, ...row.past];
  if (revisions.includes(mine)) return 'done';
  const isPastKnown = base === undefined ? row.past.length < PAST_REVISIONS : revisions.includes(base);
  return isPastKnown ? 'refused' : 'unknown';
}

/**
 * Thrown if the row does not show whether the write was done, because other processes wrote it too often since then, or
 * removed it.
 */
class OverwrittenMeanwhile extends Error {
  override readonly name = 'OverwrittenMeanwhile';
}

/**
 * Returns a transient error. A retry is safe even if the write was done: unique keys and epochs prevent a double
 * effect.
 */
function outcomeUnknown(cause: unknown): AppError {
  return storeDown('the connection was lost, and it is not known whether the last write was done', cause);
}
