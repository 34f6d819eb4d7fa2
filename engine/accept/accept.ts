/**
 * Accepts messages: stores a message first and acknowledges it afterwards. Duplicates are found by the unique dedupe
 * key of stored executions. The order within a lane comes from the sequence of each arrival, never from the queue.
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
import { ownKey, transition } from '../execution/transition.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import { blobsField, digestOfMessage, encodeMessage, type Payloads } from '../execution/payloads.ts';
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
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
}

export interface AcceptRequest {
  /** Set if the run started before the execution is stored. */
  readonly executionId?: string;
  readonly message: Message;
  /** Replaces the dedupe key of the flow's expression. */
  readonly dedupeKey?: string;
  /**
   * The caller's key (`Idempotency-Key`). It finds duplicates in addition to the flow's dedupe key, and alone if the
   * flow has no key for the message.
   */
  readonly callerKey?: string;
  /** The position in the lane; sorts as text. */
  readonly seq: string;
  /** The digest of the message, if the caller has already computed it. */
  readonly digest?: string;
  /** The idempotency keys that the nodes send derive from this. If absent, they derive from the execution's id. */
  readonly origin?: string;
  /** If absent, a new trace begins. */
  readonly traceId?: string;
  /** The W3C trace context of the caller's span. */
  readonly traceparent?: string | undefined;
  /**
   * What to do if the key was already used with other content. HTTP refuses it. Hospital feeds accept it as a new
   * message, with an alarm, because feeds reset their counters and then use old keys again.
   */
  readonly onOtherContent: 'refuse' | 'accept';
}

export type AcceptResult = ArrivalResult | { readonly status: 'key-reused'; readonly executionId: string };

export type Accept = (flow: CompiledFlow, request: AcceptRequest) => Promise<AcceptResult>;

/**
 * Creates the function that accepts messages. It rejects with STORE_DOWN or STORE_FULL (transient) if the message
 * cannot be stored; do not acknowledge the message then. Messages of one flow are inserted in the order of the calls.
 */
export function createAccept(deps: AcceptDeps): Accept {
  const tails = new Map<string, Promise<unknown>>();
  const { tracer } = deps;
  return tracer === undefined ? accept : (flow, request) => acceptTraced(flow, request, tracer, accept);

  function accept(flow: CompiledFlow, request: AcceptRequest): Promise<AcceptResult> {
    const prepared = prepareExecution(flow, request, deps);
    const before = tails.get(flow.flowId);
    if (!before && !(prepared instanceof Promise)) return insert(prepared, flow, request, deps);
    // Preparing may be asynchronous, but the inserts must keep the order of the calls.
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

/** Accepts the message within a span. The trace context of the span is stored, so that the run continues the trace. */
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

/** Builds the document of a new execution, ready to insert. */
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

/**
 * Builds the document of a new execution. The expressions of the flow's ingress gave its dedupe key, lane key and
 * business keys. Those business keys replace the ones of the message.
 */
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
      dedupe: dedupeText === undefined ? ownKey(id) : `${flow.flowId}|${deps.seal.token('dedupe', dedupeText)}`,
      digest,
      input: stored,
      keys: [...Object.entries(keys).map(([name, value]) => deps.seal.token(name, value)), ...callerTokens(flow, request, deps)],
      tables: deps.bindings.tables().id,
      acceptedAt: now,
      epoch: 0,
      legs: {},
      ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
      ...blobsField(stored),
    };
  }
}

/**
 * Returns the keyed token of the caller's key. It is stored among the business keys, because a document has only one
 * unique key, and the flow's dedupe key already uses that.
 */
function callerTokens({ flowId, ingress }: CompiledFlow, { callerKey }: AcceptRequest, { seal }: AcceptDeps): string[] {
  return callerKey === undefined || !ingress.dedupe ? [] : [`${flowId}|${seal.token('caller', callerKey)}`];
}

async function insert(document: ExecutionDocument, flow: CompiledFlow, request: AcceptRequest, deps: AcceptDeps): Promise<AcceptResult> {
  // Do not await unless necessary: it would change the order of inserts.
  const earlier = request.callerKey === undefined ? undefined : await underCallerKey(flow, request, deps);
  if (earlier) return { status: earlier.digest === document.digest ? 'duplicate' : 'key-reused', executionId: earlier._id };
  const result = await deps.executions.insert(document, { durability: 'full' });
  if (!result.inserted) return onDuplicate(document, flow, request, deps);
  // The message is stored, so the sender must not send it again even if the signal fails or takes long. The reconciler
  // finds the execution in any case.
  deps.workQueue.ring(document.part).catch((error: unknown) => deps.log.debug('worker.ring_failed', { code: toErrorRecord(error).code }));
  deps.metrics.count('accepted_total', { flow: flow.flowId });
  return { status: 'accepted', executionId: document._id };
}

