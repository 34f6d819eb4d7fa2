/**
 * How a purge of cached responses reaches all gateways. Purges are numbered. A hint with the purge is sent to the
 * gateways; a gateway that misses a hint sees the higher number within a second and reads the purges that it missed.
 */
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';

/** Which responses are no longer used: all of an interface, those with a tag, or the one with a key. */
export interface CachePurge {
  readonly interfaceId: string;
  /** Digest of a tag, see `digestCacheTag`. */
  readonly tag?: string;
  readonly key?: string;
}

/** A purge with its number. Sent as JSON. */
export interface NumberedPurge {
  readonly number: number;
  readonly purge: CachePurge;
}

export const PURGE_CHANNEL = 'cache-purges';
/** A purge is kept longer than any cached response. */
const KEPT_MS = 72 * 3_600_000;
/** The counter of purges ends after this time. Then all gateways drop all responses once. */
const COUNTER_KEPT_MS = 30 * 24 * 3_600_000;
const COUNTER = 'cache-purges';
const HIGHEST_START = 2 ** 40;

export function purgeName(number: number): string {
  return `cache-purge:${number}`;
}

/** Returns the tags in shared state of the responses that a purge concerns. */
export function sharedTag({ interfaceId, tag }: CachePurge): string {
  return tag === undefined ? `cache:${interfaceId}` : `cache:${interfaceId}:${tag}`;
}

/** Returns the digest of a tag, because a target may use ids of persons as tags. */
export function digestCacheTag(tag: string, crypto: Pick<Crypto, 'digest'>): string {
  return Array.from(crypto.digest('sm3', tag), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, 32);
}

/** Returns the number of the last purge. */
export async function lastPurge(shared: Pick<SharedState, 'increment'>): Promise<number> {
  const last = await shared.increment(COUNTER, 0, COUNTER_KEPT_MS);
  // A new counter starts at a random number. So no gateway takes it for the one that was lost.
  return last === 0 ? shared.increment(COUNTER, Math.floor(Math.random() * HIGHEST_START) + 1, COUNTER_KEPT_MS) : last;
}

/**
 * Makes all gateways stop using the responses within a second, and removes them from the shared state. Rejects with
 * SHARED_STATE_DOWN (transient) if the gateways cannot be told.
 */
export async function purgeCaches(shared: SharedState, purge: CachePurge): Promise<void> {
  await lastPurge(shared);
  const number = await shared.increment(COUNTER, 1, COUNTER_KEPT_MS);
  await shared.set(purgeName(number), JSON.stringify(purge), { ttlMs: KEPT_MS });
  await shared.publish(PURGE_CHANNEL, JSON.stringify({ number, purge } satisfies NumberedPurge));
  // No gateway uses these values any more; removing them frees memory. Values by key end by themselves.
  if (purge.key === undefined) await shared.deleteByTag(sharedTag(purge));
}
