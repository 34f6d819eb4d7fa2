/**
 * Returns a function that creates the value of a key once. It keeps the values of the `most` most recently used keys.
 */
export function keepLast<Value>(most: number, make: (key: string) => Value): (key: string) => Value {
  const kept = new Map<string, Value>();
  return (key) => {
    const value = kept.has(key) ? kept.get(key)! : make(key);
    kept.delete(key);
    kept.set(key, value);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return value;
  };
}
