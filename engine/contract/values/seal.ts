/**
 * Encrypts data at rest: personal or secret values are sealed before they reach a store, and opened when they are read.
 * SM4-CBC and HMAC-SM3, encrypt-then-MAC. There is one data key per day. The key-encryption key, which is outside the
 * data folder, wraps the data keys. Additional authenticated data binds a sealed value to its row and field, so that a
 * secret cannot be moved into another row.
 */
export interface SealPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

export interface Seal {
  /** Returns the sealed value as base64 text, which contains the number of its data key. */
  seal(place: SealPlace, plain: Uint8Array | string): string;
  /**
   * Returns the opened value. Throws SEAL_BROKEN (bug) if the value was changed or moved, and SEAL_KEY_MISSING (bug)
   * if its data key does not exist.
   */
  open(place: SealPlace, sealed: string): Uint8Array;
  openText(place: SealPlace, sealed: string): string;
  /**
   * Returns a keyed token of a business key (`name`, `value`), for search by equality. The token of a value never
   * changes.
   */
  token(name: string, value: string): string;
  /** Creates today's and tomorrow's data keys if they are missing. Called at start and daily. */
  rotate(): Promise<void>;
}

/** The data key of one day. Its raw bytes are never exposed; every use derives its own key (HKDF-SM3). */
export interface DataKey {
  /** Days since 1970-01-01 UTC. */
  readonly number: number;
  /** Derives a key for one purpose. A different `salt` per file gives a different key. */
  derive(purpose: string, sizeBytes: number, salt?: Uint8Array): Uint8Array;
}

/** The data keys of an installation: for `Seal`, and for code that seals streams itself (blobs, spools). */
export interface DataKeys {
  /** Returns today's key, or the newest one if today's does not exist. */
  current(): DataKey;
  /** Returns the key with this number. Throws SEAL_KEY_MISSING (bug) if it does not exist. */
  get(number: number): DataKey;
  /** A key that never changes, for tokens that must stay searchable. */
  readonly token: DataKey;
  /** Creates today's and tomorrow's keys if missing, and loads keys that other processes created. */
  rotate(): Promise<void>;
}
