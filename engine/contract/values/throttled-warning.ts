import type { Clock } from './clock.ts';
import type { LogFields, Logger } from './observe.ts';

const QUIET_MS = 10_000;

/**
 * Creates a warning that outsiders can cause at any rate. The first one is logged at once. Those of the next ten
 * seconds become one line with the fields of the last and their `count`; this repeats while more arrive. So every
 * warning is counted, and the log cannot fill the disk.
 */
export function createThrottledWarning(log: Logger, clock: Clock, event: string): (fields: LogFields) => void {
  let isQuiet = false;
  let count = 0;
  let last: LogFields = {};

  function tell(): void {
    isQuiet = count > 0;
    if (!isQuiet) return;
    log.warn(event, { ...last, count });
    count = 0;
    clock.after(QUIET_MS, tell);
  }

  return (fields) => {
    count++;
    last = fields;
    if (!isQuiet) tell();
  };
}
