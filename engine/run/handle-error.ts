/**
 * Applies a node's error handling: when to retry, which catch takes the error, what the error port emits, and how a
 * run ends that no route handles.
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

/** A catch may name codes or kinds; without either it catches every error. */
export function catches(candidate: CompiledNode, error: ErrorRecord): boolean {
  const { codes, kinds } = candidate.config as { readonly codes?: readonly string[]; readonly kinds?: readonly string[] };
  const isAny = !codes?.length && !kinds?.length;
  return isAny || codes?.includes(error.code) === true || kinds?.includes(error.kind) === true;
}

/** A person decides whether an unknown write was done, unless the flow's author handles unknown outcomes. */
export function isUnknownWanted({ graph, nodes }: CompiledFlow, graphNode: GraphNode, node: CompiledNode): boolean {
  return node.takesUnknown || graph.catches.get(graphNode.body)?.some((candidate) => namesUnknown(nodes.get(candidate.id)!)) === true;
}

/**
 * Only a catch that names the kind takes an unknown outcome. A catch-all does not mean to continue without knowing.
 */
function namesUnknown(candidate: CompiledNode): boolean {
  return (candidate.config as { readonly kinds?: readonly string[] }).kinds?.includes('unknown-outcome') === true;
}

/** `attempt`: the attempt that failed. */
export function mayRetry({ effect, retry }: CompiledNode, { kind }: ErrorRecord, attempt: number): boolean {
  if (attempt > retry.max) return false;
  if (retry.on.includes('transient') && kind === 'transient') return true;
  // Repeating anything but a `write` with the same key has the same result, so its unknown outcome is as good as a
  // transient error.
  return kind === 'unknown-outcome' && effect !== 'write' && retry.on.length > 0;
}

/** Exponential backoff with full jitter (at least a fifth). Honours the other side's `Retry-After`. */
export function retryDelayMs(node: CompiledNode, attempt: number, retryAfterMs: number, origin: string): number {
  const { baseMs, factor, capMs } = node.retry;
  const ceiling = Math.min(capMs, baseMs * factor ** (attempt - 1));
  let hash = attempt;
  for (let index = 0; index < origin.length; index += 1) hash = (Math.imul(hash, 31) + origin.charCodeAt(index)) >>> 0;
  return Math.max(retryAfterMs, Math.ceil(ceiling * (0.2 + (0.8 * (hash % 1000)) / 1000)));
}

/** The results so far that decide how a run ends. */
export interface Achieved {
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
 * Decides the end when no route of the flow handles the error. An explicit end fails. An unknown outcome is held. A
 * failure after a write is held too, so that it does not look like a bad request. Otherwise the node's handling
 * decides.
 */
export function unroutedEnd({ error, step, record: stopped }: Stop, job: RunJob, { reply, written }: Achieved): RunEnd {
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
 * Applies only while a caller waits for the reply. After the reply, the caller cannot repeat the failure. In a
 * durable flow the node's handling decides.
 */
export function isHeldAfterWrite(error: ErrorRecord, { flow, holdsAfterWrite }: RunJob, { reply, written }: Achieved): boolean {
  if (flow.document.mode === 'durable' || reply !== undefined || written === undefined) return false;
  return holdsAfterWrite?.(written, error) === true;
}

/**
 * When a worker continues a sync flow, no caller waits any more. So a failure that a retry may fix is left to a
 * person, as in a durable flow.
 */
function isHoldable(error: ErrorRecord, { flow, mayWait }: RunJob): boolean {
  return flow.document.mode === 'durable' || (mayWait && error.kind !== 'input');
}
