import type { Clock } from '../contract/clock.ts';

/** The longest wait that a timer of Node can hold; longer ones are made of several. */
const MAX_TIMER_MS = 2_147_483_647;

/** Real time. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    if (delayMs <= MAX_TIMER_MS) {
      const timer = setTimeout(action, delayMs).unref();
      return () => clearTimeout(timer);
    }
    const untilMs = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const leftMs = Math.max(0, untilMs - performance.now());
      timer = setTimeout(leftMs > MAX_TIMER_MS ? arm : action, Math.min(leftMs, MAX_TIMER_MS)).unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
