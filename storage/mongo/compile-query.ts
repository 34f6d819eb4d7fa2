/** Compiles filters, sorts and page positions to MongoDB queries over the fields of a row layout. */
import type { Condition, Filter, Scalar, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { endOfPrefix, readPath } from '../../engine/contract/ports/document-semantics.ts';
import { BEHIND_TEXTS, TEXT, encodeText, toFieldValue, type FieldValue, type RowLayout } from './row-layout.ts';

export type Query = Readonly<Record<string, unknown>>;

/** Splits a filter into the conditions that the server can decide by fields, and the rest, if any. */
export function compileFilter(layout: RowLayout, filter: Filter): { readonly query: Query; readonly rest: Filter | undefined } {
  const parts: Query[] = [];
  const rest: Record<string, Condition> = {};
  for (const [path, condition] of Object.entries(filter)) {
    const part = path === '_id' ? compileId(condition) : compileCondition(layout, path, condition);
    if (part) parts.push(part);
    else rest[path] = condition;
  }
  return { query: allOf(parts), rest: Object.keys(rest).length === 0 ? undefined : rest };
}

/** Compiles a sort order; returns undefined if a path has no field. Ids come last, ascending by default. */
export function compileSort(layout: RowLayout, sort: readonly string[], ids: 1 | -1 = 1): Readonly<Record<string, 1 | -1>> | undefined {
  const keys: Record<string, 1 | -1> = {};
  for (const { field, isDescending } of sortKeys(layout, sort)) {
    if (field === undefined) return undefined;
    keys[field] ??= isDescending ? -1 : 1;
  }
  return { ...keys, _id: keys['_id'] ?? ids };
}

/** Returns a query for rows with the same sort keys as `document`. Every path of `sort` must have a field. */
export function compileAlike(layout: RowLayout, sort: readonly string[], document: StoredDocument): Query {
  return Object.fromEntries(sortKeys(layout, sort).map(({ field, path }) => [field as string, valueAt(document, path)]));
}

/**
 * Returns queries for the rows that come after `document` in the sort order and have other sort keys; each such row
 * matches one query. Every path of `sort` must have a field.
 */
export function compileBehind(layout: RowLayout, sort: readonly string[], document: StoredDocument): readonly Query[] {
  const choices: Query[] = [];
  let equal: Query = {};
  for (const { field, path, isDescending } of sortKeys(layout, sort)) {
    const value = valueAt(document, path);
    for (const range of isDescending ? below(value) : above(value)) choices.push({ ...equal, [field as string]: range });
    equal = { ...equal, [field as string]: value };
  }
  return choices;
}

export function behindId(id: string): Query {
  return { _id: { $gt: encodeText(id) } };
}

/**
 * Returns a query for rows that match `query` and at least one of `choices`, in a form in which each choice can use an
 * index.
 */
export function withOneOf(query: Query, choices: readonly Query[]): Query {
  return choices.length === 1 ? allOf([query, choices[0] as Query]) : { $or: choices.map((choice) => allOf([query, choice])) };
}

export function allOf(parts: readonly Query[]): Query {
  const used = parts.filter((part) => Object.keys(part).length > 0);
  return used.length > 1 ? { $and: used } : (used[0] ?? {});
}

interface SortKey {
  readonly field: string | undefined;
  readonly path: string;
  readonly isDescending: boolean;
}

function sortKeys(layout: RowLayout, sort: readonly string[]): readonly SortKey[] {
  return sort.map((key) => {
    const isDescending = key.startsWith('-');
    const path = isDescending ? key.slice(1) : key;
    return { field: path === '_id' ? '_id' : fieldOf(layout, path), path, isDescending };
  });
}

/** Returns the value that the field of this path stores. An id has no type prefix, all other strings have one. */
function valueAt(document: StoredDocument, path: string): FieldValue {
  return path === '_id' ? encodeText(document._id) : toFieldValue(readPath(document, path));
}

/**
 * Returns the ranges above a value. MongoDB compares only values of the same type, so strings need a separate range
 * when the value is a number.
 */
function above(value: FieldValue): readonly Query[] {
  if (value === null) return [{ $gte: -Number.MAX_VALUE }, { $gte: '' }];
  return typeof value === 'number' ? [{ $gt: value }, { $gte: '' }] : [{ $gt: value }];
}

function below(value: FieldValue): readonly (Query | null)[] {
  if (value === null) return [];
  return typeof value === 'number' ? [{ $lt: value }, null] : [{ $lt: value }, { $gte: -Number.MAX_VALUE }, null];
}

function fieldOf({ paths }: RowLayout, path: string): string | undefined {
  const at = paths.indexOf(path);
  return at < 0 ? undefined : `c${at}`;
}

/** Compiles a condition; returns undefined if no field can decide it. */
function compileCondition(layout: RowLayout, path: string, condition: Condition): Query | undefined {
  const field = fieldOf(layout, path);
  if (field === undefined) return undefined;
  if (condition === null || typeof condition !== 'object') return equality(layout, path, field, [condition]);
  if ('in' in condition) return equality(layout, path, field, condition.in);
  if ('exists' in condition) return undefined;
  if ('prefix' in condition) return { [field]: prefixRange(TEXT + encodeText(condition.prefix), TEXT, condition.prefix) };
  const range = compileRange(condition, TEXT);
  return range && { [field]: range };
}

/**
 * Returns a query for rows with one of the `wanted` values at this path, or with an array that contains one of them.
 */
function equality({ elementPaths }: RowLayout, path: string, field: string, wanted: readonly Scalar[]): Query {
  const values = wanted.map(toFieldValue);
  const element = elementPaths.indexOf(path);
  if (element < 0) return { [field]: oneOf(values) };
  const choices: Query[] = [];
  const scalars = values.filter((value) => value !== null);
  if (values.length === 0 || scalars.length > 0) choices.push({ [`a${element}`]: oneOf(scalars) });
  if (scalars.length < values.length) choices.push({ [field]: null });
  return choices.length === 1 ? (choices[0] as Query) : { $or: choices };
}

/** Compiles a condition on the id. Ids are strings without a type prefix. */
function compileId(condition: Condition): Query | undefined {
  const ids = (wanted: readonly Scalar[]) => ({ _id: oneOf(wanted.filter((id) => typeof id === 'string').map(encodeText)) });
  if (condition === null || typeof condition !== 'object') return ids([condition]);
  if ('in' in condition) return ids(condition.in);
  if ('exists' in condition) return undefined;
  if ('prefix' in condition) return { _id: prefixRange(encodeText(condition.prefix), '', condition.prefix) };
  if (Object.values(condition).some((bound) => typeof bound === 'number')) return undefined;
  const range = compileRange(condition, '');
  return range && { _id: range };
}

function oneOf(values: readonly FieldValue[]): unknown {
  return values.length === 1 ? values[0] : { $in: values };
}

const OPERATORS = ['gt', 'gte', 'lt', 'lte'] as const;

/**
 * Compiles a range. Returns undefined for ranges that must be checked on the documents: ranges without a bound, with an
 * infinite bound, or with both a number and a string as bounds.
 */
function compileRange(bounds: Exclude<Condition, Scalar>, type: string): Query | undefined {
  const query: Record<string, FieldValue> = {};
  const types = new Set<string>();
  for (const operator of OPERATORS) {
    const bound = (bounds as Partial<Record<(typeof OPERATORS)[number], string | number>>)[operator];
    if (bound === undefined) continue;
    if (typeof bound === 'number' && !Number.isFinite(bound)) return undefined;
    types.add(typeof bound);
    query[`$${operator}`] = typeof bound === 'number' ? bound : type + encodeText(bound);
  }
  if (types.size !== 1) return undefined;
  if (types.has('string') && type !== '') {
    if (!('$gt' in query)) query['$gte'] ??= type;
    if (!('$lte' in query)) query['$lt'] ??= BEHIND_TEXTS;
  }
  return query;
}

/** Matches a text if `encodeText` escapes its last character: U+FFFF or half of a surrogate pair. */
const ENDS_ESCAPED = /(?:[\ud800-\udbff\uffff]|(?<![\ud800-\udbff])[\udc00-\udfff])$/;

function prefixRange(from: string, type: string, prefix: string): Query {
  if (ENDS_ESCAPED.test(prefix)) {
    // `encodeText` has replaced the last character by an escape, which ends in an ASCII character. So the range ends
    // where this ASCII character is one higher.
    const last = from.length - 1;
    return { $gte: from, $lt: from.slice(0, last) + String.fromCharCode(from.charCodeAt(last) + 1) };
  }
  const end = endOfPrefix(prefix);
  if (end !== undefined) return { $gte: from, $lt: type + encodeText(end) };
  return type === '' ? { $gte: from } : { $gte: from, $lt: BEHIND_TEXTS };
}
