/**
 * What became of a write whose response was lost. A write names the revision it replaces and the one it makes: sent
 * twice it is done once, and can be recognised in the stored row.
 */
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';
import { LostAnswer, PAST_REVISIONS, type Row } from './revisioned-table.ts';
import { isStoreDown, storeDown } from './store-down.ts';

/** How long to check for a write whose response was lost before the caller gets an error. */
const LOOK_FOR_MS = 10_000;
const LOOK_EVERY_MS = 250;

/**
 * Sends a write. If its response is lost, checks by `look` whether it was done, and sends it again if that returns
 * undefined.
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
      // The first write may have taken effect between the check and the second one.
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
 * The answer to a write that makes revision `mine` out of `base` (undefined: a new row), judged by the row as it is
 * stored now. Undefined when it must be sent again.
 */
export function answerSeen<R>(row: Row | undefined, mine: number, base: number | undefined, refusal: R): 'done' | R | undefined {
  const fate = fateOf(row, mine, base);
  if (fate === 'unknown') throw new OverwrittenMeanwhile();
  if (fate === 'not-done') return undefined;
  return fate === 'done' ? fate : refusal;
}

type Fate = 'done' | 'not-done' | 'refused' | 'unknown';

/** `not-done`: not yet, but the sent write may still take effect. `refused`: another write replaced it, for good. */
function fateOf(row: Row | undefined, mine: number, base: number | undefined): Fate {
  if (!row) return base === undefined ? 'not-done' : 'unknown';
  if (row.rev === base) return 'not-done';
  const revisions = [row.rev, ...row.past];
  if (revisions.includes(mine)) return 'done';
  const isPastKnown = base === undefined ? row.past.length < PAST_REVISIONS : revisions.includes(base);
  return isPastKnown ? 'refused' : 'unknown';
}

/** Others wrote on top so often that the row no longer shows what became of our write; or removed it. */
class OverwrittenMeanwhile extends Error {
  override readonly name = 'OverwrittenMeanwhile';
}

/**
 * Transient all the same: every caller tolerates a write that was done although it was reported as failed, by unique
 * keys and epochs.
 */
function outcomeUnknown(cause: unknown): AppError {
  return storeDown('the connection broke, and whether the last write was done is not known', cause);
}
