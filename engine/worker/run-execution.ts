/**
 * Processes one listed execution: decides whether it may run, claims it, runs it, and stores the end. A claim depends
 * only on the id and epoch of the execution.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import type { Logger, Metrics, Tracer } from '../contract/values/observe.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { listDoneWrites } from '../execution/done-writes.ts';
import { cancelled } from '../run/run-errors.ts';
import type { EndNotes } from '../observe/end-notes.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import { transition } from '../execution/transition.ts';
import { ExecutionJournal } from '../execution/journal/execution-journal.ts';
import type { Claim, JournalDeps } from '../execution/journal/journal-deps.ts';
import { loadExecution, type LoadedExecution } from '../execution/load-execution.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import { runCounted } from '../run/run-counted.ts';
import { LostExecution, POSSIBLY_LOST } from '../execution/lost-execution.ts';
import type { RunEnd, RunJob, Slot } from '../execution/run-job.ts';
import type { RunDeps } from '../run/run-deps.ts';
import { giveBackClaim, storeNotDone } from './take-back-intents.ts';
import { wakeResumed } from '../execution/wait-tokens.ts';
import type { Owners } from '../ownership/owners.ts';
import type { WorkerCounts } from './worker-counts.ts';

export interface RunExecutionDeps extends JournalDeps {
  readonly published: PublishedFlows;
  readonly run: RunDeps;
  readonly owners: Owners;
  readonly workQueue: WorkQueue;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly counts: WorkerCounts;
  readonly endNotes: EndNotes;
  readonly live?: LiveCounters;
  /** Returns true if this process works for the flow. If absent, it works for every flow. */
  serves?(flow: CompiledFlow): boolean;
}

/**
 * - `done`: it has ended; the next execution of its lane may run.
 * - `parked`: it is held or waits, and blocks its lane.
 * - `refused`: another process owns it; read the list again.
 * - `let-go`: the store failed; it is taken again later.
 * - `foreign`: this process does not serve its flow, or lacks one of its node types; nothing was claimed.
 */
export type RunVerdict = 'done' | { readonly parked: 'held' | 'waiting'; readonly due?: number } | 'refused' | 'let-go' | 'foreign';

/** The longest retry pause or wait that a run sleeps through; a longer one releases the slot. */
const MAX_SLEEP_MS = 250;

export function runExecution(
  document: ExecutionDocument,
  deps: RunExecutionDeps,
  controller: AbortController,
  slot: Slot,
): Promise<RunVerdict> {
  const { tracer } = deps.run;
  const take = (traceparent?: string, onClaimed?: () => void) =>
    takeExecution({ document, controller, slot, traceparent, onClaimed }, deps);
  return tracer === undefined || document.traceparent === undefined ? take() : runTraced(document, tracer, deps, take);
}

/** One claim of an execution. */
interface Take {
  readonly document: ExecutionDocument;
  readonly controller: AbortController;
  readonly slot: Slot;
  readonly traceparent: string | undefined;
  /** Called when this process has claimed the execution. */
  readonly onClaimed: (() => void) | undefined;
}

/**
 * Runs a claim within its own span, below the span that accepted the message. So a trace shows what was repeated, and
 * in which process. A claim that another process won did nothing and leaves no span.
 */
async function runTraced(
  { _id, flowId, version, epoch, acceptedAt, due, traceparent }: ExecutionDocument,
  tracer: Tracer,
  { clock }: RunExecutionDeps,
  run: (traceparent: string | undefined, onClaimed: () => void) => Promise<RunVerdict>,
): Promise<RunVerdict> {
  const fields = {
    'kangqiao.flow': flowId,
    'kangqiao.flow_version': version,
    'kangqiao.execution': _id,
    'kangqiao.claim': epoch + 1,
    'kangqiao.waited_ms': Math.max(0, clock.now() - Math.max(acceptedAt, due ?? 0)),
  };
  const span = tracer.child(`run ${flowId}`, traceparent, { kind: 'consumer', fields });
  let isClaimed = false;
  try {
    const verdict = await run(span?.traceparent, () => (isClaimed = true));
    if (isClaimed) span?.end({ 'kangqiao.verdict': typeof verdict === 'object' ? verdict.parked : verdict });
    return verdict;
  } catch (error) {
    span?.end(undefined, toErrorRecord(error).code);
    throw error;
  }
}

async function takeExecution(take: Take, deps: RunExecutionDeps): Promise<RunVerdict> {
  const { document, controller, onClaimed } = take;
  const incarnation = deps.owners.current;
  // Do not claim: this process may have lost its claims, and could not send a write.
  if (!deps.owners.isTrusted(incarnation)) return 'let-go';
  const flow = await flowOf(document, deps.published);
  if (flow === undefined || !(deps.serves?.(flow) ?? true)) return 'foreign';
  const loaded = await loadExecution(document, flow, deps);
  const claim = claimOf(document, incarnation, deps, onClaimed);
  const journal = new ExecutionJournal(document, flow, deps, claim, () => controller.abort(cancelled()), {
    iterationLegs: loaded.iterationLegs,
    steps: loaded.steps,
  });
  const end = endWithoutRun(document, flow, loaded) ?? (await runClaimed(take, incarnation, flow, loaded, journal, deps));
  const run = { executionId: document._id, flow, journal };
  if (end.status === 'lost') {
    await journal.keepLateOutcomes();
    if (end.cause instanceof LostExecution) return 'refused';
    if (!journal.isClaimed) await giveBackClaim(run, incarnation, deps);
    deps.log.debug('worker.execution_let_go', { executionId: document._id, code: toErrorRecord(end.cause).code });
    return 'let-go';
  }
  if ((await journal.finish(end)) === 'lost') {
    deps.metrics.count('late_settles_total', { flow: flow.flowId });
    deps.log.warn('worker.late_end_refused', { executionId: document._id, flowId: flow.flowId, status: end.status });
    await storeNotDone(run, end, deps);
    return 'refused';
  }
  deps.endNotes.ended(flow, document._id, end);
  if (end.status === 'waiting' && end.waits.some((wait) => wait.resumeToken !== undefined)) {
    const stored = await deps.executions.get(document._id);
    if (stored?.status === 'waiting') await wakeResumed([stored], deps);
  }
  if (end.status === 'waiting') return { parked: 'waiting', due: Math.min(...end.waits.map((wait) => wait.untilMs)) };
  return end.status === 'held' ? { parked: 'held' } : 'done';
}

