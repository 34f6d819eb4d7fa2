/**
 * What a database must provide for a collection whose writes use revisions (`openRevisionedDocuments`): reading rows
 * by id, writing one row, and lists. Each write gives a row a new revision. Filters and patches are evaluated
 * beforehand by the pure functions of the port.
 */
import type { CollectionSpec, Filter, StoredDocument, WriteOptions } from '../../engine/contract/ports/documents.ts';

/**
 * A stored document. Each write sets `rev` to a random number of 48 bits, so that no revision occurs twice, not even
 * for a new document with an old id.
 */
export interface Row {
  readonly document: StoredDocument;
  readonly rev: number;
  /** Earlier revisions, newest first, at most `PAST_REVISIONS`. */
  readonly past: readonly number[];
  /** Approximate length of the document in characters, for the limits of the caches. */
  readonly sizeChars: number;
}

/**
 * What a write stores. `json` is the document's text without undefined fields; `document` may still have undefined
 * fields.
 */
export interface NextRow {
  readonly document: StoredDocument;
  readonly json: string;
  readonly rev: number;
  /**
   * Earlier revisions of the row. They are stored with the row. So when other writes have replaced the row, it still
   * shows that this write was done.
   */
  readonly past: readonly number[];
}

export const PAST_REVISIONS = 8;

export type Durability = NonNullable<WriteOptions['durability']>;

/** `moved`: no row with this id has the expected revision. */
export type ReplaceAnswer = 'done' | 'moved' | { readonly duplicateKey: string };
export type InsertAnswer = 'done' | 'taken' | { readonly duplicateKey: string };

export interface FindRows {
  readonly sort: readonly string[];
  readonly limit: number;
  /** Return only rows after this document in the order of `sort`. With an empty sort it may have only its id. */
  readonly after?: StoredDocument;
  /**
   * Top-level fields that the table may leave out to save transfer. The caller removes those that the table returns
   * anyway.
   */
  readonly omit?: readonly string[];
}

/**
 * Every operation may reject with an AppError, but with STORE_DOWN only if it certainly had no effect. A write whose
 * response was lost rejects with `LostAnswer`. For each id, callers start an operation only when the previous one has
 * ended.
 */
export interface RevisionedTable {
  read(id: string): Promise<Row | undefined>;
  /**
   * Inserts a row; never overwrites one. `taken` means that the id exists. It is also returned if the id exists and
   * another unique key is taken too.
   */
  insert(next: NextRow, durability: Durability): Promise<InsertAnswer>;
  /** Stores `next` if the row is still at the revision of `old`. */
  replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer>;
  /** Removes the row; if `rev` is given, only if the row has this revision. Returns whether a row was removed. */
  remove(id: string, rev: number | undefined): Promise<boolean>;
  find(filter: Filter, options: FindRows): Promise<readonly Row[]>;
  /** Counts matching rows, but stops at `limit`. */
  count(filter: Filter, limit: number): Promise<number>;
  /** Removes at most `most` expired documents; returns how many. */
  removeExpired(nowMs: number, most: number): Promise<number>;
}

export interface RevisionedDriver {
  /**
   * Creates missing table and indexes, also if several processes do so at once. Rejects with STORE_SCHEMA_MISMATCH
   * (input) if the stored ones differ.
   */
  openTable(spec: CollectionSpec<StoredDocument>): Promise<RevisionedTable>;
  /** Rejects with STORE_DOWN if the database does not respond. */
  ping(): Promise<void>;
  /** Waits for the operations that were already called, then closes. */
  close(): Promise<void>;
}

/** A write was sent but its response did not arrive: it may have been done, or may still be done. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer';

  constructor(cause: unknown) {
    super('The response to a write was lost.', { cause });
  }
}
