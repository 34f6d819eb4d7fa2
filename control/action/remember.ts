/** Store reads that many pages request at once: read once, then cached for some seconds. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';

/** Returns the same result to every caller of this name within some seconds; does not cache a failure. */
export type Remember = <T>(name: string, read: () => Promise<T>) => Promise<T>;

const REMEMBERED_MS = 5000;
const MOST_REMEMBERED = 5000;

export function createRemember(clock: Clock): Remember {
  const remembered = new Map<string, { readonly value: Promise<unknown>; readonly at: number }>();
  return <T>(name: string, read: () => Promise<T>): Promise<T> => {
    const known = remembered.get(name);
    if (known !== undefined && clock.monotonic() - known.at < REMEMBERED_MS) return known.value as Promise<T>;
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    const value = read();
    remembered.set(name, { value, at: clock.monotonic() });
    value.catch(() => remembered.delete(name));
    return value;
  };
}

/** The part of a cache name that identifies the domains. */
export function nameOfScopes(within: readonly FlowScope[] | undefined): string {
  return within === undefined ? '' : JSON.stringify(within);
}
