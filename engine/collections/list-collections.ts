/** Shows what waits in collections, without the items themselves. */
import type { Collection } from '../contract/ports/documents.ts';
import type { GatheringDocument } from './collection-documents.ts';

export interface WaitingCollection {
  readonly domain: string;
  readonly collection: string;
  readonly keys: number;
  readonly items: number;
  /** Bytes of the items as JSON. */
  readonly bytes: number;
  /** Epoch milliseconds when the oldest item was added. */
  readonly oldestAt: number;
}

const PAGE = 1000;
/** Keys beyond it are not counted, so that looking stays cheap. */
const MOST_KEYS = 50_000;

/** Returns the collections that have items, by domain and name. */
export async function listCollections(gatherings: Collection<GatheringDocument>): Promise<readonly WaitingCollection[]> {
  const found = new Map<string, WaitingCollection>();
  for (let after: string | undefined, read = 0; read < MOST_KEYS; read += PAGE) {
    const more = after === undefined ? {} : { after };
    const page = await gatherings.find({}, { sort: ['_id'], limit: PAGE, omit: ['sealed'], ...more });
    for (const { domain, collection, count, bytes, firstAt } of page) {
      const key = `${domain} ${collection}`;
      const { keys, items, ...sum } = found.get(key) ?? { keys: 0, items: 0, bytes: 0, oldestAt: firstAt };
      const oldestAt = Math.min(sum.oldestAt, firstAt);
      found.set(key, { domain, collection, keys: keys + 1, items: items + count, bytes: sum.bytes + bytes, oldestAt });
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!._id;
  }
  return [...found.values()].sort((a, b) => a.domain.localeCompare(b.domain) || a.collection.localeCompare(b.collection));
}
