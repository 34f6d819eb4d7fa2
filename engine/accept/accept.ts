/**
 * Takes a message in: stored first, acknowledged after. The unique key on the stored execution is the dedupe;
 * lanes get their order from the sequence that the arrival brings, never from the queue.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Message } from '../contract/values/message.ts';
import type { ArrivalResult } from '../contract/node/node.ts';
import type { Logger, Metrics, Tracer } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Bindings } from '../bindings/interface.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { partitionOf, TERMINAL, type ExecutionDocument, type Stored } from '../execution/execution-document.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import { digestOfMessage, encodeMessage, type Payloads } from '../execution/payloads.ts';
import { readIngress, type IngressFacts } from './read-ingress.ts';

export interface AcceptDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
  readonly payloads: Payloads;
  readonly seal: Seal;
  readonly bindings: Bindings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Absent: no spans are made. */
  readonly tracer?: Tracer | undefined;
}

export interface AcceptRequest {
  /** Given where the run began before it is stored. */
  readonly executionId?: string;
  readonly message: Message;
  /** Overrides the flow's own expression. */
  readonly dedupeKey?: string;
  /** The caller's own key (`Idempotency-Key`), which guards beside the flow's: alone where the flow has none for the message. */
  readonly callerKey?: string;
  /** Place in the lane; sorts as text. */
  readonly seq: string;
  /** Of the message, where the caller has computed it already. */
  readonly digest?: string;
  /** What the outward keys derive from; absent: the execution itself. */
  readonly origin?: string;
  /** Absent: nobody named it; a trace of its own begins. */
  readonly traceId?: string;
  /** W3C trace context of the span that hands it in. */
  readonly traceparent?: string | undefined;
  /** Same key, other content: refused over HTTP, taken as new (with an alarm) from hospital feeds, which reset their counters. */
  readonly onOtherContent: 'refuse' | 'accept';
}

export type AcceptResult = ArrivalResult | { readonly status: 'key-reused'; readonly executionId: string };

export type Accept = (flow: CompiledFlow, request: AcceptRequest) => Promise<AcceptResult>;

/**
 * Rejects with a transient AppError (STORE_DOWN, STORE_FULL) when it cannot be stored: then nothing may be acknowledged.
 * Inserts of one flow reach the store in the order of the calls.
 */
export function createAccept(deps: AcceptDeps): Accept {
  const tails = new Map<string, Promise<unknown>>();
  const { tracer } = deps;
  return tracer === undefined ? accept : (flow, request) => acceptTraced(flow, request, tracer, accept);

  function accept(flow: CompiledFlow, request: AcceptRequest): Promise<AcceptResult> {
    const prepared = prepareExecution(flow, request, deps);
    const before = tails.get(flow.flowId);
    if (!before && !(prepared instanceof Promise)) return insert(prepared, flow, request, deps);
    // Preparing may take a turn; the insert still keeps its place in the row.
    const mine = Promise.allSettled([before, prepared]).then(([, ready]) => {
      if (ready.status === 'rejected') throw ready.reason;
      return { inserted: insert(ready.value, flow, request, deps) };
    });
    tails.set(flow.flowId, mine);
    const forget = () => {
      if (tails.get(flow.flowId) === mine) tails.delete(flow.flowId);
    };
    mine.then(forget, forget);
    return mine.then(({ inserted }) => inserted);
  }
}

/** The stored execution keeps the span's trace context: whoever runs it goes on with the trace. */
async function acceptTraced(flow: CompiledFlow, request: AcceptRequest, tracer: Tracer, accept: Accept): Promise<AcceptResult> {
  const name = `accept ${flow.flowId}`;
  const start = { kind: 'producer', fields: { 'kangqiao.flow': flow.flowId, 'kangqiao.flow_version': flow.version } } as const;
  const span = request.traceId === undefined ? tracer.root(name, undefined, start) : tracer.child(name, request.traceparent, start);
  if (span === undefined) return accept(flow, request);
  const [, traceId] = span.traceparent.split('-');
  try {
    const result = await accept(flow, { ...request, traceId: request.traceId ?? traceId!, traceparent: span.traceparent });
    const fields = 'executionId' in result ? { 'kangqiao.execution': result.executionId } : {};
    span.end({ ...fields, 'kangqiao.result': result.status });
    return result;
  } catch (error) {
    span.end(undefined, toErrorRecord(error).code);
    throw error;
  }
}

