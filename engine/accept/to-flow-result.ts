import { cancelled, cannotWait, noReply } from '../run/run-errors.ts';
import type { FlowResult } from '../contract/node/run-flow.ts';
import { replyOf, type RunEnd } from '../execution/run-job.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
/**
 * Converts the end of a run to the result for the caller. If there is a reply, it is the result, whatever happened
 * after it: the caller must not repeat the call because of a later failure.
 */
export function toFlowResult(flow: CompiledFlow, executionId: string, end: RunEnd): FlowResult {
  const reply = replyOf(end);
  if (reply !== undefined) return { outcome: 'replied', executionId, reply, repeated: false };
  switch (end.status) {
    case 'completed':
      return { outcome: 'failed', executionId, error: noReply(flow) };
    case 'failed':
      return { outcome: 'failed', executionId, error: end.error };
    case 'held':
      if (!end.outcomeKnown) return { outcome: 'unknown', executionId };
      return end.hasWritten ? { outcome: 'done', executionId } : { outcome: 'failed', executionId, error: end.error };
    case 'lost':
      return { outcome: 'failed', executionId, error: toErrorRecord(end.cause) };
    case 'waiting':
      return { outcome: 'failed', executionId, error: cannotWait };
    case 'cancelled':
      return end.hasWritten ? { outcome: 'done', executionId } : { outcome: 'failed', executionId, error: toErrorRecord(cancelled()) };
  }
}
