/** Converts the waits of a run to the form that the execution stores. */
import type { StoredWait } from '../execution-document.ts';
import type { RunEnd, WaitPoint } from '../run-job.ts';
import { tokenOf } from '../wait-tokens.ts';
import type { Seal } from '../../contract/values/seal.ts';
import { sealWaitError } from '../standstill.ts';

export interface WaitContext {
  readonly executionId: string;
  /** The epoch of the claim that stores the waits. */
  readonly epoch: number;
  readonly flowId: string;
  /** The waits stored before this run. */
  readonly before: readonly StoredWait[];
  readonly seal: Seal;
}

export function storedWait(
  { node, path, untilMs, attempts, triedSince, error, resumeToken }: WaitPoint,
  { executionId, epoch, flowId, before, seal }: WaitContext,
): StoredWait {
  // A wait that this run did not touch keeps its stored error.
  const known = before.find((wait) => wait.node === node && wait.scope === path)?.error;
  const sealed = error === undefined ? known : sealWaitError(seal, executionId, error);
  return {
    node,
    scope: path,
    untilMs,
    epoch,
    ...(attempts === undefined ? {} : { attempts }),
    ...(triedSince === undefined ? {} : { triedSince }),
    ...(attempts === undefined || sealed === undefined ? {} : { error: sealed }),
    ...(resumeToken === undefined ? {} : { token: tokenOf(seal, flowId, resumeToken) }),
  };
}

/**
 * Returns the waits of other branches, which stay valid while the execution is held. If the held step has a wait for a
 * retry, its number of attempts is set to zero, so that all its retries are available again after a person's retry.
 */
export function waitsBeside({ node, path, waits = [] }: Extract<RunEnd, { status: 'held' }>, context: WaitContext): StoredWait[] {
  const now = waits.map((point) => storedWait(point, context));
  const isOf = (wait: StoredWait) => (other: StoredWait) => other.node === wait.node && other.scope === wait.scope;
  const before = context.before.filter((wait) => !now.some(isOf(wait)));
  return [...now, ...before].map((wait) =>
    wait.node === node && wait.scope === path && wait.attempts !== undefined ? { ...wait, attempts: 0 } : wait,
  );
}
