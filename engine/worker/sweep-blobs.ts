/** Removes blobs that nothing refers to: their message was never stored, or its record has expired. Blobs come before the documents that name them, hence the day. */
import type { Clock } from '../contract/clock.ts';
import type { Logger } from '../contract/observe.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ExecutionDocument, LegDocument } from '../run/execution-document.ts';

export interface BlobSweepDeps {
  readonly blobs: Blobs;
  readonly executions: Collection<ExecutionDocument>;
  readonly legs: Collection<LegDocument>;
  readonly clock: Clock;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

export function startBlobSweep(deps: BlobSweepDeps): { stop(): void } {
  let cancel: () => void = () => undefined;
  let isStopped = false;
  const schedule = () => {
    cancel = deps.clock.after(EVERY_MS, () => {
      void sweepBlobs(deps)
        .catch((error: unknown) => deps.log.error('blobs.sweep_failed', error))
        .finally(() => {
          if (!isStopped) schedule();
        });
    });
  };
  schedule();
  return {
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

/** Answers how many were removed. */
async function sweepBlobs({ blobs, executions, legs, log }: BlobSweepDeps): Promise<number> {
  let removed = 0;
  for await (const blobId of blobs.list(DAY_MS)) {
    const isReferred = (await executions.count({ blobs: blobId }, 1)) > 0 || (await legs.count({ blobs: blobId }, 1)) > 0;
    if (isReferred) continue;
    await blobs.remove(blobId);
    removed += 1;
  }
  if (removed > 0) log.info('blobs.swept', { removed });
  return removed;
}
