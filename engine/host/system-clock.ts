import type { Clock } from '../contract/values/clock.ts';
import { TimeOutLine } from './time-outs.ts';

/** The pending time-outs, by their length in whole milliseconds. */
const lines = new Map<number, TimeOutLine>();

/** Real time. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const length = delayMs > 1 ? Math.ceil(delayMs) : 1;
    let line = lines.get(length);
    if (line === undefined) lines.set(length, (line = new TimeOutLine(length, () => lines.delete(length))));
    return line.add(action);
  },
};
