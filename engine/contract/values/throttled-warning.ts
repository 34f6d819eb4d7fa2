import type { Clock } from './clock.ts';
import type { LogFields, Logger } from './observe.ts';

const QUIET_MS = 10_000;

/**
 * A warning that others can cause as often as they like: the first is logged at once, those of the next ten seconds as one line with the fields
 * of the last and their `count`, and so on while there are more. None is forgotten, and none fills the disk.
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
