/** A state store over documents in memory, which can lose answers and lets its operations be raced. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createSeal } from '../../../engine/seal/create-seal.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { openFlowState, type FlowStateStore } from '../../../engine/state/flow-state-store.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

export interface StateLab {
  readonly documents: Documents;
  /** Opens the store once more, as another process does. */
  open(): Promise<FlowStateStore>;
  /** Of so many writes, the answer of one is lost after it was made; 0 for none. */
  losesOneOf: number;
}

export async function startStateLab(clock: Clock = wallClock()): Promise<StateLab> {
  let writes = 0;
  const faults = { losesOneOf: 0 };
  const documents = createMemoryDocuments({
    clock,
    onOperation({ phase, kind }) {
      const isWrite = phase === 'after' && (kind === 'insert' || kind === 'replaceIf');
      if (!isWrite || faults.losesOneOf === 0) return;
      writes += 1;
      if (writes % faults.losesOneOf === 0) throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
    },
  });
  const seal = createSeal(await openDataKeys({ documents, kek: new Uint8Array(32).fill(7), clock }));
  return Object.assign(faults, { documents, open: () => openFlowState(documents, seal, clock) });
}
