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
