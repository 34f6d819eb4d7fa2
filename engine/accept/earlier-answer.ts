/** Finds the result for a repeated call in the execution stored with its origin. */
import { findByDedupe, releaseOldKey } from './accept.ts';
import { type ErrorRecord, toErrorRecord } from '../contract/values/errors.ts';
import { foldLegs } from '../execution/load-execution.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import type { Origin } from './origin.ts';
import { type ExecutionDocument, isOutcomeUnknown } from '../execution/execution-document.ts';
import type { FlowResult } from '../contract/node/run-flow.ts';
import { cancelled, noReply } from '../run/run-errors.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { decodeReply } from '../execution/payloads.ts';
import type { RunFlowDeps } from './run-flow-deps.ts';

export type EarlierAnswerDeps = Pick<RunFlowDeps, 'executions' | 'payloads' | 'clock'>;

const ONE_DAY_MS = 86_400_000;

/**
 * Returns the result of an earlier call with the same origin; undefined if there is none, or if the key is free again.
 */
export async function earlierAnswer(
  { dedupe, digest }: Origin,
  flow: CompiledFlow,
  deps: EarlierAnswerDeps,
): Promise<FlowResult | undefined> {
  const first = await findByDedupe(dedupe, deps.executions);
  if (!first || (await releaseOldKey(first, flow, deps, ONE_DAY_MS))) return undefined;
  if (first.digest !== digest) return { outcome: 'key-reused', executionId: first._id };
  const latest = await replacementOf(first, deps);
  const executionId = latest._id;
  // If a reply is stored, return it, whatever happened after it.
  if (latest.reply) {
    const reply = decodeReply(await deps.payloads.load(executionPlace(executionId, 'reply'), latest.reply));
    return { outcome: 'replied', executionId, reply, repeated: true };
  }
  switch (latest.status) {
    case 'completed':
      if (latest.hasWritten) return { outcome: 'done', executionId, isSettled: true };
      return { outcome: 'failed', executionId, error: noReply(flow) };
    case 'failed':
      return { outcome: 'failed', executionId, error: await storedError(latest, deps) };
    case 'cancelled':
      if (latest.isUnknown) return { outcome: 'unknown', executionId };
      if (latest.hasWritten) return { outcome: 'done', executionId, isSettled: true };
      return { outcome: 'failed', executionId, error: toErrorRecord(cancelled()) };
    case 'held':
      return { outcome: latest.hasWritten && !isOutcomeUnknown(latest) ? 'done' : 'unknown', executionId };
    case 'queued':
    case 'running':
    case 'waiting':
      return { outcome: 'running', executionId };
  }
}

/** Returns the last execution in the chain of resends that replaced this one, as far as they are still stored. */
async function replacementOf(first: ExecutionDocument, { executions }: EarlierAnswerDeps): Promise<ExecutionDocument> {
  let latest = first;
  while (latest.replacedBy !== undefined) {
    const next = await executions.get(latest.replacedBy);
    if (next === undefined) break;
    latest = next;
  }
  return latest;
}

async function storedError(first: ExecutionDocument, { payloads }: EarlierAnswerDeps): Promise<ErrorRecord> {
  const { error } = await foldLegs(first, [], payloads);
  return error ?? { code: first.error?.code ?? 'FLOW_FAILED', kind: first.error?.kind ?? 'bug', message: 'The flow failed.' };
}
