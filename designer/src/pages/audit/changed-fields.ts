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
   * Returns whether the parts of an object have labels. If so, they are listed one by one, even if the whole object was
   * added or removed.
   */
  isOpened(path: readonly string[]): boolean;
}

type IsOpened = FieldWords['isOpened'];

/**
 * Returns the single values that differ. Lists are compared as a whole. An object that was added or removed is listed
 * as one value, unless `isOpened` returns true. Returns undefined if neither side is an object; the audit trail then
 * has only a few words about the change.
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
