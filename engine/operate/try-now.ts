/** Lets a person skip the wait for the next attempt. */
import { AppError } from '../contract/values/errors.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import { transition } from '../execution/transition.ts';
import { isRetry } from '../execution/standstill.ts';

export interface TryNowDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
}

/**
 * Makes the retries due. Does not change other waits of the execution. Throws EXECUTION_NOT_RETRYING (input) if no
 * retry is pending.
 */
export async function tryRetriesNow(executionId: string, { executions, workQueue }: TryNowDeps): Promise<void> {
  const document = await executions.get(executionId);
  const { status, waits = [] } = document ?? {};
  if (document === undefined || status !== 'waiting' || !waits.some(isRetry)) throw notRetrying(executionId);
  // Use time 0, so that the retries are due even if the worker's clock is behind.
  const due = waits.map((wait) => (isRetry(wait) ? { ...wait, untilMs: 0 } : wait));
  const { match, patch } = transition(document, { kind: 'hurried', waits: due });
  const result = await executions.patchIf(executionId, match, patch, { durability: 'full' });
  if (result.outcome !== 'patched') throw notRetrying(executionId);
  await workQueue.ring(document.part);
}

function notRetrying(id: string): AppError {
  return new AppError('EXECUTION_NOT_RETRYING', 'input', `Execution ${id} is not waiting for a retry, or has already continued.`, {
    values: { id },
    fix: 'Read it again to see its state.',
  });
}
