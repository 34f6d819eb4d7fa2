/** Errors that no node throws: those that end a run from outside, and those a sync flow may not end with. */
import { AppError, type ErrorRecord } from '../contract/values/errors.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';

const OWN_THREADS_BUSY: ReadonlySet<string> = new Set(['PARSE_BUSY', 'SCRIPT_POOL_BUSY']);

/** Whether this process had no free thread for the response. That says nothing about the system that sent it. */
export function isOurs(error: unknown): boolean {
  return error instanceof AppError && (OWN_THREADS_BUSY.has(error.code) || isOurs(error.cause));
}

export function cancelled(): AppError {
  return new AppError('EXECUTION_CANCELLED', 'input', 'The execution was cancelled.');
}

/** Ends running work in a branch that a join no longer waits for. */
export function branchLost(): AppError {
  return new AppError('BRANCH_LOST', 'transient', 'Another branch was first, so nobody waits for this one.');
}

export function deadlinePassed({ flowId }: CompiledFlow): AppError {
  return new AppError('FLOW_DEADLINE', 'transient', `Flow ${flowId} did not finish before its deadline.`, {
    values: { flowId },
    fix: 'Try again later, or ask the operator why a system behind it is slow.',
  });
}

export function isDeadline(reason: unknown): boolean {
  return reason instanceof AppError && reason.code === 'FLOW_DEADLINE';
}

export function silentTooLong(): AppError {
  return new AppError('STORE_DOWN', 'transient', 'The store was silent for so long that this process must begin anew.', {
    fix: 'Try again in a few seconds.',
    retryAfterMs: 3_000,
  });
}

export const cannotWait: ErrorRecord = {
  code: 'FLOW_CANNOT_WAIT',
  kind: 'bug',
  message: 'A sync flow cannot wait for somebody’s message.',
};

export function noReply({ flowId }: CompiledFlow): ErrorRecord {
  return { code: 'FLOW_NO_REPLY', kind: 'bug', message: `Flow ${flowId} ended without a reply.`, values: { flowId } };
}
