import type { Collection } from '../contract/ports/documents.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { RoughCount } from '../state/rough-count.ts';
import type { Payloads } from '../execution/payloads.ts';
import type { GatheringDocument, ItemDocument } from './collection-documents.ts';

/** What removing needs: it opens no payload. */
export type RemovalDeps = Pick<CollectionDeps, 'gatherings' | 'items' | 'seal' | 'clock'>;

export interface CollectionDeps {
  readonly gatherings: Collection<GatheringDocument>;
  readonly items: Collection<ItemDocument>;
  readonly payloads: Payloads;
  readonly seal: Seal;
  readonly clock: Clock;
  /** The number of items of each collection, by its place. */
  readonly sizes: RoughCount;
}
