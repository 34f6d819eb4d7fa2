/**
 * Prevents retries from multiplying an overload. Limits how many active requests may retry at the same time: a fifth of
 * them, but at least three.
 */
export interface RetryBudget {
  enter(): ActiveRequest;
}

/** One request in flight. Until `leave` is called it counts as active and, after its first retry, as retrying. */
export interface ActiveRequest {
  tryRetry(): boolean;
  leave(): void;
}

const SHARE = 0.2;
const FLOOR = 3;

export function createRetryBudget(): RetryBudget {
  let active = 0;
  let retrying = 0;
  return {
    enter() {
      let isRetrying = false;
      active++;
      return {
        tryRetry() {
          if (isRetrying) return true;
          if (retrying >= Math.max(FLOOR, SHARE * active)) return false;
          retrying++;
          return (isRetrying = true);
        },
        leave() {
          active--;
          if (isRetrying) retrying--;
        },
      };
    },
  };
}
