/**
 * The layout of a collection in MongoDB. A row is one document, with `d` as JSON text and with fields that we compute
 * for indexes: `c<i>` for each path of an index or of the expiry, `a<i>` with the searchable values at a path that
 * has its own index, and `u<i>` with the key of each unique index, absent if the index does not apply. So MongoDB's
 * own rules about field names, array paths, missing fields or the order of types never affect a document, and rows
 * mean the same on every server that speaks the protocol. Every value is null, a number, or a string that starts with
 * its type, because only these sort alike on all servers.
 */
import type { CollectionSpec, IndexSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { indexedPaths, readPath, uniqueKey } from '../../engine/contract/ports/document-semantics.ts';
import type { NextRow } from '../revisioned/revisioned-table.ts';

export type FieldValue = null | number | string;

export interface MongoRow {
  readonly _id: string;
  /** The revision: a new random number with each write. */
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
  /** True if the index contains only rows that have the field. */
  readonly sparse?: true;
}

export interface RowLayout {
  readonly name: string;
  /** The field of path i is `c<i>`. */
  readonly paths: readonly string[];
  /** Paths that have their own index and may therefore have arrays; the field of path i is `a<i>`. */
  readonly elementPaths: readonly string[];
  /** The key of index i is in field `u<i>`. */
  readonly uniqueIndexes: readonly IndexSpec[];
  /** The field of the expiry time. */
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

/**
 * Converts a value of a document to the value of a field. Field values sort as the port requires: null, numbers,
 * strings by code point, booleans, all others.
 */
export function toFieldValue(value: unknown): FieldValue {
  if (value === undefined || value === null) return null;
  // JSON stores infinite numbers and NaN as null.
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string') return TEXT + encodeText(value);
  if (typeof value === 'boolean') return value ? 't1' : 't0';
  return 'x';
}

/** All strings start with TEXT, and sort below BEHIND_TEXTS. */
export const TEXT = 's';
export const BEHIND_TEXTS = 't';

/**
 * Encodes a string so that it sorts by code point, even on a server that compares UTF-16 units. Unpaired surrogates,
 * which are not valid UTF-8, stay distinct. Almost all strings are returned unchanged.
 */
export function encodeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, encodeSpecial) : text;
}

const SPECIAL = /[\ud800-\udfff\uffff]/;
const SPECIALS = /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff\uffff]/g;

/**
 * Encodes U+FFFF, an unpaired surrogate, or a character beyond U+FFFF. All results start with U+FFFF, and characters
 * beyond U+FFFF sort after the others.
 */
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

/** Returns the values that an equality condition matches at a path: the value itself, or each scalar of an array. */
function elements(value: unknown): readonly FieldValue[] {
  const values = Array.isArray(value) ? value.filter((item) => item !== null && typeof item !== 'object') : [value];
  return [...new Set(values.map(toFieldValue).filter((item) => item !== null && item !== 'x'))];
}
