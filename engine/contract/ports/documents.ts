/**
 * Port: typed collections of documents. The truth of the product lies behind it.
 * Backends: `storage/embedded` (SQLite); later MongoDB and the PostgreSQL protocol. Conformance suite: `test/conformance/documents.ts`.
 *
 * Only what every backend has: single-document conditional updates, unique keys, ordered finds. No transaction over several documents.
 * All operations of one process reach the store in the order in which they were called.
 */
import type { TSchema } from 'typebox';

/** A JSON value; `undefined` fields are dropped. Field names never contain a dot and never start with `$`. */
export interface StoredDocument {
  readonly _id: string;
}

export interface IndexSpec {
  readonly name: string;
  /** Dotted paths, most significant first. An array-valued path may appear only alone (`keys`), and then indexes each element. */
  readonly fields: readonly string[];
  /** Documents in which every indexed path is absent are not constrained. */
  readonly unique?: boolean;
}

export interface CollectionSpec<T extends StoredDocument> {
  readonly name: string;
  readonly schema: TSchema;
  readonly indexes: readonly IndexSpec[];
  /** Dotted path of a time in epoch milliseconds after which the store removes the document by itself, within a minute or so. */
  readonly expiresAt?: string;
  /** Type witness only; never set. */
  readonly document?: T;
}

export type Scalar = string | number | boolean | null;

/** What one dotted path must satisfy. A bare scalar means equality; on an array-valued path it means "contains". */
export type Condition =
  | Scalar
  | { readonly in: readonly Scalar[] }
  | { readonly gt?: string | number; readonly gte?: string | number; readonly lt?: string | number; readonly lte?: string | number }
  | { readonly exists: boolean }
  | { readonly prefix: string };

/** All paths must hold. */
export type Filter = Readonly<Record<string, Condition>>;

export interface Patch {
  /** Dotted path -> new value; missing parents are created. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
  /** Dotted path -> added number. */
  readonly inc?: Readonly<Record<string, number>>;
}

export interface WriteOptions {
  /**
   * `full`: the answer comes only after the write survives a power cut (accepted messages, intents).
   * `light` (default): survives a crash of the process; a power cut may lose the last moment.
   */
  readonly durability?: 'full' | 'light';
}

/** `K`: the fields that are left out. */
export interface FindOptions<K extends string = never> {
  /** Paths, each `field` ascending or `-field` descending; `_id` is appended as the last key. */
  readonly sort?: readonly string[];
  /** 1..1000. */
  readonly limit: number;
  /** Continue behind this document of an earlier page (same filter and sort). */
  readonly after?: string;
  /**
   * Top-level fields that the found documents come without. A store that can leaves them where they lie, so that a list does not carry what
   * nobody reads. Filter and sort may name them all the same. A document with a mark is carried whole, because its mark covers it all.
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
  /** Replaces the whole document when `match` holds for the stored one (`_id` always must). */
  replaceIf(document: T, match: Filter, options?: WriteOptions): Promise<PatchResult<T>>;
  /** Changes the document `id` when `match` holds for it, in one atomic step. */
  patchIf(id: string, match: Filter, patch: Patch, options?: WriteOptions): Promise<PatchResult<T>>;
  find<K extends Exclude<keyof T, '_id'> & string = never>(filter: Filter, options: FindOptions<K>): Promise<readonly Without<T, K>[]>;
  /** Counts up to `limit` (default 10 000) and stops there. */
  count(filter: Filter, limit?: number): Promise<number>;
  /** Answers whether it was there (and matched). */
  remove(id: string, match?: Filter): Promise<boolean>;
}

export interface Documents {
  /** Creates the collection and its indexes when missing; refuses (STORE_SCHEMA_MISMATCH) when the stored ones differ. */
  open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>>;
  /** True when whoever else ever owned this store is certainly dead: the embedded store holds an exclusive lock. */
  readonly isExclusive: boolean;
  /** Round trips since opening, for benches and metrics. */
  readonly counters: { readonly writes: number; readonly reads: number };
  /** Resolves when the store answers; rejects with a transient AppError (STORE_DOWN) otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
