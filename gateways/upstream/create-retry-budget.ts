/** Keeps retries from multiplying an overload: at most a fifth of the active requests, but always three. */
export interface RetryBudget {
  /** A request begins; the answer ends it, with its retry if it made one. */
  enter(): () => void;
  tryRetry(): boolean;
}

const SHARE = 0.2;
const FLOOR = 3;
/** A retry counts for as long as its request is likely to run. */
const COUNTED_MS = 1000;

export function createRetryBudget(monotonic: () => number): RetryBudget {
  let active = 0;
  const retries: number[] = [];
  return {
    enter() {
      active++;
      return () => active--;
    },
    tryRetry() {
      const now = monotonic();
      while (retries.length > 0 && retries[0]! <= now - COUNTED_MS) retries.shift();
      if (retries.length >= Math.max(FLOOR, SHARE * active)) return false;
      retries.push(now);
      return true;
    },
  };
}
