/** Errors that are not those of a node: what ends a run from outside, and what a sync flow may not end with. */
import { AppError, type ErrorRecord } from '../contract/errors.ts';
import type { CompiledFlow } from './compile-flow.ts';

export function cancelled(): AppError {
  return new AppError('EXECUTION_CANCELLED', 'input', 'The execution was cancelled.');
}

export function deadlinePassed({ flowId }: CompiledFlow): AppError {
  return new AppError('FLOW_DEADLINE', 'transient', `Flow ${flowId} did not finish before its deadline.`, {
    values: { flowId },
    fix: 'Try again later, or ask the operator why a system behind it is slow.',
  });
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
