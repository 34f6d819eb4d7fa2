/**
 * What a database must do for a collection whose writes go by revision (`openRevisionedDocuments`): rows by id, each with a revision that
 * every write sets anew; one row a write; finds. What filters and patches mean is decided before, by the pure functions of the port.
 */
import type { CollectionSpec, Filter, StoredDocument, WriteOptions } from '../../engine/contract/ports/documents.ts';

/** A document as stored. `rev` is drawn at random (48 bits) by each write, so that none ever comes back, not even with a new document under an old id. */
export interface Row {
  readonly document: StoredDocument;
  readonly rev: number;
  /** The revisions before it, newest first, at most `PAST_REVISIONS`. */
  readonly past: readonly number[];
  /** Roughly, for the bounds of what is kept in memory. */
  readonly sizeChars: number;
}

/** What a write stores. `json` is the document's text without undefined fields; `document` may still hold some. */
export interface NextRow {
  readonly document: StoredDocument;
  readonly json: string;
  readonly rev: number;
  /** To be stored with it, so that a write is known again also under those that others put on top. */
  readonly past: readonly number[];
}

export const PAST_REVISIONS = 8;

export type Durability = NonNullable<WriteOptions['durability']>;

/** `moved`: no row of this id is at that revision (any more). */
export type ReplaceAnswer = 'done' | 'moved' | { readonly duplicateKey: string };
export type InsertAnswer = 'done' | 'taken' | { readonly duplicateKey: string };

export interface FindRows {
  readonly sort: readonly string[];
  readonly limit: number;
  /** Only rows behind this document in the order of `sort`. When the sort is empty it may hold nothing but its id. */
  readonly after?: StoredDocument;
  /** Top-level fields that the table may leave out, where that spares carrying them; what it answers with them loses them afterwards. */
  readonly omit?: readonly string[];
}

/**
 * Every operation may reject with an AppError; with STORE_DOWN only when it surely had no effect. A write of which the answer
 * was lost rejects with `LostAnswer`. Operations of one id are called one after the other.
 */
export interface RevisionedTable {
  read(id: string): Promise<Row | undefined>;
  /** Never overwrites; `taken` is the id, and comes before a duplicate key. */
  insert(next: NextRow, durability: Durability): Promise<InsertAnswer>;
  /** Stores `next` if the row is still at the revision of `old`. */
  replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer>;
  /** Removes the row, if a revision is given only at that; answers whether it did. */
  remove(id: string, rev: number | undefined): Promise<boolean>;
  find(filter: Filter, options: FindRows): Promise<readonly Row[]>;
  /** Counts up to `limit` and stops there. */
  count(filter: Filter, limit: number): Promise<number>;
  /** Removes at most `most` documents whose time has come; answers how many. */
  removeExpired(nowMs: number, most: number): Promise<number>;
}

export interface RevisionedDriver {
  /** Creates table and indexes when missing, also when several processes do so at once; STORE_SCHEMA_MISMATCH when the stored ones differ. */
  openTable(spec: CollectionSpec<StoredDocument>): Promise<RevisionedTable>;
  /** Rejects with STORE_DOWN when the database does not answer. */
  ping(): Promise<void>;
  /** Lets what was called end, then closes. */
  close(): Promise<void>;
}

/** A write was sent and its answer did not come: it may have been done, or may still be. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer';

  constructor(cause: unknown) {
    super('The answer to a write was lost.', { cause });
  }
}
