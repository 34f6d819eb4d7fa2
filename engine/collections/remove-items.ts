/**
 * Removes what waits in a collection, or under one key of it. One conditional write of the key's document turns all its
 * items into a group that no flow takes. So a group that a flow takes at this moment is taken whole, or not at all.
 */
import { placeOf, tokenOfKey, writeNumber } from './add-item.ts';
import type { RemovalDeps } from './collection-deps.ts';
import { endRemoved } from './end-group.ts';

export interface RemovalOrder {
  readonly domain: string;
  readonly collection: string;
  /** Without it, all keys. */
  readonly key?: string | undefined;
  readonly signal: AbortSignal;
  /** Called after each key, with what is done so far. */
  onRemoved(done: Removed): void;
}

export interface Removed {
  readonly keys: number;
  /** Items that were removed; of a dry run, those that would be. */
  readonly removed: number;
}

const KEYS_AT_ONCE = 1000;
const FULL = { durability: 'full' } as const;

/** Ends early when the signal aborts. What is added meanwhile may stay. */
export async function removeItems({ domain, collection, key, signal, onRemoved }: RemovalOrder, deps: RemovalDeps): Promise<Removed> {
  let done: Removed = { keys: 0, removed: 0 };
  const remove = async (id: string) => {
    const removed = await removeKey(id, deps);
    if (removed === undefined) return;
    done = { keys: done.keys + 1, removed: done.removed + removed };
    onRemoved(done);
  };
  if (key !== undefined) await remove(tokenOfKey(placeOf(domain, collection), key, deps));
  const firstAt = { lte: deps.clock.now() };
  for (let isMore = key === undefined; isMore;) {
    const found = await deps.gatherings.find({ domain, collection, firstAt }, { sort: ['firstAt'], limit: KEYS_AT_ONCE, omit: ['sealed'] });
    for (const { _id } of found) {
      if (signal.aborted) return done;
      await remove(_id);
    }
    isMore = found.length > 0;
  }
  return done;
}

/** Returns how many items were removed; undefined if nothing waits under the key. */
async function removeKey(id: string, deps: RemovalDeps): Promise<number | undefined> {
  for (;;) {
    const found = await deps.gatherings.get(id);
    if (found === undefined) return undefined;
    const { revision, newest, next, bytes } = found;
    await writeNumber(found, deps);
    const closed = { ...found, revision: revision + 1, group: { to: next - 1, bytes, reason: 'removed' as const } };
    if ((await deps.gatherings.replaceIf(closed, { revision, newest }, FULL)).outcome === 'patched') return endRemoved(closed, deps);
  }
}
