/**
 * Prevents retries from multiplying an overload. At most a fifth of the active requests may be retrying, but three
 * retries are always allowed.
 */
export interface RetryBudget {
  enter(): ActiveRequest;
}

/** One request in flight. It counts, with its retries, until `leave` is called. */
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
