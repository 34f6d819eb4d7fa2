/**
 * Functions for the error handling of a node: whether to retry, which catch takes the error, what the error port
 * emits, and how a run ends if no route handles the error.
 */
import type { ErrorRecord } from '../contract/values/errors.ts';
import { withData, type Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { GraphNode } from '../plan/flow-graph.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';
import type { RunEnd, RunJob, Written } from '../execution/run-job.ts';
import type { StepRecord } from '../execution/execution-document.ts';
import type { Step } from './step.ts';

export function errorMessage(message: Message, error: ErrorRecord, node: string): Message {
  return withData(message, { error, node, data: message.data instanceof Uint8Array ? undefined : message.data }, 'application/json');
}

/** Returns true if the catch takes the error. A catch may name codes or kinds; without any it takes every error. */
export function catches(candidate: CompiledNode, error: ErrorRecord): boolean {
  const { codes, kinds } = candidate.config as { readonly codes?: readonly string[]; readonly kinds?: readonly string[] };
  const isAny = !codes?.length && !kinds?.length;
  return isAny || codes?.includes(error.code) === true || kinds?.includes(error.kind) === true;
}

/**
 * Returns true if the flow's author handles unknown outcomes of this node. Otherwise a person decides whether the
 * write was done.
 */
export function isUnknownWanted({ graph, nodes }: CompiledFlow, graphNode: GraphNode, node: CompiledNode): boolean {
  return node.takesUnknown || graph.catches.get(graphNode.body)?.some((candidate) => namesUnknown(nodes.get(candidate.id)!)) === true;
}

/**
 * Returns true if the catch names the kind `unknown-outcome`. A catch for all errors is not enough: it does not mean
 * that the flow may continue with an unknown outcome.
 */
function namesUnknown(candidate: CompiledNode): boolean {
  return (candidate.config as { readonly kinds?: readonly string[] }).kinds?.includes('unknown-outcome') === true;
}

/** Returns true if the node may be tried again. `attempt`: the number of the attempt that failed. */
export function mayRetry({ effect, retry }: CompiledNode, { kind }: ErrorRecord, attempt: number): boolean {
  if (attempt > retry.max) return false;
  if (retry.on.includes('transient') && kind === 'transient') return true;
  // Except for a `write`, repeating a call with the same key has the same result, so an unknown outcome can be retried
  // like a transient error.
  return kind === 'unknown-outcome' && effect !== 'write' && retry.on.length > 0;
}

/**
 * Returns the pause before the next attempt: exponential backoff with jitter, between a fifth of the pause and the
 * whole pause. The pause is not shorter than the other side's `Retry-After`.
 */
export function retryDelayMs(node: CompiledNode, attempt: number, retryAfterMs: number, origin: string): number {
  const { baseMs, factor, capMs } = node.retry;
  const ceiling = Math.min(capMs, baseMs * factor ** (attempt - 1));
  let hash = attempt;
  for (let index = 0; index < origin.length; index += 1) hash = (Math.imul(hash, 31) + origin.charCodeAt(index)) >>> 0;
  return Math.max(retryAfterMs, Math.ceil(ceiling * (0.2 + (0.8 * (hash % 1000)) / 1000)));
}

/** The results up to now that decide how a run ends. */
export interface RunResults {
  readonly reply: Reply | undefined;
  readonly written: Written | undefined;
}

/** An error that no route of the flow handles, and the record of its failed step. */
export interface Stop {
  readonly error: ErrorRecord;
  readonly step: Step;
  readonly record: StepRecord;
}

/**
 * Returns the end of a run with an error that no route of the flow handles. After an `end` node the execution fails.
 * After an unknown outcome it is held. After a write it is held too, because a plain failure would look as if nothing
 * had been done. In all other cases the node's handling decides.
 */
export function unroutedEnd({ error, step, record: stopped }: Stop, job: RunJob, { reply, written }: RunResults): RunEnd {
  const { node, place } = step;
  const isUnknown = error.kind === 'unknown-outcome';
  const isEnd = place.node.role === 'end';
  const isHeld = isUnknown || (isHoldable(error, job) && node.exhausted === 'hold' && !isEnd);
  const isFailedAfterWrite = !isHeld && !isEnd && isHeldAfterWrite(error, job, { reply, written });
  return isHeld || isFailedAfterWrite
    ? {
        status: 'held',
        error,
        node: node.id,
        path: place.run.path,
        stopped,
        outcomeKnown: !isUnknown,
        reply,
        hasWritten: written !== undefined,
        isFailedAfterWrite,
      }
    : { status: 'failed', error, node: node.id, stopped, reply, isDeadLetter: node.exhausted === 'dead-letter' };
}

/**
 * Returns true if a failure after a write must be held. This applies only while a caller waits for the reply: after
 * the reply, the caller cannot react to the failure. In a durable flow the node's handling decides.
 */
export function isHeldAfterWrite(error: ErrorRecord, { flow, holdsAfterWrite }: RunJob, { reply, written }: RunResults): boolean {
  if (flow.document.mode === 'durable' || reply !== undefined || written === undefined) return false;
  return holdsAfterWrite?.(written, error) === true;
}

/**
 * Returns true if the node's handling may hold the error. In a sync flow this is so only when a worker continues the
 * execution: no caller waits then, so a person must decide about failures that a retry may fix.
 */
function isHoldable(error: ErrorRecord, { flow, mayWait }: RunJob): boolean {
  return flow.document.mode === 'durable' || (mayWait && error.kind !== 'input');
}
