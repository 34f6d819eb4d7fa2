/**
 * Port: typed collections of documents. They are the product's source of truth. Backends: `storage/embedded`
 * (SQLite); later MongoDB and the PostgreSQL protocol. Conformance suite: `test/conformance/documents.ts`.
 *
 * Only features that every backend has: single-document conditional updates, unique keys, ordered finds. No
 * transaction over several documents. All operations of one process reach the store in the order of their calls.
 */
import type { TSchema } from 'typebox';

/** A JSON value; `undefined` fields are dropped. Field names never contain a dot and never start with `$`. */
export interface StoredDocument {
  readonly _id: string;
}

export interface IndexSpec {
  readonly name: string;
  /**
   * Dotted paths, most significant first. A path with array values must be alone (`keys`); it then indexes each
   * element.
   */
  readonly fields: readonly string[];
  /** Documents without any of the indexed paths are not constrained. */
  readonly unique?: boolean;
}

export interface CollectionSpec<T extends StoredDocument> {
  readonly name: string;
  readonly schema: TSchema;
  readonly indexes: readonly IndexSpec[];
  /**
   * Dotted path of a time in epoch milliseconds. The store removes the document automatically after it, within about
   * a minute.
   */
  readonly expiresAt?: string;
  /** Type witness only; never set. */
  readonly document?: T;
}

export type Scalar = string | number | boolean | null;

/** What one dotted path must satisfy. A bare scalar means equality; on an array it means "contains". */
export type Condition =
  | Scalar
  | { readonly in: readonly Scalar[] }
  | { readonly gt?: string | number; readonly gte?: string | number; readonly lt?: string | number; readonly lte?: string | number }
  | { readonly exists: boolean }
  | { readonly prefix: string };

/** All paths must match. */
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
   * `full`: resolves only when the write would survive a power cut (accepted messages, intents). `light` (default):
   * survives a crash of the process; a power cut may lose the last moment.
   */
  readonly durability?: 'full' | 'light';
}

/** `K`: the omitted fields. */
export interface FindOptions<K extends string = never> {
  /** Paths, each `field` ascending or `-field` descending; `_id` is appended as the last key. */
  readonly sort?: readonly string[];
  /** 1..1000. */
  readonly limit: number;
  /** Continues after this document of an earlier page (same filter and sort). */
  readonly after?: string;
  /**
   * Top-level fields to leave out of the found documents. A store that supports it does not read them, so that lists
   * stay cheap. Filter and sort may still name them. A document with a mark is always read whole, because its mark
   * covers all fields.
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
  /** Never overwrites. */
  insert(document: T, options?: WriteOptions): Promise<InsertResult>;
  /** Replaces the whole document if `match` holds for the stored one (`_id` must always match). */
  replaceIf(document: T, match: Filter, options?: WriteOptions): Promise<PatchResult<T>>;
  /** Changes the document `id` if `match` holds for it, atomically. */
  patchIf(id: string, match: Filter, patch: Patch, options?: WriteOptions): Promise<PatchResult<T>>;
  find<K extends Exclude<keyof T, '_id'> & string = never>(filter: Filter, options: FindOptions<K>): Promise<readonly Without<T, K>[]>;
  /** Counts up to `limit` (default 10 000) and stops there. */
  count(filter: Filter, limit?: number): Promise<number>;
  /** Returns whether the document existed (and matched). */
  remove(id: string, match?: Filter): Promise<boolean>;
}

export interface Documents {
  /** Creates the collection and its indexes if missing; throws STORE_SCHEMA_MISMATCH if the stored ones differ. */
  open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>>;
  /** True if every earlier owner of this store is certainly dead: the embedded store holds an exclusive lock. */
  readonly isExclusive: boolean;
  /** Round trips since opening, for benchmarks and metrics. */
  readonly counters: { readonly writes: number; readonly reads: number };
  /** Resolves if the store responds; otherwise rejects with a transient AppError (STORE_DOWN). */
  ping(): Promise<void>;
  close(): Promise<void>;
}
