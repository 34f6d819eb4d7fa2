/**
 * Removes blobs that no document refers to, because their message was never stored or its record has expired. A blob
 * is written before the documents that name it, so only blobs older than a day are removed.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ItemDocument } from '../collections/collection-documents.ts';
import type { ExecutionDocument, LateOutcomeDocument, LegDocument, ResumeDocument } from '../execution/execution-document.ts';

export interface BlobSweepDeps {
  readonly blobs: Blobs;
  readonly executions: Collection<ExecutionDocument>;
  readonly legs: Collection<LegDocument>;
  readonly resumes: Collection<ResumeDocument>;
  readonly lateOutcomes: Collection<LateOutcomeDocument>;
  readonly collectionItems: Collection<ItemDocument>;
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

/** Removes the blobs once. Returns how many were removed. */
export async function sweepBlobs({ blobs, executions, legs, resumes, lateOutcomes, collectionItems, log }: BlobSweepDeps): Promise<number> {
  let removed = 0;
  for await (const blobId of blobs.list(DAY_MS)) {
    if (await isReferred(blobId)) continue;
    await blobs.remove(blobId);
    removed += 1;
  }
  if (removed > 0) log.info('blobs.swept', { removed });
  return removed;

  async function isReferred(blobId: string): Promise<boolean> {
    for (const collection of [executions, legs, resumes, lateOutcomes, collectionItems])
      if ((await (collection as Collection<ExecutionDocument>).count({ blobs: blobId }, 1)) > 0) return true;
    return false;
  }
}
