import type { Clock } from '../../engine/contract/values/clock.ts';

/** A token bucket for each key, within one process. */
export interface RateBuckets {
  /** Takes a token of this key. Returns 0, or the milliseconds until there is one. */
  take(key: string): number;
  /** Number of remembered keys; for tests. */
  size(): number;
}

/** Default for requests per second of an address or an app. */
export const USUAL_RATE = 2_000;

/** After this time without a call every bucket is full again, so forgetting its key loses nothing. */
const BURST_MS = 1_000;
/**
 * Per generation. Beyond it the older half is forgotten: a flood of addresses then gives every address a full bucket,
 * but takes no memory.
 */
const MOST_KEYS = 65_536;

/**
 * `perSecond` tokens a second, and as many at once. Stores the time at which the bucket is full again (GCRA), so that
 * a key needs one number.
 */
export function createRateBuckets(perSecond: number, clock: Pick<Clock, 'monotonic'>): RateBuckets {
  const costMs = 1_000 / perSecond;
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let turnsAt = clock.monotonic() + BURST_MS;
  return {
    take(key) {
      const now = clock.monotonic();
      if (now >= turnsAt || young.size >= MOST_KEYS) {
        old = young;
        young = new Map();
        turnsAt = now + BURST_MS;
      }
      const fullAt = Math.max(young.get(key) ?? old.get(key) ?? 0, now);
      const waitMs = fullAt + costMs - now - BURST_MS;
      if (waitMs > 0) return waitMs;
      young.set(key, fullAt + costMs);
      return 0;
    },
    size: () => young.size + old.size,
  };
}
