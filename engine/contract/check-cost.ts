/** Whether checking data by a schema is short enough for the event loop, told before anything is checked. Pure. */
import type { SchemaSize } from './schema-bounds.ts';

/** About ten milliseconds: a unit of weight takes 5 to 200 ns, most where a branch of a choice fails. */
const LOOP_UNITS = 50_000;
/** Compiling takes a fifth of a millisecond for each, once. */
const LOOP_SUBSCHEMAS = 200;
/** Of JSON, for each value that holds no other: `0,`. */
const LEAST_BYTES = 2;

/** Compiling the schema too. `bytes` as for `isCheapCheck`. */
export function isQuickCheck(size: SchemaSize, data: unknown, bytes?: number): boolean {
  return size.isPlain && size.subschemas <= LOOP_SUBSCHEMAS && isCheapCheck(size, data, bytes);
}

/**
 * Without compiling, so that even a list of all problems stays short. `bytes`: how long the data is as JSON, where that is known; most data is
 * small enough by that alone and is not walked through.
 */
export function isCheapCheck({ weight, textWeight }: SchemaSize, data: unknown, bytes = Infinity): boolean {
  if (weight === Infinity) return false;
  if (bytes * (weight / LEAST_BYTES + textWeight) <= LOOP_UNITS) return true;
  let left = LOOP_UNITS;
  const open: unknown[] = [data];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') left -= value.length * textWeight;
    if (typeof value !== 'object' || value === null) {
      left -= weight;
    } else {
      const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      if (inner.length === 0) left -= weight;
      if (textWeight > 0 && inner !== value) for (const name of Object.keys(value)) left -= name.length * textWeight;
      // Nothing is copied that is too much anyway.
      if (left < 0 || inner.length * weight > left) return false;
      for (const one of inner) open.push(one);
    }
    if (left < 0) return false;
  }
  return true;
}
