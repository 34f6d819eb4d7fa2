/** Describes where an execution has stopped, waits or failed, so that a person can see the affected nodes. */
import { toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { ExecutionDocument, StepRecord, StoredWait } from './execution-document.ts';

export interface Standstill {
  /** Empty if the execution is held before its first node, or if no node caused the hold. */
  readonly node: string;
  /** The iteration path; `''` outside loops. */
  readonly scope: string;
  /** `retrying`: waits for the next attempt. `waiting`: waits for a time or for a message. */
  readonly state: 'failed' | 'held' | 'retrying' | 'waiting';
  /** The last error; absent if the execution only waits for a time or a message. */
  readonly error?: ErrorRecord;
  /** The number of the latest attempt, from 1; absent if no attempt failed, or if an older version stored the data. */
  readonly attempt?: number;
  /** How many attempts are made automatically; absent if there was only one. */
  readonly mostAttempts?: number;
  /** When the node failed, was held, or started its first attempt; epoch milliseconds. */
  readonly since?: number;
  /** When the execution was held for the first time. */
  readonly firstHeldAt?: number;
  /** When the execution continues automatically; absent if it does not. */
  readonly nextAt?: number;
}

/** The error with which the execution last stopped, and the step at which it stopped. */
interface Known {
  readonly error: ErrorRecord | undefined;
  readonly stopped: StepRecord | undefined;
}

/** Lists where the execution has stopped. `flow` is undefined if its version can no longer be read. */
export function listStandstills(
  document: ExecutionDocument,
  known: Known,
  flow: CompiledFlow | undefined,
  seal: Seal,
): readonly Standstill[] {
  if (document.status === 'failed') return failedAt(document, known, flow);
  if (document.status === 'held') return heldAt(document, known, flow);
  return document.status === 'waiting' ? (document.waits ?? []).map((wait) => waitOf(wait, document._id, flow, seal)) : [];
}

function failedAt({ finishedAt }: ExecutionDocument, { error, stopped }: Known, flow: CompiledFlow | undefined): readonly Standstill[] {
  if (stopped === undefined) return [];
  return [
    {
      ...{ node: stopped.node, scope: stopped.scope, state: 'failed', ...triedOf(stopped, flow) },
      ...(error === undefined ? {} : { error }),
      ...(finishedAt === undefined ? {} : { since: finishedAt }),
    },
  ];
}

function heldAt(
  { held, firstHeldAt, error: code }: ExecutionDocument,
  { error, stopped }: Known,
  flow: CompiledFlow | undefined,
): readonly Standstill[] {
  if (held === undefined) return [];
  const isAtStep = stopped?.node === held.node;
  // The stored error may belong to an earlier hold; use it only if its code matches.
  const own = error?.code === code?.code ? error : code && { ...code, message: code.code };
  return [
    {
      ...{ node: held.node, scope: isAtStep ? stopped.scope : '', state: 'held', since: held.at },
      ...(isAtStep ? triedOf(stopped, flow) : {}),
      ...(own === undefined ? {} : { error: own }),
      ...(firstHeldAt === undefined ? {} : { firstHeldAt }),
    },
  ];
}

function waitOf(wait: StoredWait, executionId: string, flow: CompiledFlow | undefined, seal: Seal): Standstill {
  const { node, scope, untilMs, attempts = 0, triedSince, error } = wait;
  const nextAt = untilMs === Number.MAX_SAFE_INTEGER ? {} : { nextAt: untilMs };
  if (!isRetry(wait)) return { node, scope, state: 'waiting', ...nextAt };
  return {
    ...{ node, scope, state: 'retrying', ...attemptsOf({ node, attempt: attempts }, flow), ...nextAt },
    ...(triedSince === undefined ? {} : { since: triedSince }),
    ...(error === undefined ? {} : { error: openWaitError(seal, executionId, error) }),
  };
}

/** Returns the retry that is due next, with only the code of its error. */
export function nextRetry({ _id, status, waits = [] }: Pick<ExecutionDocument, '_id' | 'status' | 'waits'>, seal: Seal) {
  const [next] = status === 'waiting' ? waits.filter(isRetry).toSorted((a, b) => a.untilMs - b.untilMs) : [];
  if (next === undefined) return undefined;
  const { untilMs, error } = next;
  return { nextAt: untilMs, ...(error === undefined ? {} : { code: openWaitError(seal, _id, error).code }) };
}

/** Returns true if the wait is for the next attempt after a failure. */
export function isRetry({ attempts = 0, token }: StoredWait): boolean {
  return attempts > 0 && token === undefined;
}

function attemptsOf(
  { node, attempt }: Pick<StepRecord, 'node' | 'attempt'>,
  flow: CompiledFlow | undefined,
): Pick<Standstill, 'attempt' | 'mostAttempts'> {
  const retry = flow?.nodes.get(node)?.retry;
  return { attempt, ...(retry === undefined ? {} : { mostAttempts: retry.max + 1 }) };
}

/**
 * Returns the number of the stopped attempt. If it is the first attempt, there was no retry, so the retry limit is left
 * out.
 */
function triedOf(stopped: StepRecord, flow: CompiledFlow | undefined): Pick<Standstill, 'attempt' | 'mostAttempts'> {
  return stopped.attempt > 1 ? attemptsOf(stopped, flow) : { attempt: stopped.attempt };
}

/** Seals the error of a wait, without its issues, because they would make every rewrite of the document long. */
export function sealWaitError(seal: Seal, executionId: string, { issues: _issues, ...error }: ErrorRecord): string {
  return seal.seal(waitPlace(executionId), JSON.stringify(error));
}

function openWaitError(seal: Seal, executionId: string, sealed: string): ErrorRecord {
  try {
    return JSON.parse(seal.openText(waitPlace(executionId), sealed)) as ErrorRecord;
  } catch (error) {
    return toErrorRecord(error);
  }
}

function waitPlace(id: string) {
  return { collection: 'executions', id, field: 'waits' };
}
