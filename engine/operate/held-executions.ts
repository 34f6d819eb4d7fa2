/**
 * Carries out a person's decisions on held executions: retry or end them, one by one or as items of a bulk operation.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Bindings } from '../bindings/interface.ts';
import { OUTSIDE } from '../execution/scope-filters.ts';
import type { BulkAct, Conclusion, HeldItem, HeldOutcome, RetryTables } from './interface.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import { isOutcomeUnknown, type ExecutionDocument } from '../execution/execution-document.ts';
import { transition, type EndRequest, type ExecutionEvent } from '../execution/transition.ts';
import { assertStored, executionPlace } from '../execution/stored-execution.ts';
import { blobsOf, decodeMessage, encodeReply, type Payloads } from '../execution/payloads.ts';
import { isPrepared, releasePrepared, removePrepared, type ReleaseMarks } from './resend-execution.ts';
import { tablesKept, useTablesOfNow } from './tables-of-now.ts';

export interface HeldDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly seal: Seal;
  readonly payloads: Pick<Payloads, 'load' | 'store'>;
  readonly published: Pick<PublishedFlows, 'at'>;
  readonly bindings: Pick<Bindings, 'tables'>;
  readonly clock: Clock;
  readonly cancelChannel: string;
}

type BulkEnd = BulkAct & { readonly reason: string };

export async function retryExecution(executionId: string, actor: string, tables: RetryTables, deps: HeldDeps): Promise<void> {
  const document = assertStored(await deps.executions.get(executionId), executionId);
  if (tables === 'now' && document.status === 'held' && mayBeDone(document)) throw tablesKept(executionId);
  if (await letGoOn(document, document.epoch, { by: actor }, tables, deps)) return;
  throw notHeld(executionId);
}

export async function cancelExecution(executionId: string, actor: string, reason: string, deps: HeldDeps): Promise<void> {
  const document = assertStored(await deps.executions.get(executionId), executionId);
  if (await requestEnd(document, { by: actor, reason }, (request) => ({ kind: 'cancel-requested', request }), deps)) return;
  throw new AppError('EXECUTION_DONE', 'input', `Execution ${executionId} has already ended.`, {
    values: { id: executionId },
    fix: 'Read it again to see how it ended.',
  });
}

export async function concludeExecution(executionId: string, conclusion: Conclusion, deps: HeldDeps): Promise<void> {
  const document = assertStored(await deps.executions.get(executionId), executionId);
  await assertConcludable(document, conclusion, deps);
  const { actor, reason, reply } = conclusion;
  const stored = reply && (await deps.payloads.store(executionPlace(executionId, 'reply'), encodeReply(reply)));
  const kept = stored && { stored, blobs: [...(document.blobs ?? []), ...blobsOf(stored)] };
  const end = { by: actor, reason, isDone: true } as const;
  if (!(await requestEnd(document, end, (request) => ({ kind: 'hold-ended', request, reply: kept }), deps))) throw notHeld(executionId);
}

export async function retryHeld(
  item: HeldItem,
  { actor, bulkId, tables = 'then' }: BulkAct & { readonly tables?: RetryTables },
  deps: HeldDeps,
): Promise<HeldOutcome> {
  const document = await deps.executions.get(item.executionId);
  if (document === undefined || item.epoch === OUTSIDE) return 'missing';
  if (tables === 'now' && isAsHeld(document, item) && mayBeDone(document)) return 'refused';
  // Every claim increments the epoch. So a hold that the bulk selected is retried only once, even if several people
  // request it.
  const isDone = await letGoOn(document, item.epoch, { by: actor, bulk: bulkId }, tables, deps);
  return isDone ? 'done' : outcomeOf(document, item, bulkId);
}

export async function cancelHeld(item: HeldItem, act: BulkEnd, deps: HeldDeps): Promise<HeldOutcome> {
  const document = await deps.executions.get(item.executionId);
  if (document === undefined || item.epoch === OUTSIDE) return 'missing';
  return endHeld(document, item, act, {}, deps);
}

export async function concludeHeld(item: HeldItem, act: BulkEnd, deps: HeldDeps): Promise<HeldOutcome> {
  const document = await deps.executions.get(item.executionId);
  if (document === undefined || item.epoch === OUTSIDE) return 'missing';
  if (isAsHeld(document, item) && (isPrepared(document) || !mayBeDone(document))) return 'refused';
  return endHeld(document, item, act, { isDone: true }, deps);
}

async function endHeld(
  document: ExecutionDocument,
  item: HeldItem,
  { actor, bulkId, reason }: BulkEnd,
  how: { readonly isDone?: true },
  deps: HeldDeps,
): Promise<HeldOutcome> {
  const seen = { ...document, epoch: item.epoch };
  const end = { by: actor, reason, ...how };
  const isEnded = await requestEnd(seen, end, (request) => ({ kind: 'hold-ended', request, bulk: bulkId }), deps);
  return isEnded ? 'done' : outcomeOf(document, item, bulkId);
}

/**
 * Releases the execution; returns false if it cannot be released. An execution that is being cancelled stays held
 * until a worker ends it; for it too the function returns false, because it does not continue.
 */
