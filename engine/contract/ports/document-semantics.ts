/**
 * The semantics of filters, patches, order and unique keys of the port `Documents`, as pure functions. A backend
 * either runs these functions or has a query language that gives the same results; `test/conformance/documents.ts`
 * verifies this.
 */
import { AppError } from '../values/errors.ts';
import type { CollectionSpec, Condition, Filter, IndexSpec, Patch, Scalar, StoredDocument, Without } from './documents.ts';

/** A collection name that every store accepts. */
const COLLECTION_NAME = /^[a-z][a-z0-9_]{0,62}$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns true if every path of the filter matches. `null` matches null and absent values. On an array, a scalar or
 * `in` means "contains".
 */
export function matchesFilter(document: object, filter: Filter): boolean {
  for (const path in filter) {
    if (!matchesCondition(readPath(document, path), filter[path] as Condition)) return false;
  }
  return true;
}

/**
 * Returns a new document; the old one stays unchanged, and the two share their unchanged parts. Applies `unset`, then
 * `set`, then `inc`. Throws STORE_BAD_PATCH (bug) if a path goes through a value that is not an object, or if `inc`
 * finds a value that is not a number.
 */
export function applyPatch<T extends object>(document: T, patch: Patch): T {
  let result: Fields = document as Fields;
  for (const path of patch.unset ?? []) result = writePath(result, path.split('.'), 0, () => undefined);
  for (const path in patch.set) {
    const value = patch.set[path];
    result = writePath(result, path.split('.'), 0, () => value);
  }
  for (const path in patch.inc) {
    const by = patch.inc[path] as number;
    result = writePath(result, path.split('.'), 0, (old) => added(old, by, path));
  }
  return result as T;
}

/** Returns the value at a dotted path, or undefined. Never reads from arrays or prototypes. */
export function readPath(document: object, path: string): unknown {
  if (!path.includes('.')) return ownField(document, path);
  let value: unknown = document;
  for (const name of path.split('.')) value = ownField(value, name);
  return value;
}

/**
 * Returns the document that a database row contains, with the id of the row. Do not trust the `_id` inside the stored
 * document: if somebody copied it from another row, its integrity mark and its sealed values are valid for that other
 * id.
 */
export function documentOfRow(id: string, stored: unknown): StoredDocument {
  const document = stored as StoredDocument | null;
  return document?._id === id ? document : { ...document, _id: id };
}

/** Returns the document without the fields of `omit`. */
export function withoutFields<T extends StoredDocument, K extends string>(document: T, omit: readonly K[] | undefined): Without<T, K> {
  if (omit === undefined) return document as Without<T, K>;
  return Object.fromEntries(Object.entries(document).filter(([name]) => !omit.includes(name as K))) as Without<T, K>;
}

/**
 * Returns the key by which a unique index compares a document. Returns undefined if every path is absent or null; the
 * index does not constrain such a document.
 */
export function uniqueKey(document: object, fields: readonly string[]): string | undefined {
  const values = fields.map((field) => readPath(document, field) ?? null);
  return values.every((value) => value === null) ? undefined : JSON.stringify(values);
}

/**
 * The paths that a store must index for a collection. Every backend computes them from the collection's specification.
 */
export interface IndexedPaths {
  /** Paths used by an index or by the expiry. */
  readonly paths: readonly string[];
  /** The paths that are used only by non-unique indexes over a single path, and so may hold arrays. */
  readonly elementPaths: readonly string[];
}

export function indexedPaths({ indexes, expiresAt }: CollectionSpec<StoredDocument>): IndexedPaths {
  const paths = [...new Set([...indexes.flatMap((index) => index.fields), ...(expiresAt === undefined ? [] : [expiresAt])])];
  const shared = new Set(indexes.filter((index) => index.unique || index.fields.length > 1).flatMap((index) => index.fields));
  return { paths, elementPaths: paths.filter((path) => !shared.has(path) && path !== expiresAt) };
}

/**
 * Returns the paths that a document must have to get an entry in this index. For an index over one path that may hold
 * arrays, this is that path. For every other index, these are all paths except the last. A document that lacks one of them
 * gets no entry, so an index over a field that few documents have stays small.
 */
export function pathsOfEntry({ fields }: IndexSpec, { elementPaths }: Pick<IndexedPaths, 'elementPaths'>): readonly string[] {
  return fields.length === 1 && elementPaths.includes(fields[0]!) ? fields : fields.slice(0, -1);
}

