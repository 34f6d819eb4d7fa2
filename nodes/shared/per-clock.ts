import type { Clock } from '../../engine/contract/values/clock.ts';

/**
 * Returns a function that creates one value for each clock when it is first asked. A process has exactly one clock, so this
 * is one value for all nodes of a process; tests have several clocks.
 */
export function perClock<T>(create: (clock: Clock) => T): (clock: Clock) => T {
  const created = new WeakMap<Clock, T>();
  return (clock) => {
    let value = created.get(clock);
    if (value === undefined) {
      value = create(clock);
      created.set(clock, value);
    }
    return value;
  };
}
