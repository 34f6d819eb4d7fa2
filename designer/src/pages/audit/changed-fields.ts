/** Compares both sides of a change in the audit trail, field by field. */
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

export interface ChangedField {
  readonly path: readonly string[];
  /** Absent if the field did not exist. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Labels for fields and their values. */
export interface FieldWords {
  nameOf(path: readonly string[]): string;
  valueOf(path: readonly string[], value: unknown): string;
  /**
   * True if the parts of an object have labels of their own: it is then listed field by field even if it exists on
   * one side only.
   */
  isOpened(path: readonly string[]): boolean;
}

type IsOpened = FieldWords['isOpened'];

/**
 * Returns fields that differ, down to single values; lists are compared as a whole. Returns undefined if the trail
 * stores no documents, just a few words. `isOpened`: an object that exists on one side only is listed field by field
 * too.
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
