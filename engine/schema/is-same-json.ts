/**
 * Returns true if two JSON values are equal (JSON Schema 4.2.2). Calls no methods on the values: `toString` and
 * `valueOf` may be fields that a caller sent.
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameJson(item, b[index]));
  }
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return names.every((name) => Object.hasOwn(right, name) && isSameJson(left[name], right[name]));
}

/**
 * Returns a function that checks whether a value is one of the allowed values. For texts and numbers it takes constant
 * time, however many are allowed.
 */
export function createChoice(allowed: readonly unknown[]): (value: unknown) => boolean {
  const plain = new Set(allowed.filter((one) => typeof one !== 'object' || one === null));
  const others = allowed.filter((one) => typeof one === 'object' && one !== null);
  return (value) => plain.has(value) || (typeof value === 'object' && value !== null && others.some((one) => isSameJson(one, value)));
}
