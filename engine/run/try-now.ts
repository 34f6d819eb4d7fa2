/** A person does not want to wait for the next attempt. */
import { AppError } from '../contract/errors.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { ExecutionDocument } from './execution-document.ts';
import { isRetry } from './standstill.ts';

export interface TryNowDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
}

/**
 * Makes the retries due. The status changes too: a worker that listed the execution before still has the old times in hand, its claim names
 * the old status and is refused, and it reads again. Other waits of the execution stay as they are.
 */
export async function tryRetriesNow(executionId: string, { executions, workQueue }: TryNowDeps): Promise<void> {
  const document = await executions.get(executionId);
  const { status, epoch, waits = [] } = document ?? {};
  if (document === undefined || status !== 'waiting' || !waits.some(isRetry)) throw notRetrying(executionId);
  // Due by every clock: the worker's may be behind.
  const due = waits.map((wait) => (isRetry(wait) ? { ...wait, untilMs: 0 } : wait));
  const result = await executions.patchIf(
    executionId,
    { status: 'waiting', epoch: epoch!, cancelRequested: null },
    { set: { status: 'queued', waits: due }, unset: ['due'] },
    { durability: 'full' },
  );
  if (result.outcome !== 'patched') throw notRetrying(executionId);
  await workQueue.ring(document.part);
}

function notRetrying(id: string): AppError {
  return new AppError('EXECUTION_NOT_RETRYING', 'input', `Execution ${id} waits for no retry, or goes on already.`, {
    values: { id },
    fix: 'Read it again to see where it stands.',
  });
}
