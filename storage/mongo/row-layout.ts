/**
 * The layout of a collection in MongoDB: one row per document, `d` as JSON text, and beside it the fields that
 * indexes need, computed by us: `c<i>` for each path of an index or of the expiry, `a<i>` with the searchable values
 * at a path that has an index of its own, `u<i>` with the key of each unique index, absent where it does not
 * constrain. So a document never meets MongoDB's own rules about field names, array paths, missing fields or the
 * order of types; and rows mean the same on every server that speaks the protocol.
 * Every value is null, a number or a string that starts with its type: null, numbers and strings sort alike
 * everywhere, other types do not.
 */
import type { CollectionSpec, IndexSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { indexedPaths, readPath, uniqueKey } from '../../engine/contract/ports/document-semantics.ts';
import type { NextRow } from '../revisioned/revisioned-table.ts';

export type FieldValue = null | number | string;

export interface MongoRow {
  readonly _id: string;
  /** Revision: a new random number with each write. */
  readonly r: number;
  /** Earlier revisions. */
  readonly p: readonly number[];
  readonly d: string;
  readonly [field: `${'c' | 'a' | 'u'}${number}`]: FieldValue | readonly FieldValue[];
}

export interface RowIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
  readonly unique?: true;
  /** Rows without the field are not in the index. */
  readonly sparse?: true;
}

export interface RowLayout {
  readonly name: string;
  /** Path i is field `c<i>`. */
  readonly paths: readonly string[];
  /** Paths that have an index of their own and so may hold arrays; path i is field `a<i>`. */
  readonly elementPaths: readonly string[];
  /** Index i has its key in field `u<i>`. */
  readonly uniqueIndexes: readonly IndexSpec[];
  /** Field of the expiry time. */
  readonly expiryField: string | undefined;
  readonly indexes: readonly RowIndex[];
}

export function layoutRows(spec: CollectionSpec<StoredDocument>): RowLayout {
  const { name, indexes, expiresAt } = spec;
  const { paths, elementPaths } = indexedPaths(spec);
  const field = (path: string) => `c${paths.indexOf(path)}`;
  const uniqueIndexes = indexes.filter((index) => index.unique);
  const rowIndexes: RowIndex[] = [];
  for (const index of indexes) {
    const [first = ''] = index.fields;
    const element = elementPaths.indexOf(first);
    rowIndexes.push({ name: index.name, key: { ...Object.fromEntries(index.fields.map((path) => [field(path), 1 as const])), _id: 1 } });
    if (index.unique)
      rowIndexes.push({ name: `${index.name}:key`, key: { [`u${uniqueIndexes.indexOf(index)}`]: 1 }, unique: true, sparse: true });
    if (index.fields.length === 1 && element >= 0)
      rowIndexes.push({ name: `${index.name}:elements`, key: { [`a${element}`]: 1, _id: 1 }, sparse: true });
  }
  if (expiresAt !== undefined) rowIndexes.push({ name: ':expiry', key: { [field(expiresAt)]: 1 } });
  return {
    name,
    paths,
    elementPaths,
    uniqueIndexes,
    expiryField: expiresAt === undefined ? undefined : field(expiresAt),
    indexes: rowIndexes,
  };
}

export function toRow({ paths, elementPaths, uniqueIndexes }: RowLayout, { document, json, rev, past }: NextRow): MongoRow {
  const row: { -readonly [Field in keyof MongoRow]: MongoRow[Field] } = { _id: encodeText(document._id), r: rev, p: past, d: json };
  for (let i = 0; i < paths.length; i++) row[`c${i}`] = toFieldValue(readPath(document, paths[i] as string));
  for (let i = 0; i < elementPaths.length; i++) {
    const values = elements(readPath(document, elementPaths[i] as string));
    if (values.length > 0) row[`a${i}`] = values;
  }
  for (let i = 0; i < uniqueIndexes.length; i++) {
    const key = uniqueKey(document, (uniqueIndexes[i] as IndexSpec).fields);
    if (key !== undefined) row[`u${i}`] = encodeText(key);
  }
  return row;
}

/** Field values sort as the port requires: null, numbers, strings by code point, booleans, the rest. */
export function toFieldValue(value: unknown): FieldValue {
  if (value === undefined || value === null) return null;
  // As in JSON.
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string') return TEXT + encodeText(value);
  if (typeof value === 'boolean') return value ? 't1' : 't0';
  return 'x';
}

/** All strings start with the first, and sort below the second. */
export const TEXT = 's';
export const BEHIND_TEXTS = 't';

/**
 * The string in a form that sorts by code point even where a server compares UTF-16 units (one does), and that keeps
 * unpaired surrogates, which are not valid UTF-8, distinct. Almost every string is unchanged.
 */
export function encodeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, encodeSpecial) : text;
}

const SPECIAL = /[\ud800-\udfff\uffff]/;
const SPECIALS = /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff\uffff]/g;

/** Sorts characters beyond U+FFFF after U+FFFF, which is itself encoded as the smallest string with that prefix. */
function encodeSpecial(special: string): string {
  if (special.length === 2) return `\uffff${special}`;
  if (special === '\uffff') return '\uffff\u0001';
  return `\uffff\u0002${special.charCodeAt(0).toString(16)}`;
}

export function decodeText(text: string): string {
  return text.includes('\uffff') ? text.replace(ENCODED, decodeSpecial) : text;
}

const ENCODED = /\uffff(?:\u0001|\u0002([0-9a-f]{4})|([\ud800-\udbff][\udc00-\udfff]))/g;

function decodeSpecial(_all: string, unit: string | undefined, pair: string | undefined): string {
  if (unit !== undefined) return String.fromCharCode(parseInt(unit, 16));
  return pair ?? '\uffff';
}

/** The values that equality matches at a path: the value itself, or each scalar of an array. */
function elements(value: unknown): readonly FieldValue[] {
  const values = Array.isArray(value) ? value.filter((item) => item !== null && typeof item !== 'object') : [value];
  return [...new Set(values.map(toFieldValue).filter((item) => item !== null && item !== 'x'))];
}
