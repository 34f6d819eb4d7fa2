/**
 * Ends a group that was taken or removed. Its first item is marked first: a group without its first item has ended, and
 * only the rest is still to be marked.
 */
import type { GatheringDocument, ItemDocument } from './collection-documents.ts';
import type { RemovalDeps } from './collection-deps.ts';

export type Closed = GatheringDocument & { readonly group: NonNullable<GatheringDocument['group']> };

export const MOST_GROUP_ITEMS = 1000;
const MARKS_AT_ONCE = 16;
/** How long a step may run again and find its item. */
const ENDED_MS = 7 * 86_400_000;

const FULL = { durability: 'full' } as const;

/**
 * Marks the items as ended, and returns how many were not yet. The marks keep the result of each step; what was
 * collected is left out of them.
 */
export async function markEnded(ended: readonly Pick<ItemDocument, '_id'>[], { items, clock }: RemovalDeps): Promise<number> {
  const patch = { set: { expiresAt: clock.now() + ENDED_MS }, unset: ['place', 'gathering', 'number', 'payload', 'blobs'] };
  let marked = 0;
  const mark = async ({ _id }: Pick<ItemDocument, '_id'>) => {
    if ((await items.patchIf(_id, { place: { exists: true } }, patch, FULL)).outcome === 'patched') marked += 1;
  };
  const [first, ...others] = ended;
  if (first !== undefined) await mark(first);
  for (let from = 0; from < others.length; from += MARKS_AT_ONCE) await Promise.all(others.slice(from, from + MARKS_AT_ONCE).map(mark));
  return marked;
}

/** Lets the key go on with the items after the group. */
export async function leaveOut({ _id, first, group }: Closed, { gatherings, items }: RemovalDeps): Promise<void> {
  const next = group.to + 1;
  for (;;) {
    const found = await gatherings.get(_id);
    if (found?.first !== first || found.group?.to !== group.to) return;
    const { revision, newest, group: _group, ...others } = found;
    const match = { revision, newest };
    if (found.next === next) {
      if (await gatherings.remove(_id, match)) return;
      continue;
    }
    const [item] = await items.find({ gathering: _id, number: next }, { limit: 1, omit: ['payload'] });
    const left = {
      ...others,
      ...{ revision: revision + 1, newest, first: next, count: found.count - (next - first), bytes: found.bytes - group.bytes },
      // Without a number it is the newest item.
      firstAt: item?.at ?? found.lastAt,
    };
    if ((await gatherings.replaceIf(left, match, FULL)).outcome === 'patched') return;
  }
}

/** Removes the items of a group that a person removed. Returns how many of them still waited. */
export async function endRemoved(closed: Closed, deps: RemovalDeps): Promise<number> {
  const { _id: gathering, first, group } = closed;
  let removed = 0;
  for (;;) {
    const filter = { gathering, number: { gte: first, lte: group.to } };
    const found = await deps.items.find(filter, { sort: ['number'], limit: MOST_GROUP_ITEMS, omit: ['payload'] });
    removed += await markEnded(found, deps);
    if (found.length < MOST_GROUP_ITEMS) break;
  }
  await leaveOut(closed, deps);
  return removed;
}