/**
 * Finds an earlier message with the caller's key. If two copies of a request arrive at the same time, the unique key
 * finds the second one.
 */
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
    // A message with this content may already be stored under the key that includes the content. Then this is a
    // duplicate within the window of that message, whatever happened to the first message.
    const same = await findByDedupe(withContent(document), deps.executions);
    if (same && !(await releaseOldKey(same, flow, deps))) return { status: 'duplicate', executionId: same._id };
  }
  // The first execution no longer exists because its retention has ended, or its window is over: try again.
  if (!first || (await releaseOldKey(first, flow, deps))) return insert(document, flow, request, deps);
  if (first.digest === document.digest) return { status: 'duplicate', executionId: first._id };
  if (request.onOtherContent === 'refuse') return { status: 'key-reused', executionId: first._id };
  deps.log.warn('flow.dedupe_key_with_other_content', { flowId: flow.flowId, executionId: first._id });
  deps.metrics.count('dedupe_conflict_total', { flow: flow.flowId });
  await keepWhile(first, flow, deps);
  // Add the content to the key, so that a second delivery of this content is found as a duplicate.
  return insert({ ...document, dedupe: withContent(document) }, flow, request, deps);
}

function withContent({ dedupe, digest }: ExecutionDocument): string {
  return dedupe.endsWith(`|${digest}`) ? dedupe : `${dedupe}|${digest}`;
}

/**
 * Keeps the first execution at least for the dedupe window of the message that came after it. Without it, a repetition
 * of the later message would not be recognised: the key that includes the content is searched only if the plain key is
 * in use.
 */
async function keepWhile(first: ExecutionDocument, flow: CompiledFlow, { executions, clock }: AcceptDeps): Promise<void> {
  const { _id, dedupe, expiresAt } = first;
  const until = clock.now() + windowOf(flow);
  // An open execution has no expiry yet; its window starts when it ends.
  const isTooShort = expiresAt !== undefined && expiresAt < until;
  const { match, patch } = transition(first, { kind: 'kept-longer', dedupe, until, ...(isTooShort ? { expiresAt: until } : {}) });
  await executions.patchIf(_id, match, patch);
}

export async function findByDedupe(dedupe: string, executions: Collection<ExecutionDocument>): Promise<ExecutionDocument | undefined> {
  return (await executions.find({ dedupe }, { limit: 1 }))[0];
}

/** Frees a dedupe key if its window is over and its execution has ended. Returns true if the key is free. */
export async function releaseOldKey(
  first: ExecutionDocument,
  flow: CompiledFlow,
  { executions, clock }: Pick<AcceptDeps, 'executions' | 'clock'>,
  windowMs = windowOf(flow),
): Promise<boolean> {
  if (!isOld(first, { clock }, windowMs)) return false;
  // If another process released the key first, it is free too.
  const { match, patch } = transition(first, { kind: 'key-freed', id: first._id, dedupe: first.dedupe });
  await executions.patchIf(first._id, match, patch);
  return true;
}

function isOld({ acceptedAt, status }: ExecutionDocument, { clock }: Pick<AcceptDeps, 'clock'>, windowMs: number): boolean {
  return acceptedAt + windowMs <= clock.now() && TERMINAL.includes(status);
}

function windowOf({ ingress }: CompiledFlow): number {
  return ingress.dedupe?.windowMs ?? 86_400_000;
}

/**
 * Returns a function that creates sequences for messages that no listener received, from the store's time, the process
 * id and a counter. Two messages keep their order only if the first was acknowledged before the second was sent.
 */
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

/** Converts the result to the result that a trigger gets. */
export function toArrivalResult(result: AcceptResult): ArrivalResult {
  if (result.status !== 'key-reused') return result;
  const error = new AppError('DEDUPE_KEY_REUSED', 'input', 'The same key was used before with different content.');
  return { status: 'refused', error: { code: error.code, kind: error.kind, message: error.message } };
}
