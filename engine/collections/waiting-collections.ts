/** The collections that wait for a group, for pages, alarms and metrics. */
import type { Documents } from '../contract/ports/documents.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { GaugeValue, Metrics } from '../contract/values/observe.ts';
import type { Seal } from '../contract/values/seal.ts';
import { placeOf, tokenOfKey } from './add-item.ts';
import { gatheringsSpec, itemsSpec } from './collection-documents.ts';
import { listCollections, type WaitingCollection } from './list-collections.ts';
import { removeItems, type RemovalOrder, type Removed } from './remove-items.ts';

export interface WaitingCollections {
  list(): Promise<readonly WaitingCollection[]>;
  /** Returns the list of at most half a minute ago. Rejects if the store fails. */
  recent(): Promise<readonly WaitingCollection[]>;
  /** Counts what waits in a collection, or under one key of it: what `remove` would remove now. */
  count(place: Pick<RemovalOrder, 'domain' | 'collection' | 'key'>): Promise<Removed>;
  /** Removes what waits in a collection, or under one key of it. */
  remove(order: RemovalOrder): Promise<Removed>;
}

/** Listing reads all keys, so metrics and alarms do not read them each time. */
const RECENT_MS = 30_000;

export async function openWaitingCollections(documents: Documents, seal: Seal, clock: Clock): Promise<WaitingCollections> {
  const gatherings = await documents.open(gatheringsSpec);
  const items = await documents.open(itemsSpec);
  let last: { readonly at: number; readonly found: Promise<readonly WaitingCollection[]> } | undefined;
  return {
    list: () => listCollections(gatherings),
    recent() {
      if (last === undefined || clock.monotonic() - last.at >= RECENT_MS)
        last = { at: clock.monotonic(), found: listCollections(gatherings) };
      return last.found;
    },
    async count({ domain, collection, key }) {
      if (key === undefined) {
        const found = (await listCollections(gatherings)).find((one) => one.domain === domain && one.collection === collection);
        return { keys: found?.keys ?? 0, removed: found?.items ?? 0 };
      }
      const found = await gatherings.get(tokenOfKey(placeOf(domain, collection), key, { seal }));
      return { keys: found === undefined ? 0 : 1, removed: found?.count ?? 0 };
    },
    remove: (order) => removeItems(order, { gatherings, items, seal, clock }),
  };
}

export function showCollections(waiting: WaitingCollections, metrics: Metrics, clock: Clock): void {
  const values = async (valueOf: (one: WaitingCollection) => number): Promise<readonly GaugeValue[]> =>
    (await waiting.recent()).map((one) => ({ labels: { domain: one.domain, collection: one.collection }, value: valueOf(one) }));
  metrics.gauges('collection_items', ['domain', 'collection'], () => values(({ items }) => items));
  metrics.gauges('collection_oldest_age_seconds', ['domain', 'collection'], () =>
    values(({ oldestAt }) => Math.max(0, clock.now() - oldestAt) / 1000),
  );
}
