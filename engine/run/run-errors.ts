/**
 * Errors that no node throws: reasons to stop a run (cancel, deadline), ends that are not allowed in a sync flow, and
 * errors of joins and waits.
 */
import { isReceiverFault } from '../contract/calls/receiver-fault.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';
import type { TokenHolder } from '../execution/run-job.ts';

const OWN_THREADS_BUSY: ReadonlySet<string> = new Set(['PARSE_BUSY', 'SCRIPT_POOL_BUSY']);

/**
 * Returns true if this process had no free thread to read the response. That says nothing about the system that sent
 * it.
 */
export function isOurs(error: unknown): boolean {
  return error instanceof AppError && (OWN_THREADS_BUSY.has(error.code) || isOurs(error.cause));
}

export function cancelled(): AppError {
  return new AppError('EXECUTION_CANCELLED', 'input', 'The execution was cancelled.');
}

/** Creates the error that ends running work in a branch that a join no longer waits for. */
export function branchLost(): AppError {
  return new AppError('BRANCH_LOST', 'transient', 'Another branch finished first, so this one is no longer needed.');
}

export function deadlinePassed({ flowId }: CompiledFlow): AppError {
  return new AppError('FLOW_DEADLINE', 'transient', `Flow ${flowId} did not finish before its deadline.`, {
    values: { flowId },
    fix: 'Try again later, or ask the operator why one of the systems it calls is slow.',
  });
}

export function isDeadline(reason: unknown): boolean {
  return reason instanceof AppError && reason.code === 'FLOW_DEADLINE';
}

export function silentTooLong(): AppError {
  return new AppError('STORE_DOWN', 'transient', 'The store did not respond for so long that this process must restart its work.', {
    fix: 'Try again in a few seconds.',
    retryAfterMs: 3_000,
  });
}

export const cannotWait: ErrorRecord = {
  code: 'FLOW_CANNOT_WAIT',
  kind: 'bug',
  message: 'A sync flow cannot wait for a message to resume it.',
};

export function noReply({ flowId }: CompiledFlow): ErrorRecord {
  return { code: 'FLOW_NO_REPLY', kind: 'bug', message: `Flow ${flowId} ended without a reply.`, values: { flowId } };
}

export function tooFewArrived({ id }: CompiledNode): ErrorRecord {
  return toErrorRecord(
    new AppError('JOIN_NOT_ENOUGH', 'input', `Fewer branches arrived at join ${id} than it requires.`, { values: { node: id } }),
  );
}

/**
 * Creates the error for a join whose branches all failed. `message` contains the error of each branch, under the id of
 * the node from which the error came.
 */
export function allFailed({ id }: CompiledNode, { data }: Message): ErrorRecord {
  const failures = Object.values(data as Readonly<Record<string, { readonly error?: ErrorRecord; readonly node?: string }>>);
  const causes = failures.flatMap(({ error, node }) => (error === undefined ? [] : [{ error, node }]));
  const kinds = new Set(causes.map(({ error }) => error.kind));
  const kind = kinds.has('bug') ? 'bug' : kinds.size === 1 && kinds.has('transient') ? 'transient' : 'input';
  const codes = causes.map(({ error }) => error.code).join(', ');
  return toErrorRecord(
    new AppError('JOIN_ALL_FAILED', kind, `All branches of join ${id} failed: ${codes}.`, {
      values: { node: id, codes },
      fix: 'See why each of them failed.',
      ...(causes.every(({ error }) => isReceiverFault(error)) ? { fault: 'receiver' } : {}),
      issues: causes.map(({ error: { code, message }, node }) => ({
        path: '',
        code,
        message,
        severity: 'error',
        ...(node === undefined ? {} : { node }),
      })),
    }),
  );
}

/**
 * Creates the error for a token that another wait already uses. The message does not contain the token, because it may
 * be a patient's number.
 */
export function tokenTaken({ id }: CompiledNode, { execution, step }: TokenHolder): ErrorRecord {
  return toErrorRecord(
    new AppError(
      'WAIT_TOKEN_TAKEN',
      'input',
      `Node ${id} cannot wait with its token: step ${step} of execution ${execution} already uses it.`,
      {
        values: { node: id, step, execution },
        fix: 'Make the token unique within the flow, for example by including the sender and the step; retry this execution when the other one has ended.',
      },
    ),
  );
}
