/**
 * Shares values that are costly to build (imported keys, compiled schemas, ranges). A value is dropped when no scope
 * uses it any more.
 */
export interface Memo {
  /** Opens the scope of a part of a plan, such as an interface. */
  open(): MemoScope;
}

export interface MemoScope {
  get<Value>(key: string, make: () => Value): Value;
  close(): void;
}

interface Entry {
  readonly value: unknown;
  users: number;
}

export function createMemo(): Memo {
  const entries = new Map<string, Entry>();
  return {
    open() {
      const used = new Set<string>();
      return {
        get<Value>(key: string, make: () => Value): Value {
          let entry = entries.get(key);
          if (entry === undefined) entries.set(key, (entry = { value: make(), users: 0 }));
          if (!used.has(key)) {
            used.add(key);
            entry.users++;
          }
          return entry.value as Value;
        },
        close() {
          for (const key of used) if (--entries.get(key)!.users === 0) entries.delete(key);
          used.clear();
        },
      };
    },
  };
}
