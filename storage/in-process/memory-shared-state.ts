/**
 * Shared state within one process, in memory. With a `journal`, claims and fencing numbers survive a restart. There may
 * be 4,000,000 claims, at most half of them of one share (an app), and 100,000 each of values, counters and leases.
 * Beyond these limits, operations reject with SHARED_STATE_FULL (transient).
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createClaims, type Claims } from './claims.ts';
import { createExpiringMap, sharedStateFull, type ExpiringMap } from './expiring-map.ts';

export type KeptClaim = readonly [key: string, endsAt: number, share?: string];

/** Stores the parts of the state that must survive a restart. */
export interface SharedStateJournal {
  /** The claims that were stored before this process started. */
  readonly claims: Claims;
  readonly fencing: Iterable<readonly [name: string, fencing: number]>;
  /** Resolves when the claim is stored. If it rejects, the claim was not made. */
  saveClaim(claim: KeptClaim): Promise<void>;
  saveFencing(name: string, fencing: number): Promise<void>;
}

const MAX_ENTRIES = 100_000;

export function createMemorySharedState(options: { readonly clock: Clock; readonly journal?: SharedStateJournal }): SharedState {
  const { clock, journal } = options;
  const now = () => clock.now();
  const claims = journal?.claims ?? createClaims(clock);
  const counters = createExpiringMap<number>(MAX_ENTRIES, now);
  const values = createTaggedValues(now);
  const leases = createLeases(clock, journal);
  const hints = createHints();

  return {
    async claimOnce(key, ttlMs, share) {
      const endsAt = Math.ceil(now() + ttlMs);
      if (!claims.claim(key, endsAt, share)) return false;
      if (!journal) return true;
      try {
        await journal.saveClaim(share === undefined ? [key, endsAt] : [key, endsAt, share]);
      } catch (cause) {
        claims.delete(key);
        throw cause;
      }
      return true;
    },
    async increment(key, by, ttlMs) {
      const value = (counters.get(key) ?? 0) + by;
      counters.set(key, value, counters.expiresAt(key) ?? now() + ttlMs);
      return value;
    },
    ...values,
    ...leases,
    ...hints,
    async close() {
      hints.clear();
    },
  };
}

function createTaggedValues(now: () => number) {
  const values: ExpiringMap<{ readonly value: string; readonly tags: readonly string[] }> = createExpiringMap(
    MAX_ENTRIES,
    now,
    (key, entry) => {
      for (const tag of entry.tags) {
        const keys = keysByTag.get(tag);
        keys?.delete(key);
        if (keys?.size === 0) keysByTag.delete(tag);
      }
    },
  );
  const keysByTag = new Map<string, Set<string>>();
  return {
    async get(key: string) {
      return values.get(key)?.value;
    },
    async set(key: string, value: string, { ttlMs, tags = [] }: { readonly ttlMs: number; readonly tags?: readonly string[] }) {
      values.delete(key);
      values.set(key, { value, tags }, now() + ttlMs);
      for (const tag of tags) keysByTag.set(tag, (keysByTag.get(tag) ?? new Set()).add(key));
    },
    async delete(key: string) {
      values.delete(key);
    },
    async deleteByTag(tag: string) {
      for (const key of [...(keysByTag.get(tag) ?? [])]) values.delete(key);
    },
  };
}

/**
 * Creates leases. They expire by monotonic time, so that setting the wall clock back does not prolong them. A lease
 * starts when its fencing number is stored. Until then nobody holds it, and nobody else can take it.
 */
function createLeases(clock: Clock, journal: SharedStateJournal | undefined) {
  const leases = new Map<string, { readonly holder: string; readonly endsAt: number; readonly fencing: number }>();
  const beingTaken = new Set<string>();
  for (const [name, fencing] of journal?.fencing ?? []) leases.set(name, { holder: '', endsAt: -Infinity, fencing });

  async function take(name: string, fencing: number): Promise<void> {
    beingTaken.add(name);
    try {
      await journal?.saveFencing(name, fencing);
    } finally {
      beingTaken.delete(name);
    }
  }

  return {
    async acquireLease(name: string, holder: string, ttlMs: number) {
      const lease = leases.get(name);
      const isHeld = lease !== undefined && lease.endsAt > clock.monotonic();
      if (beingTaken.has(name) || (isHeld && lease.holder !== holder)) return undefined;
      if (!lease && leases.size + beingTaken.size >= MAX_ENTRIES) throw sharedStateFull();
      const fencing = isHeld ? lease.fencing : (lease?.fencing ?? 0) + 1;
      if (!isHeld) await take(name, fencing);
      leases.set(name, { holder, endsAt: clock.monotonic() + ttlMs, fencing });
      return { fencing };
    },
    async releaseLease(name: string, holder: string) {
      const lease = leases.get(name);
      if (lease?.holder === holder) leases.set(name, { ...lease, endsAt: -Infinity });
    },
  };
}

function createHints() {
  const channels = new Map<string, Set<(payload: string) => void>>();
  return {
    async publish(channel: string, payload: string) {
      for (const listener of [...(channels.get(channel) ?? [])]) queueMicrotask(() => listener(payload));
    },
    async subscribe(channel: string, listener: (payload: string) => void) {
      // Wrap the listener, so that a function that subscribes twice has two subscriptions.
      const own = (payload: string) => listener(payload);
      channels.set(channel, (channels.get(channel) ?? new Set()).add(own));
      return () => {
        const listeners = channels.get(channel);
        listeners?.delete(own);
        if (listeners?.size === 0) channels.delete(channel);
      };
    },
    clear: () => channels.clear(),
  };
}
