/** Collections over documents in memory, which lose answers now and then as a store over a network does. */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { openCollections, type CollectionStore } from '../../../engine/collections/open-collections.ts';
import { createPayloads } from '../../../engine/execution/payloads.ts';
import type { Seal } from '../../../engine/contract/values/seal.ts';
import { createSeal } from '../../../engine/seal/create-seal.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

export interface CollectionLab {
  readonly documents: Documents;
  readonly seal: Seal;
  /** Opens the collections once more, as another process does. */
  open(): Promise<CollectionStore>;
  /** Of so many writes, the answer of one is lost after it was made; 0 for none. */
  losesOneOf: number;
}

export async function startCollectionLab(clock: Clock = wallClock()): Promise<CollectionLab> {
  let writes = 0;
  const faults = { losesOneOf: 0 };
  const documents = createMemoryDocuments({
    clock,
    onOperation({ phase, kind }) {
      const isRead = kind === 'get' || kind === 'find' || kind === 'count';
      if (phase !== 'after' || isRead || faults.losesOneOf === 0) return;
      writes += 1;
      if (writes % faults.losesOneOf === 0) throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
    },
  });
  const seal = createSeal(await openDataKeys({ documents, kek: new Uint8Array(32).fill(7), clock }));
  const payloads = createPayloads(seal, memoryBlobs());
  return Object.assign(faults, { documents, seal, open: () => openCollections(documents, payloads, seal, clock) });
}
