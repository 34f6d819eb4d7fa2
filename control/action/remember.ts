/** A cache for store reads that many pages request at once. Each value is read once and then kept for some seconds. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';

/** Returns the cached result for this name, or calls `read`. A failure is not cached. */
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

/** Returns the part of a cache name that identifies the domains. */
export function nameOfScopes(within: readonly FlowScope[] | undefined): string {
  return within === undefined ? '' : JSON.stringify(within);
}