/**
 * Returns the compiled flow; undefined if this version of the program lacks a node type of the flow. A newer version
 * published the flow, and must run it.
 */
async function flowOf({ flowId, version }: ExecutionDocument, published: PublishedFlows): Promise<CompiledFlow | undefined> {
  try {
    return published.cached(flowId, version) ?? (await published.at(flowId, version));
  } catch (error) {
    if (error instanceof AppError && error.issues.some(({ code }) => code === 'NODE_TYPE_UNKNOWN')) return undefined;
    throw error;
  }
}

/**
 * Returns the end of an execution that a person ended before it ran, or that needs a person; undefined if it must run.
 */
function endWithoutRun({ cancelRequested }: ExecutionDocument, flow: CompiledFlow, loaded: LoadedExecution): RunEnd | undefined {
  const [unknown] = loaded.dangling;
  if (!cancelRequested && unknown === undefined) return undefined;
  const hasWritten = listDoneWrites(flow, loaded.known).length > 0;
  if (cancelRequested?.isDone) return { status: 'completed', reply: undefined };
  if (cancelRequested) return { status: 'cancelled', isUnknown: unknown !== undefined, hasWritten };
  return heldForUnknown(unknown!.node, unknown!.scope, hasWritten);
}

/**
 * Returns the hold of an execution whose owner crashed after it announced a write, and before it stored the outcome.
 */
function heldForUnknown(node: string, path: string, hasWritten: boolean): RunEnd {
  const error = new AppError(
    'OUTCOME_UNKNOWN',
    'unknown-outcome',
    `The process ended after node ${node} had announced its write; it is not known whether the write was done.`,
    {
      values: { node },
      fix: 'Ask the other side whether it was done. If it was, conclude the message; if not, retry it: the write is sent again.',
    },
  );
  return { status: 'held', error: toErrorRecord(error), node, path, outcomeKnown: false, reply: undefined, hasWritten };
}

async function runClaimed(
  { document, controller, slot, traceparent }: Take,
  incarnation: string,
  flow: CompiledFlow,
  loaded: LoadedExecution,
  journal: ExecutionJournal,
  deps: RunExecutionDeps,
): Promise<RunEnd> {
  const tables = deps.run.bindings.tables();
  const job: RunJob = {
    flow,
    executionId: document._id,
    traceparent,
    origin: document.origin,
    acceptedAt: document.acceptedAt,
    tables: tables.id === document.tables ? tables : await deps.run.bindings.tablesAt(document.tables),
    deadlineMs: deps.clock.now() + flow.document.deadlineMs,
    signal: controller.signal,
    mayWait: true,
    slot,
    depth: 0,
    assertOwned: () => {
      if (deps.owners.isTrusted(incarnation)) return;
      deps.counts.lateWrites += 1;
      deps.log.warn('worker.late_write_refused', { executionId: document._id, flowId: document.flowId });
      throw new LostExecution(POSSIBLY_LOST);
    },
    input: { ...loaded.input, lineage: [...loaded.input.lineage, document._id] },
    journal,
    tally: deps.live?.of(flow),
    known: loaded.known,
    waited: loaded.waited,
    maxSleepMs: MAX_SLEEP_MS,
    holdsAfterWrite: () => true,
    checkReply: (reply) => flow.checkReply(loaded.input, reply),
  };
  return runCounted(job, deps.run, { isFirst: document.epoch === 0 });
}

function claimOf(document: ExecutionDocument, owner: string, deps: RunExecutionDeps, onClaimed: (() => void) | undefined): Claim {
  return async (first, options) => {
    const { match, patch } = transition(document, { kind: 'claimed', owner, first });
    const result = await deps.executions.patchIf(document._id, match, patch, options);
    const isClaimed = result.outcome === 'patched';
    noteClaim(document, isClaimed, deps);
    if (isClaimed) onClaimed?.();
    return isClaimed;
  };
}

function noteClaim({ status, acceptedAt, due }: ExecutionDocument, isClaimed: boolean, { counts, clock, metrics }: RunExecutionDeps): void {
  if (!isClaimed) {
    counts.refusedClaims += 1;
    return;
  }
  counts.claims += 1;
  if (status === 'running') counts.takeOvers += 1;
  else metrics.observeMs('claim_lag_ms', Math.max(0, clock.now() - Math.max(acceptedAt, due ?? 0)));
}
