/** Compares the values before and after a change in the audit trail, field by field. */
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

export interface ChangedField {
  readonly path: readonly string[];
  /** The value before the change; absent if the field did not exist. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Labels for fields and their values. */
export interface FieldWords {
  nameOf(path: readonly string[]): string;
  valueOf(path: readonly string[], value: unknown): string;
  /**
   * Returns whether the parts of an object have labels. The object is then listed field by field even if it exists
   * only before or only after the change.
   */
  isOpened(path: readonly string[]): boolean;
}

type IsOpened = FieldWords['isOpened'];

/**
 * Returns the fields that differ, down to single values; lists are compared as a whole. Returns undefined if the
 * audit trail stores no documents but only a few words. An object that exists only before or only after the change is
 * listed field by field if `isOpened` says so.
 */
export function changedFields(before: unknown, after: unknown, isOpened: IsOpened = () => false): readonly ChangedField[] | undefined {
  if (!isRecord(before) && !isRecord(after)) return undefined;
  return compare(isRecord(before) ? before : {}, isRecord(after) ? after : {}, [], isOpened);
}

function compare(before: object, after: object, path: readonly string[], isOpened: IsOpened): readonly ChangedField[] {
  const old: ReadonlyMap<string, unknown> = new Map(Object.entries(before));
  const now: ReadonlyMap<string, unknown> = new Map(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [a, b] = [old.get(name), now.get(name)];
    const here = [...path, ...(path.length === 0 ? name.split('/') : [name])];
    const isOneSided = (a === undefined && hasFields(b)) || (b === undefined && hasFields(a));
    if ((isRecord(a) && isRecord(b)) || (isOneSided && isOpened(here))) return compare(a ?? {}, b ?? {}, here, isOpened);
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    return [{ path: here, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) }];
  });
}

function hasFields(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0;
}
