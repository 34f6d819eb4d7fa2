/**
 * Removes the intents of writes that were certainly not done, so that they do not wait for a person. The process that
 * lost the execution removes its own intents, unless another process has claimed the execution since then, or a person
 * has decided on it.
 */
import { createId } from '../contract/values/ids.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import { transition } from '../execution/transition.ts';
import type { ExecutionJournal } from '../execution/journal/execution-journal.ts';
import type { JournalDeps } from '../execution/journal/journal-deps.ts';
import { keepStoring } from '../execution/keep-storing.ts';
import { listIterationLegs } from '../execution/load-execution.ts';
import { removePrepared } from '../operate/resend-execution.ts';
import { stepKey, type RunEnd, type WaitPoint } from '../execution/run-job.ts';

export interface TakeBackDeps extends JournalDeps {
  readonly workQueue: WorkQueue;
}

/** A run that has ended in this process, with its journal and flow. */
export interface EndedRun {
  readonly executionId: string;
  readonly flow: CompiledFlow;
  readonly journal: ExecutionJournal;
}

const DAY_MS = 86_400_000;

/**
 * Undoes a claim if the store failed while storing it, because the store may have stored it. Nothing was sent under
 * the claim. Resolves when the store has responded, or when this process stops.
 */
export async function giveBackClaim({ executionId, journal }: EndedRun, owner: string, deps: TakeBackDeps): Promise<void> {
  const returned = { kind: 'claim-returned', owner, notDone: journal.intentLegs } as const;
  const { match, patch } = transition({ status: 'running', epoch: journal.epoch }, returned);
  const giveBack = () => deps.executions.patchIf(executionId, match, patch, { durability: 'full' });
  const result = await keepStoring(giveBack, {
    clock: deps.clock,
    isOver: () => deps.owners.isStopped,
    onFailure: () => undefined,
  }).catch(() => undefined);
  if (result?.outcome === 'patched') await ring(result.document, deps);
}

/**
 * Called if another process took over the execution, which it may have held with an unknown outcome. Stores that the
 * writes were not done, and releases the hold. Never rejects: on a failure, a person must decide on the hold.
 */
export async function storeNotDone(run: EndedRun, end: RunEnd, deps: TakeBackDeps): Promise<void> {
  const notDone = notDoneBy(end, run.flow);
  if (notDone.length === 0) return;
  try {
    for (const { node } of notDone) await keepNotDone(run, node, deps);
    await releaseHold(run, new Set(notDone.map(({ path, node }) => stepKey(path, node))), deps);
  } catch (error) {
    deps.log.warn('execution.not_done_untold', { executionId: run.executionId, reason: String(error) });
  }
}

/**
 * Returns the writes that wait for another attempt, so they were not done. A write with an unknown outcome is not
 * among them, because it waits for a person.
 */
function notDoneBy(end: RunEnd, { nodes }: CompiledFlow): readonly WaitPoint[] {
  if (end.status !== 'waiting') return [];
  return end.waits.filter(({ node, attempts }) => attempts !== undefined && nodes.get(node)?.effect === 'write');
}

async function keepNotDone({ executionId, flow, journal }: EndedRun, node: string, { lateOutcomes, clock }: TakeBackDeps): Promise<void> {
  const at = clock.now();
  const expiresAt = at + flow.recording.retainDays * DAY_MS;
  await lateOutcomes.insert({
    _id: createId('lat'),
    execution: executionId,
    epoch: journal.epoch,
    node,
    status: 'not-done',
    at,
    expiresAt,
  });
}

/**
 * Releases the hold if the next claim of the execution held it only for intents of this claim, and if none of those
 * writes was done.
 */
async function releaseHold({ executionId, journal }: EndedRun, notDone: ReadonlySet<string>, deps: TakeBackDeps): Promise<void> {
  const stored = await deps.executions.get(executionId);
  if (stored?.status !== 'held' || stored.held?.outcomeKnown !== false || stored.epoch !== journal.epoch + 1) return;
  const announced = Object.entries(stored.legs).filter(([, { intent, epoch }]) => intent !== undefined && epoch === journal.epoch);
  const areAllNotDone = announced.every(([, { intent }]) => notDone.has(stepKey(intent!.scope, intent!.node)));
  // Intents of iterations are stored in separate documents; a person must decide on them.
  if (announced.length === 0 || !areAllNotDone || (await hasIterationIntents(stored, deps))) return;
  const { match, patch } = transition(stored, { kind: 'hold-released', notDone: announced.map(([leg]) => leg) });
  const result = await deps.executions.patchIf(executionId, match, patch, { durability: 'full' });
  if (result.outcome !== 'patched') return;
  await removePrepared(executionId, undefined, deps);
  deps.log.info('execution.hold_released', { executionId });
  await ring(result.document, deps);
}

async function hasIterationIntents({ _id }: ExecutionDocument, { legs }: TakeBackDeps): Promise<boolean> {
  return (await listIterationLegs(_id, legs)).some(({ intent }) => intent !== undefined);
}

async function ring({ part }: ExecutionDocument, { workQueue }: TakeBackDeps): Promise<void> {
  // A lost signal does not matter: the reconciler reads all partitions.
  await workQueue.ring(part).catch(() => undefined);
}
