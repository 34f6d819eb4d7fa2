/**
 * Port: small, fast, expendable state shared by the processes of an installation: nonces, limits, leases, caches,
 * hints. The no-loss and no-double guarantees of executions never depend on it. Conformance suite:
 * `test/conformance/shared-state.ts`. Every operation rejects with a transient AppError (SHARED_STATE_DOWN) within
 * two seconds if the state is unreachable, and recovers automatically.
 */
/** What must be carried over when another shared state replaces this one. */
export type KeptEntry =
  | { readonly kind: 'claim'; readonly key: string; readonly endsAt: number; readonly share?: string }
  | { readonly kind: 'lease'; readonly name: string; readonly fencing: number };

export interface SharedState {
  /**
   * Returns true for exactly one caller per key until `ttlMs` has passed. Survives a restart if the backend can
   * (nonces). Claims of one `share` (an app) use at most half of the room, so that one caller cannot block all
   * others. `bornAt` (epoch ms, by the caller's clock): the earliest time the key can have been claimed.
   * CLAIMS_FORGOTTEN (transient) if the state does not reach back that far, with a minute for fast clocks: whether
   * the key was claimed is unknown then.
   */
  claimOnce(key: string, ttlMs: number, share?: string, bornAt?: number): Promise<boolean>;
  /** Adds to a counter that expires `ttlMs` after its creation; returns the new value. */
  increment(key: string, by: number, ttlMs: number): Promise<number>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, options: { readonly ttlMs: number; readonly tags?: readonly string[] }): Promise<void>;
  delete(key: string): Promise<void>;
  /** Removes every value with this tag. */
  deleteByTag(tag: string): Promise<void>;
  /**
   * Acquires or renews a named lease. The fencing number grows with every change of holder while the state lives. If
   * the state is lost (an emptied Redis), it restarts; use Documents for a number that never goes back. Returns
   * undefined while another holder has it.
   */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<{ readonly fencing: number } | undefined>;
  releaseLease(name: string, holder: string): Promise<void>;
  /** Best effort: a lost hint must never matter. */
  publish(channel: string, payload: string): Promise<void>;
  /**
   * Listens until the returned function is called, across lost connections. Does not reject if there is no connection
   * right now.
   */
  subscribe(channel: string, listener: (payload: string) => void): Promise<() => void>;
  close(): Promise<void>;
}
