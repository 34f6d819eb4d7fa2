import type { Clock } from '../contract/values/clock.ts';
import { AppError, fromErrorRecord } from '../contract/values/errors.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import { isStronger, type CompiledFlow } from '../compile/compile-flow.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import { runCounted } from './run-counted.ts';
import { deadlinePassed } from './run-errors.ts';
import { NO_KNOWN_OUTCOMES, NO_WAITS, type Journal, type RunEnd, type RunJob } from '../execution/run-job.ts';
import type { RunDeps, SubFlowCall } from './run-deps.ts';
import { beginRunSpan, endRunSpan } from './run-span.ts';

const MAX_DEPTH = 8;

/**
 * Returns the function that runs another published sync flow inside a node. The idempotency keys of the called flow
 * derive from the node's idempotency key. The called flow uses the acceptance time and the code tables of the calling
 * execution.
 */
export function createCallFlow(
  published: PublishedFlows,
  clock: Clock,
  run: () => RunDeps,
  live?: () => LiveCounters,
): RunDeps['callFlow'] {
  return async (call: SubFlowCall) => {
    const flow = calledFlow(published, call);
    const deps = run();
    const written: string[] = [];
    const controller = new AbortController();
    const onAbort = () => controller.abort(call.signal.reason);
    if (call.signal.aborted) onAbort();
    else call.signal.addEventListener('abort', onAbort, { once: true });
    const deadlineMs = call.deadlineMs ?? clock.now() + flow.document.deadlineMs;
    const cancelDeadline = clock.after(Math.max(0, deadlineMs - clock.now()), () => controller.abort(deadlinePassed(flow)));
    const journal: Journal = {
      before: () => Promise.resolve(),
      settled: ({ node, record }) => {
        if (node.effect === 'write' && record.status === 'completed') written.push(node.node.label || node.id);
      },
    };
    const span = beginRunSpan(flow, call.key, call.traceparent, deps);
    const job: RunJob = {
      flow,
      executionId: call.key,
      traceparent: span?.traceparent,
      origin: call.key,
      acceptedAt: call.acceptedAt,
      tables: call.tables,
      deadlineMs,
      signal: controller.signal,
      mayWait: false,
      depth: call.depth,
      user: call.user,
      assertOwned: call.assertOwned,
      input: call.message,
      journal,
      tally: live?.().of(flow),
      known: NO_KNOWN_OUTCOMES,
      waited: NO_WAITS,
      maxSleepMs: Number.MAX_SAFE_INTEGER,
    };
    const end = await runCounted(job, deps, { isFirst: true, isPart: true });
    endRunSpan(span, end);
    cancelDeadline();
    call.signal.removeEventListener('abort', onAbort);
    if (end.status === 'completed' && end.reply) return end.reply.message;
    if (written.length > 0) throw partlyDone(call.flowId, written, end);
    if (end.status === 'failed' || end.status === 'held') throw fromErrorRecord(end.error);
    throw new AppError('SUBFLOW_NO_REPLY', 'bug', `Flow ${call.flowId} ended without a reply.`, { values: { flowId: call.flowId } });
  };
}

/**
 * Creates the error for a called flow that failed after a write. A retry of the node would repeat the write, because
 * the called flow stores no steps.
 */
function partlyDone(flowId: string, written: readonly string[], end: RunEnd): AppError {
  const cause = 'error' in end ? end.error.code : 'SUBFLOW_NO_REPLY';
  const nodes = [...new Set(written)].join(', ').slice(0, 500);
  return new AppError('SUBFLOW_PARTLY_DONE', 'unknown-outcome', `Flow ${flowId} failed (${cause}) after it had written: ${nodes}.`, {
    values: { flowId, nodes, cause },
    fix: 'A retry runs the called flow from its start and writes again. If what it wrote is correct, end the execution as done instead.',
  });
}

function calledFlow(published: PublishedFlows, call: SubFlowCall): CompiledFlow {
  const flow = published.current(call.flowId);
  if (flow?.document.mode !== 'sync')
    throw new AppError('SUBFLOW_MISSING', 'input', `There is no published sync flow ${call.flowId}.`, {
      values: { flowId: call.flowId },
      fix: 'Publish it, or correct the node’s configuration.',
    });
  if (call.depth > MAX_DEPTH)
    throw new AppError('SUBFLOW_TOO_DEEP', 'input', `Flows call each other more than ${MAX_DEPTH} levels deep.`, {
      values: { limit: MAX_DEPTH },
      fix: 'Look for flows that call each other in a circle.',
    });
  if (isStronger(flow.effect, call.effect))
    throw new AppError(
      'SUBFLOW_CHANGES_MORE',
      'input',
      `Flow ${call.flowId} has a stronger effect outside (${flow.effect}) than the calling node declares (${call.effect}).`,
      {
        values: { flowId: call.flowId, effect: flow.effect, declared: call.effect },
        fix: 'Set the effect of the called flow in the node’s configuration.',
      },
    );
  return flow;
}
