/**
 * Port: small, fast, forgettable state shared by the processes of one installation: nonces, limits, leases, caches, hints.
 * Nothing here carries the no-loss or no-double guarantee of executions. Conformance suite: `test/conformance/shared-state.ts`.
 * Every operation rejects with a transient AppError (SHARED_STATE_DOWN) within two seconds when the state cannot be reached, and works
 * again by itself when it can.
 */
/** What must not be forgotten when another shared state takes the place of one. */
export type KeptEntry =
  | { readonly kind: 'claim'; readonly key: string; readonly endsAt: number; readonly share?: string }
  | { readonly kind: 'lease'; readonly name: string; readonly fencing: number };

export interface SharedState {
  /**
   * True for exactly one caller per key until `ttlMs` has passed. Survives a restart where the backend can (nonces).
   * Claims of one `share` (an app) take at most half of the room there is, so that one caller cannot leave none to the others.
   * `bornAt` (epoch ms, by the caller's clock): who makes the key may have claimed it from then on. CLAIMS_FORGOTTEN (transient) where the
   * state does not reach back that far, with a minute for clocks that go ahead: whether it was claimed, nobody knows.
   */
  claimOnce(key: string, ttlMs: number, share?: string, bornAt?: number): Promise<boolean>;
  /** Adds to a counter that forgets itself `ttlMs` after its creation; answers the new value. */
  increment(key: string, by: number, ttlMs: number): Promise<number>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, options: { readonly ttlMs: number; readonly tags?: readonly string[] }): Promise<void>;
  delete(key: string): Promise<void>;
  /** Removes every value that carries the tag. */
  deleteByTag(tag: string): Promise<void>;
  /**
   * Takes or renews a named lease. The fencing number grows with every change of holder for as long as the state lives; where the state
   * is lost (a Redis that was emptied) it begins anew. Who needs a number that never goes back takes it from Documents.
   * Answers undefined while somebody else holds it.
   */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<{ readonly fencing: number } | undefined>;
  releaseLease(name: string, holder: string): Promise<void>;
  /** Best effort: a lost hint must never matter. */
  publish(channel: string, payload: string): Promise<void>;
  /** Hears until it is told to leave, over any loss of the connection; does not reject where there is none just now. */
  subscribe(channel: string, listener: (payload: string) => void): Promise<() => void>;
  close(): Promise<void>;
}
