/**
 * Data at rest: what is personal or secret is sealed before it reaches a store, and opened when read.
 * SM4-CBC + HMAC-SM3, encrypt-then-MAC, one data key a day, wrapped by the key-encryption key that lies outside the data folder.
 * Additional data binds a sealed value to its place, so that one row's secret cannot be moved into another.
 */
export interface SealPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

export interface Seal {
  /** Base64 text that carries the number of its data key. */
  seal(place: SealPlace, plain: Uint8Array | string): string;
  /** Throws SEAL_BROKEN (kind bug) when it was changed or moved; SEAL_KEY_MISSING when its data key is not there. */
  open(place: SealPlace, sealed: string): Uint8Array;
  openText(place: SealPlace, sealed: string): string;
  /** Keyed token of a business key (`name`, `value`), for search by equality; the same for ever. */
  token(name: string, value: string): string;
  /** Makes sure that today's and tomorrow's data keys are there; called at start and daily. */
  rotate(): Promise<void>;
}

/** One day's key. Raw key material never leaves it; every use derives its own key (HKDF-SM3). */
export interface DataKey {
  /** Days since 1970-01-01 UTC. */
  readonly number: number;
  /** A key for one purpose; `salt` makes it another one for each file. */
  derive(purpose: string, sizeBytes: number, salt?: Uint8Array): Uint8Array;
}

/** The data keys of an installation: for `Seal`, and for whatever seals streams by itself (blobs, spools). */
export interface DataKeys {
  /** Today's, or the newest one there is. */
  current(): DataKey;
  /** SEAL_KEY_MISSING (bug) when it is not there. */
  get(number: number): DataKey;
  /** One key for ever: for tokens that must stay searchable. */
  readonly token: DataKey;
  /** Makes today's and tomorrow's keys when missing, and learns those that other processes made. */
  rotate(): Promise<void>;
}
