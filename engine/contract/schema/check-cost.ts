/** Decides, before any check, whether checking data against a plain schema is quick enough for the event loop. Pure. */
import type { PlainSchemaSize } from './schema-bounds.ts';

/**
 * The limit for a quick check, in units of weight: about ten milliseconds. A unit takes 5 to 200 ns. It takes longest
 * if a branch of a choice (`anyOf`, `oneOf`) does not fit.
 */
const LOOP_UNITS = 50_000;
/** The length of the shortest JSON for a value that contains no other, with its separator: `0,`. */
const LEAST_BYTES = 2;

/**
 * Returns true if the check is quick enough. `bytes` is the length of the data as JSON, if known: it alone is enough
 * to accept most data. Otherwise the function walks the data, but only as deep as the schema looks.
 */
export function isQuickCheck({ weight, textWeight, reach }: PlainSchemaSize, data: unknown, bytes = Infinity): boolean {
  if (bytes * (weight / LEAST_BYTES + textWeight) <= LOOP_UNITS) return true;
  let left = LOOP_UNITS;
  let level: readonly unknown[] = [data];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string') left -= value.length * textWeight;
      if (typeof value !== 'object' || value === null || depth >= reach) {
        left -= weight;
      } else {
        const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
        if (inner.length === 0) left -= weight;
        if (textWeight > 0 && inner !== value) for (const name of Object.keys(value)) left -= name.length * textWeight;
        // Do not copy the inner values if they alone exceed the limit.
        if (left < 0 || inner.length * weight > left) return false;
        for (const one of inner) next.push(one);
      }
      if (left < 0) return false;
    }
    level = next;
  }
  return true;
}
