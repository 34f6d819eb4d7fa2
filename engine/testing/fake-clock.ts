/** A clock that only advances when a test moves it, so that tests need no sleeps and are not flaky. */
import type { Clock } from '../contract/values/clock.ts';

export interface FakeClock extends Clock {
  /**
   * Advances time by `ms` and calls the timers that become due, in order of time. Lets promises settle after each call.
   * When it resolves, the effects of the timers have happened, unless they need real I/O.
   */
  advance(ms: number): Promise<void>;
  /** Moves only the wall clock, as an operator or NTP would. Timers are not affected. */
  shiftWall(ms: number): void;
  /** The number of timers that have neither fired nor been cancelled. */
  pending(): number;
}

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly action: () => void;
}

/** Creates a clock that starts at `startMs` (epoch milliseconds, by default 2026-01-01T00:00:00Z) and monotonic 0. */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  let order = 0;

  return {
    now: () => wallOffsetMs + elapsedMs,
    monotonic: () => elapsedMs,
    after(delayMs, action) {
      const timer: Timer = { dueAt: elapsedMs + Math.max(0, delayMs), order: order++, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      for (let timer = nextDue(timers, untilMs); timer !== undefined; timer = nextDue(timers, untilMs)) {
        timers.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.dueAt);
        timer.action();
        await settle();
      }
      elapsedMs = Math.max(elapsedMs, untilMs);
      await settle();
    },
    shiftWall(ms) {
      wallOffsetMs += ms;
    },
    pending: () => timers.size,
  };
}

function nextDue(timers: ReadonlySet<Timer>, untilMs: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (timer.dueAt > untilMs) continue;
    if (first === undefined || timer.dueAt < first.dueAt || (timer.dueAt === first.dueAt && timer.order < first.order)) first = timer;
  }
  return first;
}

/** Waits for one turn of the event loop, so that every promise that can continue has done so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
