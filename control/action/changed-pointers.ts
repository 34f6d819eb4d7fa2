/**
 * JSON Pointers to the places where two JSON values differ. The values are left out; the audit trail does not need
 * them.
 */
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';

const MOST = 100;

/**
 * Returns at most 100 pointers. An object or array that was added, removed or replaced by a value of another type gives
 * only one pointer.
 */
export function changedPointers(before: unknown, after: unknown): readonly string[] {
  const found: string[] = [];
  compare(before, after, '', found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: string[]): void {
  if (found.length >= MOST || Object.is(before, after)) return;
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    found.push(path);
    return;
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = path + pointerStep(name);
    if (Object.hasOwn(before, name) && Object.hasOwn(after, name)) compare(before[name], after[name], at, found);
    else if (found.length < MOST) found.push(at);
  }
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
