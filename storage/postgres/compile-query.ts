/** Compiles filters, sorts and page positions to SQL over the columns of a table layout. */
import type { Condition, Filter, Scalar, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { endOfPrefix, readPath } from '../../engine/contract/ports/document-semantics.ts';
import { encodeText, encodeValue, MAX_EXACT_CHARS, NULL_TEXT } from './encode-value.ts';
import { encodeElement, encodeId, type TableLayout } from './table-layout.ts';

export interface CompiledFilter {
  /** The conditions that columns can decide. `bind` returns the placeholder of a value. */
  readonly where: (bind: Bind) => readonly string[];
  /** Conditions on business keys. They select few rows, although the planner of PostgreSQL may estimate more. */
  readonly picked: (bind: Bind) => readonly string[];
  /** The conditions that must be checked on the documents; undefined if there are none. */
  readonly rest: Filter | undefined;
}

export type Bind = (value: unknown) => string;
type Clause = (bind: Bind) => string;

const NEVER: Clause = () => 'false';

export function compileFilter(layout: TableLayout, filter: Filter): CompiledFilter {
  const where: Clause[] = [];
  const picked: Clause[] = [];
  const rest: Record<string, Condition> = {};
  for (const [path, condition] of Object.entries(filter)) {
    const clause = compileCondition(layout, path, condition);
    if (!clause) rest[path] = condition;
    else if (layout.elementPaths.includes(path) && isEquality(condition)) picked.push(clause);
    else where.push(clause);
  }
  return {
    where: (bind) => where.map((clause) => clause(bind)),
    picked: (bind) => picked.map((clause) => clause(bind)),
    rest: Object.keys(rest).length === 0 ? undefined : rest,
  };
}

/** Compiles a sort order; returns undefined if one of its paths has no column. */
export function compileSort(layout: TableLayout, sort: readonly string[]): string | undefined {
  const keys = sortKeys(layout, sort);
  return keys && [...keys.map(({ column, isDescending }) => (isDescending ? `${column} DESC` : column)), 'id'].join(', ');
}

/**
 * Compiles a condition that is true for rows after `start` in the order of `sort`. It is written so that an index can
 * skip the earlier rows.
 */
export function compilePosition(layout: TableLayout, sort: readonly string[], start: StoredDocument): Clause {
  const keys = sortKeys(layout, sort) ?? [];
  const id = encodeId(start._id);
  const values = keys.map(({ path }) => (path === '_id' ? id : encodeValue(readPath(start, path))));
  return (bind) => {
    const own = values.map(bind);
    const last = bind(id);
    const columns = keys.map(({ column }) => column);
    if (keys.every(({ isDescending }) => !isDescending)) return `(${[...columns, 'id'].join(', ')}) > (${[...own, last].join(', ')})`;
    let sql = `id > ${last}`;
    for (let i = keys.length - 1; i >= 0; i--) {
      const { column, isDescending } = keys[i]!;
      sql = `${column} ${isDescending ? '<=' : '>='} ${own[i]} AND (${column} ${isDescending ? '<' : '>'} ${own[i]} OR (${sql}))`;
    }
    return `(${sql})`;
  };
}

/**
 * Returns the SQL for the text of a document without the top-level fields in `omit`. Jsonb accepts neither NUL nor half
 * of a surrogate pair, which JSON text may contain as escapes. A document that may contain one of them is therefore
 * returned whole.
 */
export function compileOmission(omit: readonly string[], bind: Bind): string {
  const isPlain = ['\\u0000', '\\ud'].map((escape) => `strpos(doc, ${bind(escape)}) = 0`).join(' AND ');
  return `CASE WHEN ${isPlain} THEN (doc::jsonb - ${bind(omit)}::text[])::text ELSE doc END AS doc`;
}

/** Creates a binder, which numbers the values in the order in which they are bound. */
export function createBinder(): { readonly bind: Bind; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

interface SortKey {
  readonly column: string;
  readonly path: string;
  readonly isDescending: boolean;
}

function sortKeys(layout: TableLayout, sort: readonly string[]): readonly SortKey[] | undefined {
  const keys: SortKey[] = [];
  for (const key of sort) {
    const isDescending = key.startsWith('-');
    const path = isDescending ? key.slice(1) : key;
    const column = columnOf(layout, path);
    if (column === undefined) return undefined;
    keys.push({ column, path, isDescending });
  }
  return keys;
}

function columnOf({ paths }: TableLayout, path: string): string | undefined {
  if (path === '_id') return 'id';
  const at = paths.indexOf(path);
  return at < 0 ? undefined : `c${at}`;
}

function isEquality(condition: Condition): boolean {
  return condition !== null && (typeof condition !== 'object' || 'in' in condition);
}

/** Compiles a condition; returns undefined if no column can decide it. */
function compileCondition(layout: TableLayout, path: string, condition: Condition): Clause | undefined {
  const column = columnOf(layout, path);
  if (column === undefined) return undefined;
  if (condition === null || typeof condition !== 'object') return equality(layout, path, column, [condition]);
  if ('in' in condition) return equality(layout, path, column, condition.in);
  if ('exists' in condition) return undefined;
  const tag = path === '_id' ? '' : 's';
  if ('prefix' in condition) return prefixRange(column, tag, condition.prefix);
  const clauses: Clause[] = [];
  for (const [name, operator] of Object.entries(RANGE_OPERATORS)) {
    const bound = condition[name as keyof typeof RANGE_OPERATORS];
    if (bound === undefined) continue;
    if (typeof bound === 'string' && bound.length > MAX_EXACT_CHARS) return undefined;
    if (typeof bound === 'number' && tag === '') return NEVER;
    const value = tag === '' ? encodeText(bound as string) : encodeValue(bound);
    // A number is only compared with numbers, and a string with strings.
    const type =
      typeof bound === 'number' ? `${column} >= 'n' AND ${column} < 'o'` : tag === '' ? 'true' : `${column} >= 's' AND ${column} < 't'`;
    clauses.push((bind) => `${column} ${operator} ${bind(value)} AND ${type}`);
  }
  // The index may leave out rows without a value at this path. This condition tells the planner that it can still use
  // the index.
  return (bind) => [...clauses.map((clause) => clause(bind)), `${column} <> ''`].join(' AND ');
}

const RANGE_OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * Compiles a condition that is true for rows with one of the `wanted` values at this path, or with an array that
 * contains one of them.
 */
function equality(layout: TableLayout, path: string, column: string, wanted: readonly Scalar[]): Clause {
  if (path === '_id') return oneOf(column, wanted.filter((value) => typeof value === 'string').map(encodeId));
  const values = wanted.filter((value) => value !== null);
  const isNullWanted = values.length < wanted.length;
  const equals = oneOf(column, values.map(encodeValue));
  const mayHoldArrays = layout.elementPaths.includes(path);
  const elements = values.map((value) => encodeElement(layout.elementPaths, path, value));
  return (bind) => {
    const choices: string[] = [];
    if (values.length > 0) choices.push(`${equals(bind)} AND ${column} <> ''`);
    if (values.length > 0 && mayHoldArrays) choices.push(`e ${elements.length === 1 ? '@>' : '&&'} ${bind(elements)}::text[]`);
    if (isNullWanted) choices.push(`${column} = '${NULL_TEXT}'`);
    return choices.length === 0 ? 'false' : `(${choices.join(' OR ')})`;
  };
}

function oneOf(column: string, values: readonly string[]): Clause {
  if (values.length === 0) return NEVER;
  return values.length === 1 ? (bind) => `${column} = ${bind(values[0])}` : (bind) => `${column} = ANY(${bind(values)}::text[])`;
}

function prefixRange(column: string, tag: string, prefix: string): Clause | undefined {
  if (prefix.length > MAX_EXACT_CHARS) return undefined;
  const from = tag + encodeText(prefix);
  const end = endOfPrefix(from);
  return (bind) => `${column} >= ${bind(from)}${end === undefined ? '' : ` AND ${column} < ${bind(end)}`} AND ${column} <> ''`;
}
