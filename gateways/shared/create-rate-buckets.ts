import type { Clock } from '../../engine/contract/values/clock.ts';

/** Token buckets within one process, one per key. */
export interface RateBuckets {
  /** Takes a token of this key. Returns 0, or the milliseconds until there is a token. */
  take(key: string): number;
  /** Returns what `take` would return, without taking a token. */
  peek(key: string): number;
  /** Returns the number of remembered keys; for tests. */
  size(): number;
}

/** Default number of requests per second of an address or an app. */
export const USUAL_RATE = 2_000;

/** After this time without a call every bucket is full again, so forgetting its key loses nothing. */
const BURST_MS = 1_000;
/**
 * Maximum number of keys per generation. When it is reached, the older generation of keys is dropped. So a flood of
 * addresses gives every address a full bucket, but does not fill the memory.
 */
const MOST_KEYS = 65_536;

/**
 * Creates buckets that gain `perSecond` tokens a second and hold at most that many. For each key, only the time is
 * stored at which its bucket is full again (GCRA).
 */
export function createRateBuckets(perSecond: number, clock: Pick<Clock, 'monotonic'>): RateBuckets {
  const costMs = 1_000 / perSecond;
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let turnsAt = clock.monotonic() + BURST_MS;
  const peek = (key: string, now: number) => {
    const fullAt = Math.max(young.get(key) ?? old.get(key) ?? 0, now);
    return { fullAt, waitMs: Math.max(0, fullAt + costMs - now - BURST_MS) };
  };
  return {
    peek: (key) => peek(key, clock.monotonic()).waitMs,
    take(key) {
      const now = clock.monotonic();
      if (now >= turnsAt || young.size >= MOST_KEYS) {
        old = young;
        young = new Map();
        turnsAt = now + BURST_MS;
      }
      const { fullAt, waitMs } = peek(key, now);
      if (waitMs > 0) return waitMs;
      young.set(key, fullAt + costMs);
      return 0;
    },
    size: () => young.size + old.size,
  };
}
