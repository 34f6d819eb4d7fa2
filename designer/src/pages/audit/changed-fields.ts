/** Two sides of a change in the trail, field by field. */
import { isRecord } from '../../../../engine/contract/is-record.ts';

export interface ChangedField {
  readonly path: readonly string[];
  /** Absent: it was not there. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Fields that differ, down to single values; lists are compared whole. Undefined where the trail keeps no documents, but a few words. */
export function changedFields(before: unknown, after: unknown): readonly ChangedField[] | undefined {
  if (!isRecord(before) && !isRecord(after)) return undefined;
  return compare(isRecord(before) ? before : {}, isRecord(after) ? after : {}, []);
}

function compare(before: object, after: object, path: readonly string[]): readonly ChangedField[] {
  const old: ReadonlyMap<string, unknown> = new Map(Object.entries(before));
  const now: ReadonlyMap<string, unknown> = new Map(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [a, b] = [old.get(name), now.get(name)];
    const here = [...path, ...(path.length === 0 ? name.split('/') : [name])];
    if (isRecord(a) && isRecord(b)) return compare(a, b, here);
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    return [{ path: here, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) }];
  });
}
