import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';

/** Counts the distinct objects that each caller names within a window. */
export interface EnumerationGuard {
  /**
   * Adds the ids to those of the caller. Returns whether there are now more than `limit` in the window: `crossed` for
   * the request with which the caller went above it, `above` for later ones.
   */
  add(caller: string, ids: readonly string[], limit: number, windowMs: number): 'within' | 'crossed' | 'above';
  /** Returns the number of remembered callers and ids; for tests. */
  size(): { readonly callers: number; readonly ids: number };
}

const MOST_CALLERS = 20_000;
const MOST_IDS = 200_000;
/** Of longer ids the digest is kept, so that the number of ids bounds the memory. */
const KEPT_CHARS = 40;

interface Seen {
  readonly since: number;
  readonly ids: Set<string>;
}

/**
 * Creates the guard of one interface. Its memory is bounded: when it is full, the callers whose windows began first are
 * forgotten. A caller who is above the limit is remembered with one id more than the limit, and no further ones.
 */
export function createEnumerationGuard(clock: Pick<Clock, 'monotonic'>, crypto: Pick<Crypto, 'digest'>): EnumerationGuard {
  const callers = new Map<string, Seen>();
  let ids = 0;

  function forget(caller: string, seen: Seen): void {
    callers.delete(caller);
    ids -= seen.ids.size;
  }

  function makeRoom(): void {
    for (const [caller, seen] of callers) {
      if (callers.size < MOST_CALLERS && ids < MOST_IDS) return;
      forget(caller, seen);
    }
  }

  return {
    add(caller, named, limit, windowMs) {
      const now = clock.monotonic();
      let seen = callers.get(caller);
      if (seen !== undefined && now - seen.since >= windowMs) {
        forget(caller, seen);
        seen = undefined;
      }
      if (seen === undefined) {
        makeRoom();
        seen = { since: now, ids: new Set() };
        callers.set(caller, seen);
      }
      if (seen.ids.size > limit) return 'above';
      for (const id of named) {
        const kept = id.length <= KEPT_CHARS ? id : Buffer.from(crypto.digest('sm3', id)).toString('base64url');
        if (seen.ids.has(kept)) continue;
        seen.ids.add(kept);
        ids++;
        if (seen.ids.size > limit) return 'crossed';
      }
      return 'within';
    },
    size: () => ({ callers: callers.size, ids }),
  };
}
