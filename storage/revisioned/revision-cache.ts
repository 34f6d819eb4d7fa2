import type { StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { NextRow, Row } from './revisioned-table.ts';

/**
 * Caches the rows that this process read or wrote last, so that a write need not read the row first. A cached row may
 * be out of date at any time. So a write that is based on it succeeds only if the stored row has the same revision. The
 * documents are deeply frozen, because callers get these objects themselves.
 */
export interface RevisionCache {
  get(collection: string, id: string): Row | undefined;
  /** Stores a row that was just read or written. */
  put(collection: string, id: string, row: Row): void;
  /**
   * Stores a row from a list. `since` is the `moment` before the list was read. A row that was stored after that moment
   * is not replaced, because it may be newer than the list.
   */
  putListed(collection: string, row: Row, since: number): void;
  drop(collection: string, id: string): void;
  /** The number of rows stored so far. Read it before reading a list, and pass it to `putListed`. */
  readonly moment: number;
}

const MAX_ROWS = 10_000;
const MAX_CHARS = 16 * 1024 * 1024;
const MAX_CHARS_EACH = 256 * 1024;

/** Creates the cache. When it is full, it drops the rows that were stored longest ago. */
export function createRevisionCache(): RevisionCache {
  const entries = new Map<string, { readonly row: Row; readonly moment: number }>();
  let moment = 0;
  let chars = 0;

  function drop(key: string) {
    chars -= entries.get(key)?.row.sizeChars ?? 0;
    entries.delete(key);
  }

  function put(key: string, row: Row) {
    drop(key);
    if (row.sizeChars > MAX_CHARS_EACH) return;
    entries.set(key, { row, moment: ++moment });
    chars += row.sizeChars;
    for (const oldest of entries.keys()) {
      if (entries.size <= MAX_ROWS && chars <= MAX_CHARS) break;
      drop(oldest);
    }
  }

  return {
    get: (collection, id) => entries.get(keyOf(collection, id))?.row,
    put: (collection, id, row) => put(keyOf(collection, id), row),
    putListed(collection, row, since) {
      const key = keyOf(collection, row.document._id);
      if ((entries.get(key)?.moment ?? 0) <= since) put(key, row);
    },
    drop: (collection, id) => drop(keyOf(collection, id)),
    get moment() {
      return moment;
    },
  };
}

/**
 * A row that was just written. Its document is parsed only when it is read, because most callers of a write do not
 * read it.
 */
export class WrittenRow implements Row {
  readonly rev: number;
  readonly past: readonly number[];
  readonly sizeChars: number;
  readonly #json: string;
  #document: StoredDocument | undefined;

  constructor({ json, rev, past }: NextRow) {
    this.rev = rev;
    this.past = past;
    this.sizeChars = json.length;
    this.#json = json;
  }

  get document(): StoredDocument {
    return (this.#document ??= deepFreeze(JSON.parse(this.#json) as StoredDocument));
  }
}

export function frozenRow(row: Row): Row {
  deepFreeze(row.document);
  return row;
}

function keyOf(collection: string, id: string): string {
  return `${collection}/${id}`;
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