/** Throws STORE_BAD_NAME (bug) if the text cannot be the name of a collection. */
export function refuseBadName(collection: string): void {
  if (COLLECTION_NAME.test(collection)) return;
  throw new AppError('STORE_BAD_NAME', 'bug', `"${collection}" cannot be the name of a collection.`, {
    values: { collection },
    fix: 'Use lower-case letters, digits and underscores.',
  });
}

/**
 * Returns a function that compares two documents by `sort`: absent and null come first, then numbers, then strings by
 * code point, then everything else; finally `_id` ascending.
 */
export function compareDocuments(sort: readonly string[]): (a: { readonly _id: string }, b: { readonly _id: string }) => number {
  const keys = sort.map((key) => (key.startsWith('-') ? ([key.slice(1), -1] as const) : ([key, 1] as const)));
  return (a, b) => {
    for (const [path, direction] of keys) {
      const order = compareValues(readPath(a, path), readPath(b, path));
      if (order !== 0) return order * direction;
    }
    return compareText(a._id, b._id);
  };
}

/** Returns the first string after all strings that begin with `prefix`; undefined if there is none. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/**
 * Compares by code point, in the same order as UTF-8 bytes. JavaScript's `<` compares UTF-16 units and gives another
 * order beyond U+FFFF.
 */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

function matchesCondition(value: unknown, condition: Condition): boolean {
  if (condition === null || typeof condition !== 'object') return equalsOrContains(value, condition);
  if ('in' in condition) return condition.in.some((wanted) => equalsOrContains(value, wanted));
  if ('exists' in condition) return (value !== undefined) === condition.exists;
  if ('prefix' in condition) return typeof value === 'string' && value.startsWith(condition.prefix);
  const { gt, gte, lt, lte } = condition;
  return (
    (gt === undefined || inOrder(gt, value, false)) &&
    (gte === undefined || inOrder(gte, value, true)) &&
    (lt === undefined || inOrder(value, lt, false)) &&
    (lte === undefined || inOrder(value, lte, true))
  );
}

function equalsOrContains(value: unknown, wanted: Scalar): boolean {
  if (wanted === null) return value === undefined || value === null;
  return value === wanted || (Array.isArray(value) && value.includes(wanted));
}

/** Values of different types have no order. */
function inOrder(low: unknown, high: unknown, orEqual: boolean): boolean {
  if (typeof low !== typeof high || (typeof low !== 'string' && typeof low !== 'number')) return false;
  const order = compareValues(low, high);
  return order < 0 || (orEqual && order === 0);
}

function compareValues(a: unknown, b: unknown): number {
  const byType = typeRank(a) - typeRank(b);
  if (byType !== 0) return byType;
  if (typeof a === 'number') return a - (b as number);
  if (typeof a === 'string') return compareText(a, b as string);
  return typeof a === 'boolean' && typeof b === 'boolean' ? Number(a) - Number(b) : 0;
}

function typeRank(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number') return 1;
  if (typeof value === 'string') return 2;
  return typeof value === 'boolean' ? 3 : 4;
}

function codePointRank(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function ownField(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as Fields)[name];
}

/**
 * Returns the object with a changed field; copies only the objects on the path. `change` returns undefined to remove
 * the field.
 */
function writePath(parent: Fields, names: readonly string[], at: number, change: (old: unknown) => unknown): Fields {
  const name = names[at] as string;
  const old = ownField(parent, name);
  let value: unknown;
  if (at === names.length - 1) {
    value = change(old);
  } else if (old === undefined || old === null) {
    value = writePath({}, names, at + 1, change);
    if (Object.keys(value as Fields).length === 0) return parent;
  } else if (typeof old === 'object' && !Array.isArray(old)) {
    value = writePath(old as Fields, names, at + 1, change);
  } else {
    throw badPatch(names.join('.'), `"${names.slice(0, at + 1).join('.')}" is not an object`);
  }
  if (value !== undefined) return { ...parent, [name]: value };
  if (old === undefined) return parent;
  const { [name]: _removed, ...rest } = parent;
  return rest;
}

function added(old: unknown, by: number, path: string): number {
  if (old !== undefined && old !== null && typeof old !== 'number')
    throw badPatch(path, 'it is not a number, so nothing can be added to it');
  return ((old as number | undefined | null) ?? 0) + by;
}

function badPatch(path: string, reason: string): AppError {
  return new AppError('STORE_BAD_PATCH', 'bug', `The patch of "${path}" cannot be applied: ${reason}.`, {
    values: { path },
    fix: 'Correct the path in the code that creates the patch.',
  });
}
