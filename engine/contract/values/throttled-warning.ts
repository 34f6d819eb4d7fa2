import type { Clock } from './clock.ts';
import type { LogFields, Logger } from './observe.ts';

const QUIET_MS = 10_000;

/**
 * Creates a function that logs a warning. Use it for warnings that senders outside the platform can cause at any rate.
 * The first warning is logged at once. The warnings of the next ten seconds become one log line with their `count` and
 * the fields of the last one. This repeats while more warnings arrive. So every warning is counted, and the log cannot
 * fill the disk.
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
