/**
 * Adds an item exactly once per step. The item is stored first, under the token of its step. Then one conditional write
 * of the key's document gives it the next number. That document names its newest item; before another becomes the
 * newest, the number of the former one is written to its own document. So a step that runs again finds its item, with
 * its number, in one of the two places.
 */
import { sleep } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { blobsField } from '../execution/payloads.ts';
import { keyPlace, payloadPlace, type GatheringDocument } from './collection-documents.ts';
import type { CollectionDeps, RemovalDeps } from './collection-deps.ts';

export interface NewItem {
  readonly domain: string;
  readonly collection: string;
  readonly key: string;
  readonly value: unknown;
  /** Key of the step. */
  readonly act: string;
}

const MAX_KEY = 500;
const MOST_ITEMS = 200_000;
/** An item that got no number belongs to a step that never ran again. */
const WITHOUT_NUMBER_MS = 400 * 86_400_000;
const MOST_ATTEMPTS = 20;
const RETRY_MS = 5;

const FULL = { durability: 'full' } as const;

/** Returns how many items of the key wait, with this one. */
export async function addItem(item: NewItem, deps: CollectionDeps): Promise<number> {
  const { gatherings, items, seal, clock } = deps;
  const { domain, collection, key, act } = item;
  const id = tokenOfKey(placeOf(domain, collection), key, deps);
  const itemId = seal.token('collection-item', `${id} ${act}`);
  let bytes: number | undefined;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    // The key's document is read before the item: an item leaves it only after its number is in its own document.
    const found = await gatherings.get(id);
    if (found?.newest === itemId) return found.count;
    const stored = await items.get(itemId);
    if (stored?.count !== undefined) return stored.count;
    bytes ??= stored?.bytes ?? (await storeItem(itemId, item, deps));
    if (found !== undefined) await writeNumber(found, deps);
    const now = clock.now();
    const { first, next, count, firstAt } = found ?? { first: 0, next: 0, count: 0, firstAt: now };
    const changed: GatheringDocument = {
      ...{ _id: id, domain, collection, first, firstAt, lastAt: now },
      ...{ revision: (found?.revision ?? 0) + 1, newest: itemId, next: next + 1, count: count + 1, bytes: (found?.bytes ?? 0) + bytes },
      ...(found?.group === undefined ? {} : { group: found.group }),
      sealed: found?.sealed ?? seal.seal(keyPlace(id), key),
    };
    const isAdded =
      found === undefined
        ? (await gatherings.insert(changed, FULL)).inserted
        : (await gatherings.replaceIf(changed, { revision: found.revision, newest: found.newest }, FULL)).outcome === 'patched';
    if (isAdded) return changed.count;
    await sleep(clock, RETRY_MS * attempt);
  }
  throw new AppError('COLLECTION_BUSY', 'transient', 'Too many steps add to this key of the collection at once.', {
    fix: 'Try again; if it happens often, use several keys.',
  });
}

/** Writes the number of the newest item to its own document. */
export async function writeNumber(
  { _id, domain, collection, newest, next, count }: GatheringDocument,
  deps: Pick<RemovalDeps, 'items'>,
): Promise<void> {
  const set = { gathering: _id, number: next - 1, count, place: placeOf(domain, collection) };
  await deps.items.patchIf(newest, { count: { exists: false } }, { set, unset: ['expiresAt'] }, FULL);
}

/** Returns the id of the key's document. */
export function tokenOfKey(place: string, key: string, { seal }: Pick<RemovalDeps, 'seal'>): string {
  if (key.length > MAX_KEY || !key.isWellFormed()) {
    throw new AppError('COLLECTION_KEY', 'input', `A key of a collection has at most ${MAX_KEY} characters.`, {
      values: { limit: MAX_KEY },
      fix: 'Use a shorter key, for example a digest of the text.',
    });
  }
  return seal.token(`collection ${place}`, key);
}

/** Returns the size of the item in bytes. */
async function storeItem(itemId: string, { domain, collection, value }: NewItem, deps: CollectionDeps): Promise<number> {
  const { items, payloads, clock } = deps;
  if (value instanceof Uint8Array) {
    throw new AppError('COLLECTION_VALUE', 'input', 'The value is bytes; a collection has texts or JSON.', {
      fix: 'Convert it to text first, for example to Base64.',
    });
  }
  await checkSize(domain, collection, deps);
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? 'null');
  const payload = await payloads.store(payloadPlace(itemId), value ?? null);
  const at = clock.now();
  const place = placeOf(domain, collection);
  await items.insert({ _id: itemId, place, payload, ...blobsField(payload), bytes, at, expiresAt: at + WITHOUT_NUMBER_MS }, FULL);
  return bytes;
}

async function checkSize(domain: string, collection: string, { items, sizes }: CollectionDeps): Promise<void> {
  const place = placeOf(domain, collection);
  if (await sizes.isFull(place, MOST_ITEMS, () => items.count({ place }, MOST_ITEMS))) {
    throw new AppError('COLLECTION_FULL', 'transient', `The collection ${collection} has ${MOST_ITEMS} items that no flow takes.`, {
      values: { collection, limit: MOST_ITEMS },
      fix: 'Publish the flow that begins with this collection, or look why it does not accept its groups.',
    });
  }
}

export function placeOf(domain: string, collection: string): string {
  return `${domain} ${collection}`;
}
