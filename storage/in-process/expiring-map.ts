import { AppError } from '../../engine/contract/values/errors.ts';

export interface ExpiringMap<V> {
  get(key: string): V | undefined;
  expiresAt(key: string): number | undefined;
  /** Sets a value. Throws SHARED_STATE_FULL if the map has `limit` entries that are still valid. */
  set(key: string, value: V, expiresAt: number): void;
  delete(key: string): void;
}

/**
 * Creates a map with a maximum size. Its entries expire. Each `set` checks the two oldest entries and drops the expired
 * ones. So if all lifetimes are equal, the map never has more than twice as many entries as are still valid. When the
 * map is full, all entries are checked, at most once a second.
 */
export function createExpiringMap<V>(
  limit: number,
  now: () => number,
  onRemove: (key: string, value: V) => void = () => {},
): ExpiringMap<V> {
  const entries = new Map<string, { readonly value: V; readonly expiresAt: number }>();
  let sweptAt = -Infinity;

  function live(key: string) {
    const entry = entries.get(key);
    if (!entry || entry.expiresAt > now()) return entry;
    remove(key);
    return undefined;
  }

  function remove(key: string) {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    onRemove(key, entry.value);
  }

  function sweep(most: number) {
    for (const [key, entry] of entries) {
      if (most-- <= 0) return;
      if (entry.expiresAt <= now()) remove(key);
    }
  }

  return {
    get: (key) => live(key)?.value,
    expiresAt: (key) => live(key)?.expiresAt,
    set(key, value, expiresAt) {
      sweep(2);
      if (entries.size >= limit && !entries.has(key)) {
        if (now() - sweptAt >= 1000) {
          sweptAt = now();
          sweep(Infinity);
        }
        if (entries.size >= limit) throw sharedStateFull();
      }
      entries.set(key, { value, expiresAt });
    },
    delete: remove,
  };
}

export function sharedStateFull(): AppError {
  return new AppError('SHARED_STATE_FULL', 'transient', 'The shared state of this process has reached its maximum number of entries.', {
    fix: 'Reduce the traffic or the signature window, or use Redis, which can hold more.',
    retryAfterMs: 1000,
  });
}
