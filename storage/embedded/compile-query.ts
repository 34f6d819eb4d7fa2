/** Compiles filters, sorts and page positions to SQL over the columns of a table layout. */
import type { Condition, Filter, Scalar, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { endOfPrefix, readPath } from '../../engine/contract/ports/document-semantics.ts';
import { toSqlValue, type SqlValue, type TableLayout } from './table-layout.ts';

export interface Clause {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Splits a filter into the conditions that SQLite can decide by columns, and the rest, if any. */
export function compileFilter(layout: TableLayout, filter: Filter): { readonly clause: Clause; readonly rest: Filter | undefined } {
  const sql: string[] = [];
  const values: SqlValue[] = [];
  const rest: Record<string, Condition> = {};
  // A condition on array elements (business keys) selects few rows. SQLite does not know this, and would rather use the
  // index of another condition that selects many rows. So the other conditions are compiled in a form that cannot use
  // an index.
  const isPicked = Object.entries(filter).some(([path, condition]) => layout.elementPaths.includes(path) && isEquality(condition));
  for (const [path, condition] of Object.entries(filter)) {
    const mayUseIndex = !isPicked || layout.elementPaths.includes(path);
    const clause = compileCondition(layout, path, condition, mayUseIndex);
    if (clause) {
      sql.push(clause.sql);
      values.push(...clause.values);
    } else {
      rest[path] = condition;
    }
  }
  return { clause: { sql: sql.join(' AND ') || '1', values }, rest: Object.keys(rest).length === 0 ? undefined : rest };
}

export function compileSort(layout: TableLayout, sort: readonly string[]): string {
  return [...sortKeys(layout, sort).map(({ sql, isDescending }) => (isDescending ? `${sql} DESC` : sql)), 'id'].join(', ');
}

/**
 * Compiles a condition that is true for rows after `start` in the order of `sort`. Nulls come first in SQLite, as the
 * port requires.
 */
export function compilePosition(layout: TableLayout, sort: readonly string[], start: StoredDocument): Clause {
  const keys = sortKeys(layout, sort);
  const values: SqlValue[] = [];
  let sql = '';
  for (const { sql: key, path, isDescending } of keys) {
    const value = toSqlValue(readPath(start, path));
    const behind = isDescending
      ? value === null
        ? '0'
        : `(${key} < ? OR ${key} IS NULL)`
      : value === null
        ? `${key} IS NOT NULL`
        : `${key} > ?`;
    if (value !== null) values.push(value);
    sql += `(${behind} OR (${key} IS ? AND `;
    values.push(value);
  }
  return { sql: `${sql}id > ?${'))'.repeat(keys.length)}`, values: [...values, start._id] };
}

/** Returns the SQL for the text of a document without the top-level fields in `omit`. */
export function compileOmission(omit: readonly string[] = []): string {
  return omit.length === 0 ? 'doc' : `json_remove(doc, ${omit.map(jsonPath).join(', ')})`;
}

interface SortKey {
  readonly sql: string;
  readonly path: string;
  readonly isDescending: boolean;
}

function sortKeys(layout: TableLayout, sort: readonly string[]): readonly SortKey[] {
  return sort.map((key) => {
    const isDescending = key.startsWith('-');
    const path = isDescending ? key.slice(1) : key;
    return { sql: columnOf(layout, path) ?? valueInDoc(path), path, isDescending };
  });
}

function columnOf({ paths }: TableLayout, path: string): string | undefined {
  if (path === '_id') return 'id';
  const at = paths.indexOf(path);
  return at < 0 ? undefined : `c${at}`;
}

/**
 * Returns the SQL that computes the value of a path from the document. It is the value that a column for this path
 * would have.
 */
function valueInDoc(path: string): string {
  const at = jsonPath(path);
  return `CASE json_type(doc, ${at}) WHEN 'false' THEN x'00' WHEN 'true' THEN x'01' WHEN 'object' THEN x'02' WHEN 'array' THEN x'02' ELSE json_extract(doc, ${at}) END`;
}

/** Returns a JSON path as an SQL literal. */
function jsonPath(path: string): string {
  const names = path.split('.').map((name) => `"${name.replaceAll('"', '""')}"`);
  return `'$.${names.join('.').replaceAll("'", "''")}'`;
}

function isEquality(condition: Condition): boolean {
  return condition !== null && (typeof condition !== 'object' || 'in' in condition);
}

/** Compiles a condition; returns undefined if no column can decide it. */
function compileCondition(layout: TableLayout, path: string, condition: Condition, mayUseIndex: boolean): Clause | undefined {
  const name = columnOf(layout, path);
  if (name === undefined) return undefined;
  // A plus sign prevents SQLite from using an index of the column.
  const column = mayUseIndex ? name : `+${name}`;
  if (condition === null || typeof condition !== 'object') return equality(layout, path, column, [condition]);
  if ('in' in condition) return equality(layout, path, column, condition.in);
  if ('exists' in condition) return undefined;
  if ('prefix' in condition) return prefixRange(column, condition.prefix);
  const sql: string[] = [];
  const values: SqlValue[] = [];
  for (const [name, operator] of Object.entries(RANGE_OPERATORS)) {
    const bound = condition[name as keyof typeof RANGE_OPERATORS];
    if (bound === undefined) continue;
    // A number is only compared with numbers, and a string with strings. SQLite sorts all numbers before '', and all
    // strings between '' and the blobs.
    sql.push(`${column} ${operator} ?`, typeof bound === 'number' ? `${column} < ''` : `${column} >= '' AND ${column} < x''`);
    values.push(bound);
  }
  return { sql: sql.join(' AND ') || '1', values };
}

const RANGE_OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * Compiles a condition that is true for rows with one of the `wanted` values at this path, or with an array that
 * contains one of them.
 */
function equality({ name, elementPaths }: TableLayout, path: string, column: string, wanted: readonly Scalar[]): Clause {
  const values = wanted.filter((value) => value !== null).map(toSqlValue);
  const list = `(${values.map(() => '?').join(', ')})`;
  const choices: string[] = [];
  if (values.length > 0) choices.push(values.length === 1 ? `${column} = ?` : `${column} IN ${list}`);
  if (values.length < wanted.length) choices.push(`${column} IS NULL`);
  const element = elementPaths.indexOf(path);
  if (element < 0 || values.length === 0) return { sql: `(${choices.join(' OR ') || '0'})`, values };
  choices.push(`id IN (SELECT id FROM "${name}:elements" WHERE path = ${element} AND value IN ${list})`);
  return { sql: `(${choices.join(' OR ')})`, values: [...values, ...values] };
}

function prefixRange(column: string, prefix: string): Clause {
  const end = endOfPrefix(prefix);
  return end === undefined
    ? { sql: `${column} >= ? AND ${column} < x''`, values: [prefix] }
    : { sql: `${column} >= ? AND ${column} < ?`, values: [prefix, end] };
}
