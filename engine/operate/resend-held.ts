/** Resends one of many held executions, as an item of a bulk operation. */
import { OUTSIDE } from '../execution/scope-filters.ts';
import { AppError } from '../contract/values/errors.ts';
import type { BulkAct, HeldItem, HeldOutcome, Resend } from './interface.ts';
import { isPrepared, releasePrepared, resendExecution, type ResendDeps } from './resend-execution.ts';

const GONE_ON = ['RESEND_GONE_ON', 'RESEND_UNDER_WAY'];

export async function resendHeld({ executionId, epoch }: HeldItem, { actor, bulkId }: BulkAct, deps: ResendDeps): Promise<HeldOutcome> {
  const document = await deps.executions.get(executionId);
  if (document === undefined || epoch === OUTSIDE) return 'missing';
  const marks = { bulk: bulkId };
  if (isPrepared(document)) return (await releasePrepared(document, actor, marks, deps)) ? 'done' : 'gone-on';
  try {
    // Accept unknown outcomes here. The person decided whether to include them when the bulk was created, and
    // `outcomeKnown` of a hold does not change.
    const resend: Resend = { actor, seen: 'held', acceptUnknown: true, epoch, requestId: bulkId, marks, edit: (message) => message };
    await resendExecution(executionId, resend, deps);
    return 'done';
  } catch (error) {
    return outcomeOf(error);
  }
}

/**
 * Converts an error to the outcome of the item, because an error of one item must not stop the bulk. Throws a store
 * failure again: it stops the bulk, which continues later.
 */
function outcomeOf(error: unknown): HeldOutcome {
  if (!(error instanceof AppError)) throw error;
  if (error.kind === 'transient' && error.code !== 'FLOW_NOT_PUBLISHED') throw error;
  if (GONE_ON.includes(error.code)) return 'gone-on';
  return error.code === 'EXECUTION_UNKNOWN' ? 'missing' : 'refused';
}
