/**
 * Takes complete groups out of a collection. The items that belong to a group are written down before the group is
 * handed over, so that it is the same group when it is handed over again.
 */
import type { CollectedGroup, GroupLimits, GroupReason, Taken } from '../contract/node/collections.ts';
import { keyPlace, payloadPlace, type GatheringDocument, type ItemDocument } from './collection-documents.ts';
import { writeNumber } from './add-item.ts';
import type { CollectionDeps } from './collection-deps.ts';
import { endRemoved, leaveOut, markEnded, MOST_GROUP_ITEMS, type Closed } from './end-group.ts';

export interface TakeOrder {
  readonly domain: string;
  readonly collection: string;
  readonly limits: GroupLimits;
  take(group: CollectedGroup): Promise<Taken>;
  readonly signal: AbortSignal;
}

const KEYS_AT_ONCE = 1000;

const FULL = { durability: 'full' } as const;

/** Hands over what is complete now. A key whose group is refused is left until the next call. */
export async function takeGroups(order: TakeOrder, deps: CollectionDeps): Promise<void> {
  const refused = new Set<string>();
  for (const [field, least] of conditionsOf(order.limits, deps.clock.now())) {
    if (!(await takeMatching(field, least, order, refused, deps))) return;
  }
}

/** Goes through the keys in the order of the field. Returns false if nothing more can be taken now. */
async function takeMatching(
  field: 'firstAt' | 'lastAt' | 'count' | 'bytes',
  { gte, lte }: Bounds,
  order: TakeOrder,
  refused: Set<string>,
  deps: CollectionDeps,
): Promise<boolean> {
  const { domain, collection, signal } = order;
  const bounds = lte === undefined ? {} : { lte };
  for (let from = gte; ;) {
    const condition = { ...bounds, ...(from === undefined ? {} : { gte: from }) };
    const found = await deps.gatherings.find({ domain, collection, [field]: condition }, { sort: [field], limit: KEYS_AT_ONCE });
    const keys = found.filter(({ _id }) => !refused.has(_id));
    for (const { _id } of keys) {
      if (signal.aborted) return false;
      const outcome = await takeOfKey(_id, order, deps);
      if (outcome === 'later') return false;
      if (outcome === 'refused') refused.add(_id);
    }
    if (found.length < KEYS_AT_ONCE) return true;
    // What was taken is no longer found here; what was refused is, so the next page begins behind it.
    const last = found.at(-1)![field];
    if (keys.length === 0 && last === from) return true;
    from = last;
  }
}

interface Bounds {
  readonly gte?: number;
  readonly lte?: number;
}

function conditionsOf({ items, bytes, ageMs, quietMs }: GroupLimits, now: number) {
  return [
    ['firstAt', { lte: now - ageMs } as Bounds],
    ...(quietMs === undefined ? [] : [['lastAt', { lte: now - quietMs } as Bounds] as const]),
    ['count', { gte: items } as Bounds],
    ['bytes', { gte: bytes } as Bounds],
  ] as const;
}

/** Hands over the complete groups of one key, one after the other. */
async function takeOfKey(id: string, order: TakeOrder, deps: CollectionDeps): Promise<Taken> {
  while (!order.signal.aborted) {
    const gathering = await deps.gatherings.get(id);
    if (gathering === undefined) return 'taken';
    const { group } = gathering;
    if (group === undefined) {
      if (!(await close(gathering, order.limits, deps))) return 'taken';
      continue;
    }
    const closed = { ...gathering, group };
    if (group.reason === 'removed') {
      await endRemoved(closed, deps);
      continue;
    }
    const items = await itemsOf(closed, deps);
    if (items[0]?.number === closed.first) {
      const outcome = await order.take(await toGroup(closed, group.reason, items, deps));
      if (outcome !== 'taken') return outcome;
    }
    await markEnded(items, deps);
    await leaveOut(closed, deps);
  }
  return 'later';
}

/** Writes down which items belong to the group. Returns false if the group is not complete. */
async function close(gathering: GatheringDocument, limits: GroupLimits, deps: CollectionDeps): Promise<boolean> {
  const reason = reasonOf(gathering, limits, deps.clock.now());
  if (reason === undefined) return false;
  await writeNumber(gathering, deps);
  const { _id, first, revision, newest } = gathering;
  const limit = Math.min(limits.items, MOST_GROUP_ITEMS);
  const found = await deps.items.find({ gathering: _id, number: { gte: first } }, { sort: ['number'], limit, omit: ['payload'] });
  let to = first;
  let bytes = 0;
  for (const item of found) {
    if (item.number !== first && bytes + item.bytes > limits.bytes) break;
    to = item.number!;
    bytes += item.bytes;
  }
  // If another process changed the document meanwhile, the caller reads it again.
  await deps.gatherings.replaceIf({ ...gathering, revision: revision + 1, group: { to, bytes, reason } }, { revision, newest }, FULL);
  return true;
}

function reasonOf({ count, bytes, firstAt, lastAt }: GatheringDocument, limits: GroupLimits, now: number): GroupReason | undefined {
  if (count >= limits.items) return 'items';
  if (bytes >= limits.bytes) return 'bytes';
  if (firstAt <= now - limits.ageMs) return 'age';
  return limits.quietMs !== undefined && lastAt <= now - limits.quietMs ? 'quiet' : undefined;
}

async function itemsOf({ _id, first, group }: Closed, { items }: CollectionDeps): Promise<readonly ItemDocument[]> {
  const read = () => items.find({ gathering: _id, number: { gte: first, lte: group.to } }, { sort: ['number'], limit: MOST_GROUP_ITEMS });
  const found = await read();
  // Some of the items were marked while they were read. Their first one was marked before, so it is no longer found now.
  return found[0]?.number === first && found.length <= group.to - first ? read() : found;
}

async function toGroup(
  closed: Closed,
  reason: GroupReason,
  items: readonly ItemDocument[],
  { payloads, seal }: CollectionDeps,
): Promise<CollectedGroup> {
  const values: unknown[] = [];
  for (const { _id, payload } of items) values.push(await payloads.load(payloadPlace(_id), payload!));
  const [first, last] = [items[0]!, items.at(-1)!];
  return {
    groupId: first._id,
    key: seal.openText(keyPlace(closed._id), closed.sealed),
    items: values,
    reason,
    ...{ firstAt: first.at, lastAt: last.at },
  };
}
