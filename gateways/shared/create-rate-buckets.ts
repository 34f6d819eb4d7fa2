import type { Clock } from '../../engine/contract/values/clock.ts';

/** A token bucket for each key, for one process. */
export interface RateBuckets {
  /** Takes a token of this key. Returns 0, or in how many milliseconds there is one again. */
  take(key: string): number;
  /** How many keys are remembered; for tests. */
  size(): number;
}

/** Requests a second of an address or an app, where the settings do not say it. */
export const USUAL_RATE = 2_000;

/** Every bucket is full again after this time without a call, so that a key that is forgotten loses nothing. */
const BURST_MS = 1_000;
/** Of each generation. Beyond it the oldest half is forgotten: a flood of addresses gives everybody a full bucket, but takes no memory. */
const MOST_KEYS = 65_536;

/**
 * `perSecond` tokens a second, as many at once. By the time at which the bucket is full again (GCRA), so that a key is one number.
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
