/**
 * The layout of a collection in SQLite. A row is one document, with `doc` as JSON text and one untyped column for
 * each path of an index or of the expiry. The writer computes these columns. Columns are used instead of expression
 * indexes because a patch then changes only the indexes whose values changed. A column has null for null and absent
 * values, numbers and strings unchanged, and blobs for all other values. SQLite sorts null, numbers, strings (by
 * UTF-8 byte, which is code point order) and blobs in exactly the order that the port requires.
 */
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { indexedPaths, pathsOfEntry, readPath, uniqueKey } from '../../engine/contract/ports/document-semantics.ts';

export type SqlValue = null | number | string | Uint8Array;

export interface TableLayout {
  readonly name: string;
  /** Indexed paths; path i is column `c<i>`. */
  readonly paths: readonly string[];
  /**
   * Paths that have their own index and may therefore have arrays; each array element is a row of the element table.
   */
  readonly elementPaths: readonly string[];
  /** Unique indexes over several paths; key i is column `u<i>`. */
  readonly compoundKeys: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** For each column with a unique index, the name of that index. */
  readonly uniqueColumns: Readonly<Record<string, string>>;
  /** The column of the expiry time. */
  readonly expiryColumn: string | undefined;
  readonly ddl: readonly string[];
}

export function layoutTable(spec: CollectionSpec<StoredDocument>): TableLayout {
  const { name, indexes, expiresAt } = spec;
  const { paths, elementPaths } = indexedPaths(spec);
  const column = (path: string) => `c${paths.indexOf(path)}`;
  const compoundKeys = indexes.filter((index) => index.unique && index.fields.length > 1);
  const uniqueColumns: Record<string, string> = {};
  const ddl = [
    `CREATE TABLE "${name}" (id TEXT PRIMARY KEY NOT NULL${columns(paths.length, compoundKeys.length)}, doc TEXT NOT NULL)`,
    `CREATE TABLE "${name}:elements" (path INTEGER NOT NULL, value NOT NULL, id TEXT NOT NULL, PRIMARY KEY (path, value, id)) WITHOUT ROWID`,
  ];
  for (const index of indexes) {
    const own = index.fields.map(column);
    if (index.unique) {
      const key = own.length === 1 ? own[0]! : `u${compoundKeys.indexOf(index)}`;
      uniqueColumns[key] = index.name;
      ddl.push(`CREATE UNIQUE INDEX "${name}:${index.name}:key" ON "${name}" (${key})`);
    }
    const present = pathsOfEntry(index, { elementPaths }).map(column);
    if (!index.unique || own.length > 1)
      ddl.push(`CREATE INDEX "${name}:${index.name}" ON "${name}" (${own.join(', ')}, id)${where(present)}`);
  }
  const expiryColumn = expiresAt === undefined ? undefined : column(expiresAt);
  if (expiryColumn !== undefined) ddl.push(`CREATE INDEX "${name}::expiry" ON "${name}" (${expiryColumn})${where([expiryColumn])}`);
  return { name, paths, elementPaths, compoundKeys, uniqueColumns, expiryColumn, ddl };
}

/**
 * Returns the condition of a partial index, which contains only rows with a value in each of these columns. SQLite uses
 * such an index if the query compares each of these columns with a value.
 */
function where(present: readonly string[]): string {
  return present.length === 0 ? '' : ` WHERE ${present.map((column) => `${column} IS NOT NULL`).join(' AND ')}`;
}

export function columnNames({ paths, compoundKeys }: TableLayout): readonly string[] {
  return [...paths.map((_, i) => `c${i}`), ...compoundKeys.map((_, i) => `u${i}`)];
}

/** Returns the values in the order of `columnNames`. */
export function columnValues({ paths, compoundKeys }: TableLayout, document: object): readonly SqlValue[] {
  const values = paths.map((path) => toSqlValue(readPath(document, path)));
  for (const key of compoundKeys) values.push(uniqueKey(document, key.fields) ?? null);
  return values;
}

export function toSqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return Uint8Array.of(Number(value));
  return Uint8Array.of(2);
}

function columns(paths: number, keys: number): string {
  let text = '';
  for (let i = 0; i < paths; i++) text += `, c${i}`;
  for (let i = 0; i < keys; i++) text += `, u${i} TEXT`;
  return text;
}
