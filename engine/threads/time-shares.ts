/**
 * Records how much CPU time each key used recently. So each key can get the same time, and not just the same number of
 * jobs.
 */
export interface TimeShares {
  add(key: string, ms: number): void;
  /** Returns the key with the least time. If several have the least, returns the first of them. */
  least(keys: readonly string[]): string | undefined;
  /**
   * Returns whether the key is light: its recent jobs were short. A new key is not light, because the length of its
   * jobs is unknown.
   */
  isLight(key: string): boolean;
  /** Returns whether there is any light key. */
  hasLight(): boolean;
  /**
   * Chooses the next of the waiting keys for a pool of `size` threads in which jobs of the `running` keys run: the key with
   * the least time. If there is any light key, one thread is left free for such keys: keys with long jobs and new keys do
   * not get it.
   */
  next(waiting: readonly string[], running: readonly string[], size: number): string | undefined;
}

interface Share {
  /** Recent CPU time of the key, as it was at the time `at`. Older jobs count less and less. */
  ms: number;
  longestMs: number;
  at: number;
}

const HALF_LIFE_MS = 10_000;
/** A job that takes longer than this is long; in milliseconds of CPU time. */
const LIGHT_MS = 100;
/** A key without a job for this long counts as new. */
const FORGOTTEN_MS = 120_000;
const SWEEP_ABOVE = 1000;

/** Creates an empty record. `now` returns monotonic milliseconds. */
export function createTimeShares(now: () => number): TimeShares {
  const shares = new Map<string, Share>();
  let sweepAbove = SWEEP_ABOVE;

  const known = (key: string): Share | undefined => {
    const share = shares.get(key);
    return share !== undefined && now() - share.at < FORGOTTEN_MS ? share : undefined;
  };
  const decay = (share: Share) => 0.5 ** ((now() - share.at) / HALF_LIFE_MS);
  const usedMs = (key: string) => {
    const share = known(key);
    return share === undefined ? 0 : share.ms * decay(share);
  };
  const isLightShare = (share: Share) => share.longestMs * decay(share) <= LIGHT_MS;

  const timeShares: TimeShares = {
    add(key, ms) {
      const share = known(key);
      const kept = share === undefined ? 0 : decay(share);
      const before = share ?? { ms: 0, longestMs: 0 };
      shares.set(key, { ms: before.ms * kept + ms, longestMs: Math.max(before.longestMs * kept, ms), at: now() });
      if (shares.size <= sweepAbove) return;
      for (const name of [...shares.keys()]) if (known(name) === undefined) shares.delete(name);
      sweepAbove = Math.max(SWEEP_ABOVE, shares.size * 2);
    },
    least(keys) {
      let least: string | undefined;
      let leastMs = Infinity;
      for (const key of keys) {
        const ms = usedMs(key);
        if (ms >= leastMs) continue;
        [least, leastMs] = [key, ms];
      }
      return least;
    },
    isLight(key) {
      const share = known(key);
      return share !== undefined && isLightShare(share);
    },
    hasLight() {
      for (const share of shares.values()) if (now() - share.at < FORGOTTEN_MS && isLightShare(share)) return true;
      return false;
    },
    next(waiting, running, size) {
      const { isLight, hasLight, least } = timeShares;
      const isFull = size > 1 && running.filter((key) => !isLight(key)).length >= size - 1 && hasLight();
      return least(isFull ? waiting.filter(isLight) : waiting);
    },
  };
  return timeShares;
}
