import type { Clock } from '../contract/values/clock.ts';

/** Returns a clock with the real time, for tests with real sockets. */
export function wallClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delayMs, action) {
      const timer = setTimeout(action, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
