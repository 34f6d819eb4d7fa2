/** Keeps what is dear to make (imported keys, compiled schemas) while plan after plan goes on naming it. */
export interface Memo {
  get<Value>(key: string, make: () => Value): Value;
  /** Begins a new plan: what the plan before did not name is forgotten, so the memo never outgrows two plans. */
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