/** The document of a new execution, ready to be inserted. */
export function prepareExecution(
  flow: CompiledFlow,
  request: AcceptRequest,
  deps: AcceptDeps,
): ExecutionDocument | Promise<ExecutionDocument> {
  const now = deps.clock.now();
  const facts = readIngress(flow, request, now, deps);
  return facts instanceof Promise
    ? facts.then((read) => buildExecution(flow, request, read, now, deps))
    : buildExecution(flow, request, facts, now, deps);
}

/** The keys of the message and those that the ingress read from it, which win. */
export function buildExecution(
  flow: CompiledFlow,
  request: AcceptRequest,
  { dedupe, laneKey, keys: read }: IngressFacts,
  now: number,
  deps: AcceptDeps,
): ExecutionDocument | Promise<ExecutionDocument> {
  const id = request.executionId ?? createTimedId('exe', now);
  const keys = { ...request.message.keys, ...read };
  const encoded = encodeMessage({ ...request.message, keys });
  const digest = request.digest ?? digestOfMessage(encoded, deps.seal);
  const dedupeText = dedupe ?? request.callerKey;
  const input = deps.payloads.store(executionPlace(id, 'input'), encoded);
  return input instanceof Promise ? input.then(finish) : finish(input);

  function finish(stored: Stored): ExecutionDocument {
    return {
      _id: id,
      origin: request.origin ?? id,
      flowId: flow.flowId,
      version: flow.version,
      domain: flow.document.domain,
      trigger: flow.trigger.id,
      status: 'queued',
      part: partitionOf(laneKey ?? id),
      open: true,
      lane: laneKey === undefined ? null : { key: laneKey, seq: request.seq },
      dedupe: dedupeText === undefined ? `x:${id}` : `${flow.flowId}|${deps.seal.token('dedupe', dedupeText)}`,
      digest,
      input: stored,
      keys: [...Object.entries(keys).map(([name, value]) => deps.seal.token(name, value)), ...callerTokens(flow, request, deps)],
      tables: deps.bindings.tables().id,
      acceptedAt: now,
      epoch: 0,
      legs: {},
      ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
      ...('blob' in stored ? { blobs: [stored.blob] } : {}),
    };
  }
}

/** A document has one unique key, and that is the flow's: what its caller's key refers to is found among its keys. */
function callerTokens({ flowId, ingress }: CompiledFlow, { callerKey }: AcceptRequest, { seal }: AcceptDeps): string[] {
  return callerKey === undefined || !ingress.dedupe ? [] : [`${flowId}|${seal.token('caller', callerKey)}`];
}

async function insert(document: ExecutionDocument, flow: CompiledFlow, request: AcceptRequest, deps: AcceptDeps): Promise<AcceptResult> {
  // Nothing is awaited that need not be: inserts keep their order.
  const earlier = request.callerKey === undefined ? undefined : await underCallerKey(flow, request, deps);
  if (earlier) return { status: earlier.digest === document.digest ? 'duplicate' : 'key-reused', executionId: earlier._id };
  const result = await deps.executions.insert(document, { durability: 'full' });
  if (!result.inserted) return onDuplicate(document, flow, request, deps);
  // It is stored: a doorbell that fails, or hangs, must not make the sender send it again. The reconciler finds it all the same.
  deps.workQueue.ring(document.part).catch((error: unknown) => deps.log.debug('worker.ring_failed', { code: toErrorRecord(error).code }));
  deps.metrics.count('accepted_total', { flow: flow.flowId });
  return { status: 'accepted', executionId: document._id };
}

/** Two of one request at once are told apart by the unique key; this finds the caller's key that came before with another message. */
async function underCallerKey(flow: CompiledFlow, request: AcceptRequest, deps: AcceptDeps): Promise<ExecutionDocument | undefined> {
  const [token] = callerTokens(flow, request, deps);
  if (token === undefined) return undefined;
  const found = await deps.executions.find({ keys: token }, { sort: ['-acceptedAt'], limit: 1 });
  return found.find((earlier) => !isOld(earlier, deps, windowOf(flow)));
}

