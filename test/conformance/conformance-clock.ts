import type { Clock } from '../../engine/contract/clock.ts';

export interface SteppedClock extends Clock {
  /** Moves time on and runs what became due, in order. */
  advance(ms: number): void;
}

/** A clock that stands still until it is told to go on. */
export function createSteppedClock(startMs = 1_800_000_000_000): SteppedClock {
  let elapsedMs = 0;
  let timers: { readonly at: number; readonly action: () => void }[] = [];
  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    after(delayMs, action) {
      const timer = { at: elapsedMs + Math.max(0, delayMs), action };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    advance(ms) {
      const end = elapsedMs + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        elapsedMs = Math.max(elapsedMs, next.at);
        next.action();
      }
      elapsedMs = end;
    },
  };
}

/** Lets real I/O and promises go on until `isDone`, at most `limitMs` of real time. */
export async function eventually(isDone: () => boolean | Promise<boolean>, limitMs = 5000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
