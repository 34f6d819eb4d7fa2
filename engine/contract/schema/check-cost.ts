/**
 * Decides, before any check, whether checking data against a plain schema is short enough for the event loop. Pure.
 */
import type { PlainSchemaSize } from './schema-bounds.ts';

/** About ten milliseconds. A unit of weight takes 5 to 200 ns, most where a branch of a choice fails. */
const LOOP_UNITS = 50_000;
/** The least JSON for one value that contains no other: `0,`. */
const LEAST_BYTES = 2;

/**
 * `bytes`: the length of the data as JSON, if known. Most data is small enough by that alone and is not walked. The
 * walk skips data that the schema does not look into.
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
        // Copy nothing if it already exceeds the limit.
        if (left < 0 || inner.length * weight > left) return false;
        for (const one of inner) next.push(one);
      }
      if (left < 0) return false;
    }
    level = next;
  }
  return true;
}
