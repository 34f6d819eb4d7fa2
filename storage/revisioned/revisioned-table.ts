/**
 * What a database must provide for a collection whose writes use revisions (`openRevisionedDocuments`): rows by id,
 * each with a revision that every write changes; one row per write; finds. The pure functions of the port decide
 * beforehand what filters and patches mean.
 */
import type { CollectionSpec, Filter, StoredDocument, WriteOptions } from '../../engine/contract/ports/documents.ts';

/**
 * A stored document. Each write draws `rev` at random (48 bits), so that none ever returns, not even with a new
 * document under an old id.
 */
export interface Row {
  readonly document: StoredDocument;
  readonly rev: number;
  /** Earlier revisions, newest first, at most `PAST_REVISIONS`. */
  readonly past: readonly number[];
  /** Approximate, for the limits of the caches. */
  readonly sizeChars: number;
}

/** What a write stores. `json` is the document's text without undefined fields; `document` may still have some. */
export interface NextRow {
  readonly document: StoredDocument;
  readonly json: string;
  readonly rev: number;
  /** Stored with it, so that the write can be recognised even after others wrote on top. */
  readonly past: readonly number[];
}

export const PAST_REVISIONS = 8;

export type Durability = NonNullable<WriteOptions['durability']>;

/** `moved`: no row of this id is at that revision. */
export type ReplaceAnswer = 'done' | 'moved' | { readonly duplicateKey: string };
export type InsertAnswer = 'done' | 'taken' | { readonly duplicateKey: string };

export interface FindRows {
  readonly sort: readonly string[];
  readonly limit: number;
  /** Only rows after this document in the order of `sort`. With an empty sort it may hold only its id. */
  readonly after?: StoredDocument;
  /**
   * Top-level fields that the table may leave out to save transfer; the caller removes any that it returns anyway.
   */
  readonly omit?: readonly string[];
}

/**
 * Every operation may reject with an AppError; with STORE_DOWN only when it surely had no effect. A write whose
 * response was lost rejects with `LostAnswer`. Operations on one id are called one after the other.
 */
export interface RevisionedTable {
  read(id: string): Promise<Row | undefined>;
  /** Never overwrites. `taken` means that the id exists, and takes precedence over a duplicate key. */
  insert(next: NextRow, durability: Durability): Promise<InsertAnswer>;
  /** Stores `next` if the row is still at the revision of `old`. */
  replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer>;
  /** Removes the row; with a revision only if the row is at it. Returns whether it did. */
  remove(id: string, rev: number | undefined): Promise<boolean>;
  find(filter: Filter, options: FindRows): Promise<readonly Row[]>;
  /** Counts up to `limit` and stops there. */
  count(filter: Filter, limit: number): Promise<number>;
  /** Removes at most `most` expired documents; returns how many. */
  removeExpired(nowMs: number, most: number): Promise<number>;
}

export interface RevisionedDriver {
  /**
   * Creates table and indexes when missing, also when several processes do so at once; STORE_SCHEMA_MISMATCH when the
   * stored ones differ.
   */
  openTable(spec: CollectionSpec<StoredDocument>): Promise<RevisionedTable>;
  /** Rejects with STORE_DOWN when the database does not respond. */
  ping(): Promise<void>;
  /** Waits for the operations already called, then closes. */
  close(): Promise<void>;
}

/** A write was sent and its response did not arrive: it may have been done, or may still be. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer';

  constructor(cause: unknown) {
    super('The answer to a write was lost.', { cause });
  }
}
