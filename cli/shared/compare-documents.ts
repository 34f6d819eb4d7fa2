import { isRecord } from '../../engine/contract/values/is-record.ts';
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';

/** One place in which two documents differ. */
export interface Difference {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  /**
   * The stored value; `undefined` if it is missing. `wanted` is the wanted value, also `undefined` if it is missing.
   */
  readonly stored: unknown;
  readonly wanted: unknown;
}

/**
 * Returns every difference between a stored document and the wanted one, in the order of the stored one. Items of lists
 * are compared by their position.
 */
export function compareDocuments(stored: unknown, wanted: unknown, path = ''): readonly Difference[] {
  if (isRecord(stored) && isRecord(wanted)) {
    const names = new Set([...Object.keys(stored), ...Object.keys(wanted)]);
    return [...names].flatMap((name) => compareDocuments(stored[name], wanted[name], path + pointerStep(name)));
  }
  if (Array.isArray(stored) && Array.isArray(wanted)) {
    const length = Math.max(stored.length, wanted.length);
    return Array.from({ length }, (_, index) => compareDocuments(stored[index], wanted[index], path + pointerStep(index))).flat();
  }
  return JSON.stringify(stored) === JSON.stringify(wanted) ? [] : [{ path, stored, wanted }];
}

/**
 * Returns one line for a difference. `- ` marks a value that only the stored document has, `+ ` one that only the
 * wanted document has, and `~ ` one that differs.
 */
export function formatDifference({ path, stored, wanted }: Difference): string {
  if (wanted === undefined) return `- ${path}: ${JSON.stringify(stored)}`;
  if (stored === undefined) return `+ ${path}: ${JSON.stringify(wanted)}`;
  return `~ ${path}: ${JSON.stringify(stored)} -> ${JSON.stringify(wanted)}`;
}
