/** What a node's handling says about errors: when to try again, who catches, what the error port carries, and how a run ends that nobody saves. */
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

/** A catch may name codes or kinds; without either it takes all. */
export function catches(candidate: CompiledNode, error: ErrorRecord): boolean {
  const { codes, kinds } = candidate.config as { readonly codes?: readonly string[]; readonly kinds?: readonly string[] };
  const isAny = !codes?.length && !kinds?.length;
  return isAny || codes?.includes(error.code) === true || kinds?.includes(error.kind) === true;
}

/** Whether a write was done is a question for a person, unless the flow's author answered it beforehand. */
export function isUnknownWanted({ graph, nodes }: CompiledFlow, graphNode: GraphNode, node: CompiledNode): boolean {
  return node.takesUnknown || graph.catches.get(graphNode.body)?.some((candidate) => namesUnknown(nodes.get(candidate.id)!)) === true;
}

/** Only a catch that names the kind takes an unknown outcome: catching everything does not mean to go on without knowing. */
function namesUnknown(candidate: CompiledNode): boolean {
  return (candidate.config as { readonly kinds?: readonly string[] }).kinds?.includes('unknown-outcome') === true;
}

/** `attempt`: the one that failed. */
export function mayRetry({ effect, retry }: CompiledNode, { kind }: ErrorRecord, attempt: number): boolean {
  // Not knowing is as good as not done where doing it again with the same key is the same as doing it once.
  const isTransient = kind === 'transient' || (kind === 'unknown-outcome' && effect !== 'write');
  return isTransient && retry.on.includes('transient') && attempt <= retry.max;
}

/** Exponential with full jitter (never under a fifth), the other side's `Retry-After` honoured. */
export function retryDelayMs(node: CompiledNode, attempt: number, retryAfterMs: number, origin: string): number {
  const { baseMs, factor, capMs } = node.retry;
  const ceiling = Math.min(capMs, baseMs * factor ** (attempt - 1));
  let hash = attempt;
  for (let index = 0; index < origin.length; index += 1) hash = (Math.imul(hash, 31) + origin.charCodeAt(index)) >>> 0;
  return Math.max(retryAfterMs, Math.ceil(ceiling * (0.2 + (0.8 * (hash % 1000)) / 1000)));
}

/** What a run has done so far that decides how it ends. */
export interface Achieved {
  readonly reply: Reply | undefined;
  readonly written: Written | undefined;
}

/** The failure that no route of the flow takes, and its step as it failed. */
export interface Stop {
  readonly error: ErrorRecord;
  readonly step: Step;
  readonly record: StepRecord;
}

/**
 * No route of the flow takes the error: an explicit end fails, an unknown outcome is held, so is a failure after a write was done, which must not
 * look like a wrong request; the rest as the node's handling says.
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

/** Only where somebody waits for the reply: what fails behind it is nobody's to repeat, and in a durable flow the node's handling decides. */
export function isHeldAfterWrite(error: ErrorRecord, { flow, holdsAfterWrite }: RunJob, { reply, written }: Achieved): boolean {
  if (flow.document.mode === 'durable' || reply !== undefined || written === undefined) return false;
  return holdsAfterWrite?.(written, error) === true;
}

/** Nobody waits any more for a sync flow that a worker goes on with: what may pass is left to a person, as in a durable flow. */
function isHoldable(error: ErrorRecord, { flow, mayWait }: RunJob): boolean {
  return flow.document.mode === 'durable' || (mayWait && error.kind !== 'input');
}
