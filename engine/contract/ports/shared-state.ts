/**
 * The port for small, fast state that the processes of an installation share: nonces, limits, leases, caches, hints.
 * The state may be lost; the guarantees of executions (nothing lost, nothing done twice) never depend on it.
 * Conformance suite: `test/conformance/shared-state.ts`. If the state is unreachable, every operation rejects with
 * SHARED_STATE_DOWN (transient) within two seconds; it recovers automatically.
 */
/** An entry that must be copied when another shared state replaces this one. */
export type KeptEntry =
  | { readonly kind: 'claim'; readonly key: string; readonly endsAt: number; readonly share?: string }
  | { readonly kind: 'lease'; readonly name: string; readonly fencing: number };

export interface SharedState {
  /**
   * Returns true for exactly one caller per key until `ttlMs` has passed. Claims survive a restart if the backend can
   * store them. Claims of one `share` (an app) may fill at most half of the space for claims, so that one caller cannot
   * block all others. `bornAt` (epoch ms, by the caller's clock) is the earliest time at which the key can have been
   * claimed. Rejects with CLAIMS_FORGOTTEN (transient) if the state does not reach back to `bornAt`, with a minute of
   * tolerance for fast clocks: it is then unknown whether the key was claimed.
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
   * Acquires or renews a named lease. Returns undefined while another holder has the lease. The fencing number grows
   * with every change of holder, but restarts if the state is lost (an emptied Redis); use Documents for a number that
   * never goes back.
   */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<{ readonly fencing: number } | undefined>;
  releaseLease(name: string, holder: string): Promise<void>;
  /** Sends a hint to the subscribers. It may be lost, so nothing may depend on it. */
  publish(channel: string, payload: string): Promise<void>;
  /**
   * Calls the listener until the returned function is called, and subscribes again after a lost connection. Does not
   * reject if there is no connection at the moment.
   */
  subscribe(channel: string, listener: (payload: string) => void): Promise<() => void>;
  close(): Promise<void>;
}
