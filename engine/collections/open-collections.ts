/** Opens the collections of flows in the store. */
import type { Collections } from '../contract/node/collections.ts';
import type { Collection, Documents } from '../contract/ports/documents.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Seal } from '../contract/values/seal.ts';
import { RoughCount } from '../state/rough-count.ts';
import type { Payloads } from '../execution/payloads.ts';
import { addItem } from './add-item.ts';
import type { CollectionDeps } from './collection-deps.ts';
import { gatheringsSpec, itemsSpec, type ItemDocument } from './collection-documents.ts';
import { takeGroups } from './take-groups.ts';

export interface CollectionStore {
  /** Returns the collections of one domain. */
  of(domain: string): Collections;
  /** The documents that may name blobs. */
  readonly items: Collection<ItemDocument>;
}

export async function openCollections(documents: Documents, payloads: Payloads, seal: Seal, clock: Clock): Promise<CollectionStore> {
  const items = await documents.open(itemsSpec);
  const deps: CollectionDeps = {
    gatherings: await documents.open(gatheringsSpec),
    ...{ items, payloads, seal, clock },
    sizes: new RoughCount(),
  };
  return {
    items,
    of: (domain) => ({
      add: (collection, key, value, { act }) => addItem({ domain, collection, key, value, act }, deps),
      takeComplete: (collection, limits, take, signal) => takeGroups({ domain, collection, limits, take, signal }, deps),
    }),
  };
}
