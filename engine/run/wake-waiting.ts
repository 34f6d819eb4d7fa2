/**
 * Brings resumes and waits together. A resume may come before its wait, and whoever stores one of the two may die before it looks for the
 * other: hence it is looked up when the wait settles, when the resume comes, and by the reconciler.
 */
import type { Clock } from '../contract/clock.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { ExecutionDocument, ResumeDocument } from './execution-document.ts';

export interface WakeDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly resumes: Collection<ResumeDocument>;
  readonly workQueue: WorkQueue;
  readonly clock: Clock;
}

const PAGE = 200;

/** Makes those due for whom a resume is stored already; answers how many. */
export async function wakeResumed(waiting: readonly ExecutionDocument[], deps: WakeDeps): Promise<number> {
  const now = deps.clock.now();
  const byToken = new Map(
    waiting.flatMap((document) => ((document.due ?? 0) > now ? (document.wake ?? []).map((token) => [token, document] as const) : [])),
  );
  const tokens = [...byToken.keys()];
  let count = 0;
  while (tokens.length > 0) {
    const found = await deps.resumes.find({ _id: { in: tokens.splice(0, PAGE) } }, { limit: PAGE });
    for (const { _id } of found) await wake(byToken.get(_id)!, deps);
    count += found.length;
  }
  return count;
}

export async function wake(waiting: ExecutionDocument, { executions, workQueue, clock }: WakeDeps): Promise<void> {
  await executions.patchIf(waiting._id, { status: 'waiting', epoch: waiting.epoch }, { set: { due: clock.now() } });
  await workQueue.ring(waiting.part);
}
