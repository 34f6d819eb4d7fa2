/**
 * The port for typed collections of documents, which hold all lasting data of the product. Backends:
 * `storage/embedded` (SQLite); later MongoDB and the PostgreSQL protocol. Conformance suite:
 * `test/conformance/documents.ts`.
 *
 * The port has only features that every backend has: conditional updates of one document, unique keys, ordered finds.
 * There is no transaction over several documents. All operations of one process reach the store in the order of their
 * calls.
 */
import type { TSchema } from 'typebox';

/** A JSON value; `undefined` fields are dropped. Field names never contain a dot and never start with `$`. */
export interface StoredDocument {
  readonly _id: string;
}

export interface IndexSpec {
  readonly name: string;
  /**
   * Dotted paths, the most significant first. A path whose values are arrays (`keys`) must be the only path of its
   * index; the index then has an entry for each element.
   */
  readonly fields: readonly string[];
  /**
   * If true, no two documents have the same values at these paths. Documents in which all these paths are absent or
   * null are exempt.
   */
  readonly unique?: boolean;
}

export interface CollectionSpec<T extends StoredDocument> {
  readonly name: string;
  readonly schema: TSchema;
  readonly indexes: readonly IndexSpec[];
  /**
   * The dotted path of a time in epoch milliseconds. The store removes the document within about a minute after that
   * time.
   */
  readonly expiresAt?: string;
  /** Exists only for the type; never set. */
  readonly document?: T;
}

export type Scalar = string | number | boolean | null;

/** The condition on the value at one dotted path. A bare scalar means equality; on an array it means "contains". */
export type Condition =
  | Scalar
  | { readonly in: readonly Scalar[] }
  | { readonly gt?: string | number; readonly gte?: string | number; readonly lt?: string | number; readonly lte?: string | number }
  | { readonly exists: boolean }
  | { readonly prefix: string };

/** Conditions by dotted path; all must match. */
export type Filter = Readonly<Record<string, Condition>>;

export interface Patch {
  /** Dotted path -> new value; missing parents are created. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
  /** Dotted path -> number to add. */
  readonly inc?: Readonly<Record<string, number>>;
}

export interface WriteOptions {
  /**
   * `full`: resolves only when the write would survive a power cut; for accepted messages and intents. `light`
   * (default): survives a crash of the process, but a power cut may lose the most recent writes.
   */
  readonly durability?: 'full' | 'light';
}

/** `K`: the names of the omitted fields. */
export interface FindOptions<K extends string = never> {
  /** Paths, each `field` ascending or `-field` descending; `_id` is appended as the last key. */
  readonly sort?: readonly string[];
  /** The maximum number of documents to return, from 1 to 1000. */
  readonly limit: number;
  /**
   * The id of the last document of the page before; the find continues after it. Filter and sort must be the same as
   * for that page.
   */
  readonly after?: string;
  /**
   * Top-level fields to leave out of the found documents. A store that supports it does not read them, so that lists
   * stay cheap. Filter and sort may still name them. A document with an integrity mark is always read whole, because
   * the mark covers all fields.
   */
  readonly omit?: readonly K[];
}

/** A found document without the fields `K`. */
export type Without<T, K extends string> = [K] extends [never] ? T : Omit<T, K>;

export type InsertResult =
  { readonly inserted: true } | { readonly inserted: false; readonly duplicateOf: 'id' | 'unique'; readonly index?: string };

export type PatchResult<T> =
  | { readonly outcome: 'patched'; readonly document: T }
  | { readonly outcome: 'no-match' }
  | { readonly outcome: 'duplicate-key'; readonly index: string };

export interface Collection<T extends StoredDocument> {
  readonly name: string;
  get(id: string): Promise<T | undefined>;
  /** Stores a new document. Never overwrites an existing one. */
  insert(document: T, options?: WriteOptions): Promise<InsertResult>;
  /** Replaces the stored document that has the `_id` of `document`, if `match` holds for the stored one. */
  replaceIf(document: T, match: Filter, options?: WriteOptions): Promise<PatchResult<T>>;
  /** Changes the document `id` atomically, if `match` holds for it. */
  patchIf(id: string, match: Filter, patch: Patch, options?: WriteOptions): Promise<PatchResult<T>>;
  find<K extends Exclude<keyof T, '_id'> & string = never>(filter: Filter, options: FindOptions<K>): Promise<readonly Without<T, K>[]>;
  /** Counts up to `limit` (default 10 000) and stops there. */
  count(filter: Filter, limit?: number): Promise<number>;
  /** Removes the document if `match` holds for it. Returns whether it was removed. */
  remove(id: string, match?: Filter): Promise<boolean>;
}

export interface Documents {
  /**
   * Creates the collection and its indexes if they are missing. Rejects with STORE_SCHEMA_MISMATCH if the stored
   * indexes differ.
   */
  open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>>;
  /** True if no earlier owner of this store can still be alive: the embedded store holds an exclusive lock. */
  readonly isExclusive: boolean;
  /** The number of round trips since opening, for benchmarks and metrics. */
  readonly counters: { readonly writes: number; readonly reads: number };
  /** Resolves if the store responds; otherwise rejects with a transient AppError (STORE_DOWN). */
  ping(): Promise<void>;
  close(): Promise<void>;
}