async function onDuplicate(
  document: ExecutionDocument,
  flow: CompiledFlow,
  request: AcceptRequest,
  deps: AcceptDeps,
): Promise<AcceptResult> {
  const first = await findByDedupe(document.dedupe, deps.executions);
  if (first?.digest !== document.digest) {
    // This content may have come before as another one under the key; that counts for as long as itself, whatever became of the first.
    const same = await findByDedupe(withContent(document), deps.executions);
    if (same && !(await releaseOldKey(same, flow, deps))) return { status: 'duplicate', executionId: same._id };
  }
  // Gone since the insert: its retention ended this very moment.
  if (!first || (await releaseOldKey(first, flow, deps))) return insert(document, flow, request, deps);
  if (first.digest === document.digest) return { status: 'duplicate', executionId: first._id };
  if (request.onOtherContent === 'refuse') return { status: 'key-reused', executionId: first._id };
  deps.log.warn('flow.dedupe_key_with_other_content', { flowId: flow.flowId, executionId: first._id });
  deps.metrics.count('dedupe_conflict_total', { flow: flow.flowId });
  await keepWhile(first, flow, deps);
  // Its own second delivery must still be found: the content becomes part of the key.
  return insert({ ...document, dedupe: withContent(document) }, flow, request, deps);
}

function withContent({ dedupe, digest }: ExecutionDocument): string {
  return dedupe.endsWith(`|${digest}`) ? dedupe : `${dedupe}|${digest}`;
}

/** Only who finds the plain key taken looks for the one with the content: the first stays at least as long as the window of what came after it. */
async function keepWhile(
  { _id, dedupe, expiresAt }: ExecutionDocument,
  flow: CompiledFlow,
  { executions, clock }: AcceptDeps,
): Promise<void> {
  const keptUntil = clock.now() + windowOf(flow);
  // One that has not ended yet is kept for its window from its end on.
  const isTooShort = expiresAt !== undefined && expiresAt < keptUntil;
  await executions.patchIf(_id, { dedupe }, { set: { keptUntil, ...(isTooShort ? { expiresAt: keptUntil } : {}) } });
}

export async function findByDedupe(dedupe: string, executions: Collection<ExecutionDocument>): Promise<ExecutionDocument | undefined> {
  return (await executions.find({ dedupe }, { limit: 1 }))[0];
}

/** A key older than its window no longer counts, once its execution has ended: it is given free. */
export async function releaseOldKey(
  first: ExecutionDocument,
  flow: CompiledFlow,
  { executions, clock }: Pick<AcceptDeps, 'executions' | 'clock'>,
  windowMs = windowOf(flow),
): Promise<boolean> {
  if (!isOld(first, { clock }, windowMs)) return false;
  // Free as well when somebody else was quicker.
  await executions.patchIf(first._id, { dedupe: first.dedupe }, { set: { dedupe: `x:${first._id}` } });
  return true;
}

function isOld({ acceptedAt, status }: ExecutionDocument, { clock }: Pick<AcceptDeps, 'clock'>, windowMs: number): boolean {
  return acceptedAt + windowMs <= clock.now() && TERMINAL.includes(status);
}

function windowOf({ ingress }: CompiledFlow): number {
  return ingress.dedupe?.windowMs ?? 86_400_000;
}

/** Sequence of arrivals that have no listener: store time, process, counter. Order is promised only if one was answered before the next was sent. */
export function createSequence(storeTime: Pick<Clock, 'now'>, processId: string): () => string {
  let last = 0;
  let counter = 0;
  return () => {
    const now = Math.max(last, storeTime.now());
    counter = now === last ? counter + 1 : 0;
    last = now;
    return `${String(now).padStart(15, '0')}.${processId}.${String(counter).padStart(9, '0')}`;
  };
}

/** Turns a stored duplicate or refusal into what a trigger may acknowledge. */
export function toArrivalResult(result: AcceptResult): ArrivalResult {
  if (result.status !== 'key-reused') return result;
  const error = new AppError('DEDUPE_KEY_REUSED', 'input', 'The same key was used before with another content.');
  return { status: 'refused', error: { code: error.code, kind: error.kind, message: error.message } };
}
