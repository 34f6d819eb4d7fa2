/**
 * The layout of a collection in PostgreSQL. A row is one document, with `doc` as JSON text, `rev` as its revision,
 * one text column for each path of an index or of the expiry (`encode-value.ts`), and `e` with the elements of
 * arrays. `doc` is not jsonb, because jsonb accepts no NUL and some servers lack its functions. All columns are
 * computed by the platform, so that nothing depends on SQL expressions over JSON.
 */
import { createHash } from 'node:crypto';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { indexedPaths, pathsOfEntry, readPath, uniqueKey } from '../../engine/contract/ports/document-semantics.ts';
import { decodeText, encodeKey, encodeText, encodeValue } from './encode-value.ts';

export interface IndexLayout {
  /** The name of the index in the database: unique in the schema, at most 63 bytes. */
  readonly name: string;
  /** The name in the specification; undefined for indexes that the platform adds. */
  readonly specName: string | undefined;
  readonly isUnique: boolean;
  readonly method: 'btree' | 'gin';
  readonly columns: readonly string[];
  /** Columns that have a value (not '') in every row of this index. */
  readonly present: readonly string[];
  readonly where: string;
}

export interface TableLayout {
  readonly name: string;
  /** The quoted name of the table with its schema. */
  readonly table: string;
  readonly schema: string;
  /** Indexed paths; path i is column `c<i>`. */
  readonly paths: readonly string[];
  /** Paths that have their own index and may therefore have arrays. */
  readonly elementPaths: readonly string[];
  /** Unique indexes over several paths; key i is column `u<i>`, which is null if the index does not apply. */
  readonly compoundKeys: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** For each unique index of the specification, the name of its column. */
  readonly uniqueColumns: Readonly<Record<string, string>>;
  readonly expiryColumn: string | undefined;
  readonly indexes: readonly IndexLayout[];
  /** All columns, in the order in which rows are written. */
  readonly columns: readonly string[];
}

export function layoutTable(schema: string, spec: CollectionSpec<StoredDocument>): TableLayout {
  const { name, indexes, expiresAt } = spec;
  const { paths, elementPaths } = indexedPaths(spec);
  const column = (path: string) => `c${paths.indexOf(path)}`;
  const compoundKeys = indexes.filter((index) => index.unique && index.fields.length > 1);
  const uniqueColumns: Record<string, string> = {};
  const layouts: IndexLayout[] = [];
  const add = (specName: string | undefined, suffix: string, columns: readonly string[], present: readonly string[], isUnique = false) =>
    layouts.push(btree(objectName(name, suffix), specName, columns, present, isUnique));

  for (const index of indexes) {
    const own = index.fields.map(column);
    if (index.unique) {
      const key = own.length === 1 ? own[0]! : `u${compoundKeys.indexOf(index)}`;
      uniqueColumns[index.name] = key;
      add(index.name, `${index.name}:key`, [key], own.length === 1 ? [key] : [], true);
    }
    const present = pathsOfEntry(index, { elementPaths }).map(column);
    if (!index.unique || own.length > 1) add(index.name, index.name, [...own, 'id'], present);
  }
  const expiryColumn = expiresAt === undefined ? undefined : column(expiresAt);
  if (expiryColumn !== undefined) add(undefined, ':expiry', [expiryColumn], [expiryColumn]);
  if (elementPaths.length > 0) layouts.push(elementIndex(objectName(name, ':elements')));
  const columns = ['id', 'rev', 'past', 'doc', 'e', ...paths.map((_, i) => `c${i}`), ...compoundKeys.map((_, i) => `u${i}`)];
  const table = `${quote(schema)}.${quote(name)}`;
  return { name, table, schema, paths, elementPaths, compoundKeys, uniqueColumns, expiryColumn, indexes: layouts, columns };
}

/** Returns the values of `columns` after the first four (id, rev, past, doc). */
export function indexValues({ paths, elementPaths, compoundKeys }: TableLayout, document: object): readonly unknown[] {
  const values: unknown[] = [elementsOf(elementPaths, document)];
  for (const path of paths) values.push(encodeValue(readPath(document, path)));
  for (const key of compoundKeys) {
    const text = uniqueKey(document, key.fields);
    values.push(text === undefined ? null : encodeKey(text));
  }
  return values;
}

/** Returns how column `e` encodes an array element at this path. */
export function encodeElement(elementPaths: readonly string[], path: string, value: unknown): string {
  return `${elementPaths.indexOf(path)}${encodeValue(value)}`;
}

export function encodeId(id: string): string {
  return encodeText(id);
}

export function decodeId(id: string): string {
  return decodeText(id);
}

export function createTableSql(layout: TableLayout): string {
  const paths = layout.paths.map((_, i) => `c${i} TEXT COLLATE "C" NOT NULL`);
  const keys = layout.compoundKeys.map((_, i) => `u${i} TEXT COLLATE "C"`);
  const columns = [
    'id TEXT COLLATE "C" PRIMARY KEY',
    'rev BIGINT NOT NULL',
    'past BIGINT[] NOT NULL',
    'doc TEXT NOT NULL',
    'e TEXT[] COLLATE "C"',
    ...paths,
    ...keys,
  ];
  // Leave room in each page for updated rows. Vacuum the table when 5 % of its rows are dead. The default is 20 %,
  // which would be late for a large table.
  return `CREATE TABLE ${layout.table} (${columns.join(', ')})
    WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`;
}

export function createIndexSql(layout: TableLayout, index: IndexLayout): string {
  const { isUnique, name, method, columns, where } = index;
  // The pending list of GIN is off: every search would have to read it, and merging it would delay a write.
  const how = method === 'gin' ? ' WITH (fastupdate = off)' : '';
  const condition = where === '' ? '' : ` WHERE ${where}`;
  return `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${quote(name)} ON ${layout.table} USING ${method} (${columns.join(', ')})${how}${condition}`;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function btree(
  name: string,
  specName: string | undefined,
  columns: readonly string[],
  present: readonly string[],
  isUnique: boolean,
): IndexLayout {
  const where = present.map((column) => `${column} <> ''`).join(' AND ');
  return { name, specName, isUnique, method: 'btree', columns, present, where };
}

function elementIndex(name: string): IndexLayout {
  return { name, specName: undefined, isUnique: false, method: 'gin', columns: ['e'], present: [], where: 'e IS NOT NULL' };
}

/** Returns the name of an index. Index names are unique in the whole schema and limited to 63 bytes. */
function objectName(table: string, suffix: string): string {
  const name = `${table}:${suffix}`;
  return name.length <= 63 ? name : `${name.slice(0, 46)}:${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

function elementsOf(elementPaths: readonly string[], document: object): readonly string[] | null {
  let elements: Set<string> | undefined;
  for (const path of elementPaths) {
    const value = readPath(document, path);
    if (!Array.isArray(value)) continue;
    for (const item of value) {
      if (item === null || typeof item === 'object') continue;
      (elements ??= new Set()).add(encodeElement(elementPaths, path, item));
    }
  }
  return elements ? [...elements] : null;
}
