/**
 * Data at rest: personal or secret values are sealed before they reach a store, and opened when read. SM4-CBC +
 * HMAC-SM3, encrypt-then-MAC, one data key a day, wrapped by the key-encryption key outside the data folder.
 * Additional data binds a sealed value to its place, so that one row's secret cannot be moved into another.
 */
export interface SealPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

export interface Seal {
  /** Base64 text that contains the number of its data key. */
  seal(place: SealPlace, plain: Uint8Array | string): string;
  /**
   * Throws SEAL_BROKEN (kind bug) if the value was changed or moved; SEAL_KEY_MISSING if its data key does not exist.
   */
  open(place: SealPlace, sealed: string): Uint8Array;
  openText(place: SealPlace, sealed: string): string;
  /** Keyed token of a business key (`name`, `value`), for search by equality. It never changes. */
  token(name: string, value: string): string;
  /** Ensures that today's and tomorrow's data keys exist; called at start and daily. */
  rotate(): Promise<void>;
}

/** One day's key. Raw key material is never exposed; every use derives its own key (HKDF-SM3). */
export interface DataKey {
  /** Days since 1970-01-01 UTC. */
  readonly number: number;
  /** Derives a key for one purpose; a different `salt` per file gives a different key. */
  derive(purpose: string, sizeBytes: number, salt?: Uint8Array): Uint8Array;
}

/** The data keys of an installation: for `Seal`, and for code that seals streams itself (blobs, spools). */
export interface DataKeys {
  /** Today's key, or the newest existing one. */
  current(): DataKey;
  /** SEAL_KEY_MISSING (bug) if the key does not exist. */
  get(number: number): DataKey;
  /** A key that never changes, for tokens that must stay searchable. */
  readonly token: DataKey;
  /** Creates today's and tomorrow's keys if missing, and loads keys that other processes created. */
  rotate(): Promise<void>;
}
