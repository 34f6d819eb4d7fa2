import type { Collection } from '../contract/ports/documents.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Payloads } from '../execution/payloads.ts';
import type { GatheringDocument, ItemDocument } from './collection-documents.ts';

export interface CollectionDeps {
  readonly gatherings: Collection<GatheringDocument>;
  readonly items: Collection<ItemDocument>;
  readonly payloads: Payloads;
  readonly seal: Seal;
  readonly clock: Clock;
  /** How many items a collection has, by its place. */
  readonly sizes: Map<string, { known: number; added: number }>;
}
