/**
 * Caches values that are costly to build (imported keys, compiled schemas). A value stays in the cache as long as each
 * new plan uses it.
 */
export interface Memo {
  get<Value>(key: string, make: () => Value): Value;
  /**
   * Called for each new plan. Drops what the previous plan did not use, so that the cache never holds values for more
   * than two plans.
   */
  turn(): void;
}

export function createMemo(): Memo {
  let current = new Map<string, unknown>();
  let previous = new Map<string, unknown>();
  return {
    get<Value>(key: string, make: () => Value): Value {
      if (current.has(key)) return current.get(key) as Value;
      const value = previous.has(key) ? (previous.get(key) as Value) : make();
      current.set(key, value);
      return value;
    },
    turn() {
      previous = current;
      current = new Map();
    },
  };
}
