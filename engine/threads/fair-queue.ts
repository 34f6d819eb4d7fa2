/**
 * A bounded queue in which keys take turns. Limits apply to how many entries of a key wait, and how many run at once.
 */
export interface FairQueue<T> {
  /** Returns false if the queue is full, or if the key has too many waiting entries. */
  add(key: string, entry: T): boolean;
  /**
   * Returns the next entry of the next key that may start another run. With `choose`, the key is the one that it
   * selects from these keys, which it gets in the order of their turns. The entry counts as running until `done`.
   */
  take(choose?: (keys: readonly string[]) => string | undefined): T | undefined;
  /**
   * Returns up to `most` waiting entries of a key, if the key already has as many runs as it may have. The caller adds
   * the entries to the run it is about to start. Otherwise they would wait until a run of the key ends.
   */
  takeAlong(key: string, most: number): readonly T[];
  /** Puts back entries that were taken but not run. They wait again, before the other entries of their key. */
  putBack(key: string, entries: readonly T[]): void;
  done(key: string): void;
  /** Removes a waiting entry. */
  remove(key: string, entry: T): void;
  /** The number of keys that may start another run and have a waiting entry. */
  ready(): number;
  /** Returns each key with waiting entries, together with its next entry, in order of their turns. */
  firsts(): readonly (readonly [key: string, entry: T])[];
  /** The number of waiting entries. */
  size(): number;
  /** Empties the queue and returns the waiting entries. */
  drain(): readonly T[];
}

export interface FairQueueLimits {
  readonly limit: number;
  readonly perKeyWaiting: number;
  readonly perKeyRunning: number;
}

export function createFairQueue<T>(limits: FairQueueLimits): FairQueue<T> {
  /** By key, in order of turns. A key is in the map only while one of its entries waits. */
  const waiting = new Map<string, T[]>();
  const running = new Map<string, number>();
  let count = 0;
  const hasRoom = (key: string) => (running.get(key) ?? 0) < limits.perKeyRunning;

  return {
    add(key, entry) {
      const entries = waiting.get(key) ?? [];
      if (count >= limits.limit || entries.length >= limits.perKeyWaiting) return false;
      entries.push(entry);
      waiting.set(key, entries);
      count++;
      return true;
    },
    take(choose = ([first]) => first) {
      const key = choose([...waiting.keys()].filter(hasRoom));
      const entries = key === undefined ? undefined : waiting.get(key);
      if (key === undefined || entries === undefined) return undefined;
      const entry = entries.shift()!;
      count--;
      waiting.delete(key);
      if (entries.length > 0) waiting.set(key, entries);
      running.set(key, (running.get(key) ?? 0) + 1);
      return entry;
    },
    takeAlong(key, most) {
      const entries = waiting.get(key);
      if (entries === undefined || hasRoom(key)) return [];
      const taken = entries.splice(0, most);
      count -= taken.length;
      if (entries.length === 0) waiting.delete(key);
      return taken;
    },
    putBack(key, entries) {
      if (entries.length === 0) return;
      waiting.set(key, [...entries, ...(waiting.get(key) ?? [])]);
      count += entries.length;
    },
    done(key) {
      const left = (running.get(key) ?? 1) - 1;
      if (left > 0) running.set(key, left);
      else running.delete(key);
    },
    remove(key, entry) {
      const entries = waiting.get(key);
      const at = entries?.indexOf(entry) ?? -1;
      if (entries === undefined || at < 0) return;
      entries.splice(at, 1);
      count--;
      if (entries.length === 0) waiting.delete(key);
    },
    firsts: () => [...waiting].map(([key, entries]) => [key, entries[0]!] as const),
    size: () => count,
    ready: () => [...waiting.keys()].filter(hasRoom).length,
    drain() {
      const entries = [...waiting.values()].flat();
      waiting.clear();
      count = 0;
      return entries;
    },
  };
}