async function letGoOn(
  document: ExecutionDocument,
  epoch: number,
  marks: ReleaseMarks & { readonly by: string },
  wanted: RetryTables,
  deps: HeldDeps,
): Promise<boolean> {
  if (isPrepared(document)) return epoch === document.epoch && (await releasePrepared(document, marks.by, marks, deps));
  const tables = wanted === 'now' ? await useTablesOfNow(document, deps) : {};
  const { match, patch } = transition({ ...document, epoch }, { kind: 'retried', ...tables, ...marks });
  const result = await deps.executions.patchIf(document._id, match, patch, { durability: 'full' });
  if (result.outcome !== 'patched') return false;
  await removePrepared(document._id, undefined, deps);
  await deps.workQueue.ring(document.part);
  return true;
}

async function requestEnd(
  seen: ExecutionDocument,
  request: { readonly by: string; readonly reason: string; readonly isDone?: true },
  eventOf: (request: EndRequest) => ExecutionEvent,
  deps: HeldDeps,
): Promise<boolean> {
  const { _id, part } = seen;
  // Seal the reason, because free text may name a person.
  const sealed = deps.seal.seal(executionPlace(_id, 'cancelRequested'), request.reason);
  const { match, patch } = transition(seen, eventOf({ ...request, reason: sealed, at: deps.clock.now() }));
  const result = await deps.executions.patchIf(_id, match, patch, { durability: 'full' });
  if (result.outcome !== 'patched') return false;
  await removePrepared(_id, result.document.replacedBy, deps);
  // A lost hint does not matter: the worker reads `cancelRequested`.
  await deps.shared.publish(deps.cancelChannel, _id).catch(() => undefined);
  await deps.workQueue.ring(part);
  return true;
}

async function assertConcludable(
  document: ExecutionDocument,
  { attempt, wasDone, reply }: Conclusion,
  { published, payloads }: HeldDeps,
): Promise<void> {
  const { _id: id, status, retries = 0, cancelRequested, hasWritten } = document;
  if (status !== 'held' || cancelRequested || isPrepared(document) || retries + 1 !== attempt) throw notHeld(id);
  if (isOutcomeUnknown(document)) {
    if (!wasDone) throw doneUnknown(id);
  } else if (!hasWritten) throw nothingDone(id);
  if (reply === undefined) return;
  const flow = await published.at(document.flowId, document.version);
  if (flow.document.mode === 'durable') throw replyRefused(id, 'durable');
  if (document.reply) throw replyRefused(id, 'given');
  if (document.input === undefined) return;
  const input = decodeMessage(await payloads.load(executionPlace(id, 'input'), document.input));
  try {
    flow.checkReply(input, reply);
  } catch (error) {
    throw replyUnusable(id, toErrorRecord(error).code, error);
  }
}

function notHeld(id: string): AppError {
  return new AppError('EXECUTION_NOT_HELD', 'input', `Execution ${id} is not held, has continued in the meantime, or is being ended.`, {
    values: { id },
    fix: 'Read it again; someone may already have retried, cancelled, resent or ended it.',
  });
}

function nothingDone(id: string): AppError {
  return new AppError('EXECUTION_NOTHING_DONE', 'input', `Execution ${id} has no write that is known to be done.`, {
    values: { id },
    fix: 'Retry it, or cancel it.',
  });
}

function doneUnknown(id: string): AppError {
  return new AppError('EXECUTION_DONE_UNKNOWN', 'input', `It is not known whether the write of execution ${id} was done.`, {
    values: { id },
    fix: 'Ask the other side; if it was done, confirm this and end the execution as done, otherwise retry it.',
  });
}

function replyRefused(id: string, problem: 'durable' | 'given'): AppError {
  const why = problem === 'durable' ? 'its flow is durable, so no caller waits for a reply' : 'its caller already has a reply';
  return new AppError('EXECUTION_REPLY_REFUSED', 'input', `Execution ${id} cannot get a reply: ${why}.`, {
    values: { id, problem },
    fix: 'End it as done without a reply.',
  });
}

function replyUnusable(id: string, code: string, cause: unknown): AppError {
  return new AppError('EXECUTION_REPLY_REFUSED', 'input', `The caller of execution ${id} cannot get this reply (${code}).`, {
    values: { id, problem: 'unusable', code },
    fix: 'Reply in the form that the help of the trigger describes, or end it as done without a reply.',
    cause,
  });
}

/** Returns true if a write of the execution was done, or may have been done. */
function mayBeDone(document: ExecutionDocument): boolean {
  return document.hasWritten === true || isOutcomeUnknown(document);
}

function isAsHeld({ status, epoch }: ExecutionDocument, item: HeldItem): boolean {
  return status === 'held' && epoch === item.epoch;
}

/**
 * Returns the outcome of an item that is no longer held as selected. An earlier run of this bulk may have handled the
 * item, and stopped before it recorded that.
 */
function outcomeOf(document: ExecutionDocument, { epoch }: HeldItem, bulkId: string): HeldOutcome {
  return document.bulk === bulkId && document.epoch >= epoch ? 'done' : 'gone-on';
}
