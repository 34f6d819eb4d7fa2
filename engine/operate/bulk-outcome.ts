/**
 * Counts what happened to the executions that a bulk operation retried: they may have been held again, or have failed.
 */
import type { Collection } from '../contract/ports/documents.ts';
import type { BulkOutcome, HeldItem } from './interface.ts';
import { PAYLOAD_FIELDS, type ExecutionDocument, type ExecutionHead } from '../execution/execution-document.ts';
import { dedupeOf } from './resend-execution.ts';

/** The maximum number of executions that one query finds. */
const AT_ONCE = 500;

/**
 * Counts the outcomes. Finds the executions by id, because no index finds them by bulk operation. An execution that was
 * retried in place keeps its id; a resend is found by the execution that it replaces.
 */
export async function countOutcome(
  items: readonly HeldItem[],
  bulkId: string,
  executions: Pick<Collection<ExecutionDocument>, 'find'>,
): Promise<BulkOutcome> {
  const outcome = { wentOn: 0, heldAgain: 0, failed: 0, underWay: 0 };
  const options = { limit: AT_ONCE, omit: PAYLOAD_FIELDS };
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const ids = items.slice(start, start + AT_ONCE).map(({ executionId }) => executionId);
    const found = await Promise.all([
      executions.find({ _id: { in: ids }, bulk: bulkId }, options),
      executions.find({ dedupe: { in: ids.map((id) => dedupeOf(id, bulkId)) }, bulk: bulkId }, options),
    ]);
    for (const document of found.flat()) outcome[outcomeOf(document)] += 1;
  }
  return outcome;
}

function outcomeOf({ status, cancelRequested }: ExecutionHead): keyof BulkOutcome {
  switch (status) {
    case 'completed':
      return 'wentOn';
    case 'failed':
    case 'cancelled':
      return 'failed';
    case 'held':
      return cancelRequested ? 'underWay' : 'heldAgain';
    default:
      return 'underWay';
  }
}
