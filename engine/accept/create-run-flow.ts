/**
 * The function with which gateways run flows. Messages of durable flows are accepted with 202; sync flows run inline
 * in this process. A sync flow that only reads needs no store. Before its first write, an execution is stored with the
 * intent, or the call is refused, so that the same origin never runs twice. Before an idempotent write, it is stored if
 * the caller sent a key. A repeated call gets the stored reply, 409 while the flow runs, or "outcome unknown".
 */
import type { FlowCall, FlowResult, RunFlow } from '../contract/node/run-flow.ts';
import { AppError, fromErrorRecord } from '../contract/values/errors.ts';
import { startInline } from './start-inline.ts';
import type { Inline, InlineCall } from './inline.ts';
import { createSequence } from './accept.ts';
import { DuplicateOrigin, type Origin, originOf } from './origin.ts';
import { callThroughDoor } from './call-through-door.ts';
import { endRunSpan } from '../run/run-span.ts';
import { InlineEnds } from './inline-ends.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { runCounted } from '../run/run-counted.ts';
import { createRecordLimit } from '../execution/record-limit.ts';
import { toFlowResult } from './to-flow-result.ts';
import { earlierAnswer } from './earlier-answer.ts';
import type { RunEnd } from '../execution/run-job.ts';
import type { Reply } from '../contract/node/node.ts';
import type { RunFlowDeps } from './run-flow-deps.ts';

export function createRunFlow(deps: RunFlowDeps): RunFlow {
  return new FlowDoor(deps);
}

class FlowDoor implements RunFlow {
  readonly #deps: RunFlowDeps;
  readonly #nextSequence: () => string;
  readonly #mayRecord: ReturnType<typeof createRecordLimit>;
  readonly #ends: InlineEnds;

  constructor(deps: RunFlowDeps) {
    this.#deps = deps;
    this.#nextSequence = createSequence(deps.storeTime, deps.processId);
    this.#mayRecord = createRecordLimit(deps.clock);
    this.#ends = new InlineEnds(deps);
  }

  mode(flowId: string) {
    return this.#deps.published.current(flowId)?.document.mode;
  }

  readsQuery(flowId: string) {
    return this.#deps.published.current(flowId)?.door?.readsQuery === true;
  }

  call(call: FlowCall): Promise<FlowResult> {
    const flow = this.#deps.published.current(call.flowId);
    if (!flow)
      throw new AppError('FLOW_NOT_PUBLISHED', 'transient', `Flow ${call.flowId} is not published here.`, {
        values: { flowId: call.flowId },
        fix: 'Publish the flow, or correct the interface’s target.',
      });
    const { door } = flow;
    if (door !== undefined) return callThroughDoor(door, call, this.#deps, (converted) => this.#run(flow, converted));
    return this.#run(flow, call);
  }

  #run(flow: CompiledFlow, call: FlowCall): Promise<FlowResult> {
    const origin = originOf(call, this.#deps.seal);
    return flow.document.mode === 'durable' ? this.#accept(flow, call, origin) : this.#runInline({ flow, call, origin });
  }

  async #accept(flow: CompiledFlow, call: FlowCall, origin: Origin | undefined): Promise<FlowResult> {
    const result = await this.#deps.accept(flow, {
      message: call.message,
      seq: this.#nextSequence(),
      traceId: call.traceId,
      traceparent: call.traceparent,
      onOtherContent: 'refuse',
      ...(origin === undefined ? {} : { origin: origin.outward, callerKey: origin.dedupe, digest: origin.digest }),
    });
    if (result.status === 'refused') throw fromErrorRecord(result.error);
    if (result.status === 'key-reused') return { outcome: 'key-reused', executionId: result.executionId };
    return { outcome: 'accepted', executionId: result.executionId, repeated: result.status === 'duplicate' };
  }

  async #runInline(asked: InlineCall): Promise<FlowResult> {
    const { flow, origin } = asked;
    const answer = origin !== undefined && flow.hasWrite ? await earlierAnswer(origin, flow, this.#deps) : undefined;
    if (answer) return answer;
    return new Promise((resolve, reject) => {
      const tell = async (reply: Reply) => {
        // Store the reply first. If this process dies, another one completes or holds the remaining writes, and a
        // repeated call gets this reply.
        if (flow.hasWrite) await inline.journal.replied(reply);
        resolve({ outcome: 'replied', executionId: inline.executionId, reply, repeated: false });
      };
      const inline = startInline(asked, tell, this.#deps, this.#ends);
      this.#runToEnd(asked, inline).then(resolve, reject);
    });
  }

  async #runToEnd(asked: InlineCall, inline: Inline): Promise<FlowResult> {
    const { flow, origin } = asked;
    const { active, run, endNotes } = this.#deps;
    // A flow without a write stores nothing before its end, so the reconciler cannot mistake it for abandoned.
    if (flow.hasWrite) active.add(inline.executionId);
    try {
      const end = await runCounted(inline.job, run, { isFirst: true });
      endRunSpan(inline.span, end);
      if (end.status === 'lost' && end.cause instanceof DuplicateOrigin)
        return (origin && (await earlierAnswer(origin, flow, this.#deps))) ?? this.#runInline(asked);
      if (end.status !== 'lost') endNotes.ended(flow, inline.executionId, end);
      const isStored = inline.journal.isClaimed || end.status === 'held';
      return isStored ? await this.#settleStored(flow, inline, end) : this.#settleUnclaimed(flow, inline, end);
    } finally {
      inline.stop();
      if (flow.hasWrite && this.#ends.isStored(inline.executionId)) active.delete(inline.executionId);
    }
  }

  /**
   * Handles an execution that was stored before a write, or that needs a person. The end is stored before the caller
   * gets the result, unless the store fails.
   */
  async #settleStored(flow: CompiledFlow, inline: Inline, end: RunEnd): Promise<FlowResult> {
    const { executionId } = inline;
    // An earlier write may be done. So the process that takes over the execution holds it for a person.
    if (end.status === 'lost') {
      void inline.journal.keepLateOutcomes();
      return { outcome: 'unknown', executionId };
    }
    await new Promise<void>((answer) => void this.#ends.store(inline, end, answer).then(answer));
    return toFlowResult(flow, executionId, end);
  }

  #settleUnclaimed(flow: CompiledFlow, inline: Inline, end: RunEnd): FlowResult {
    if (end.status !== 'lost' && this.#mayRecord(flow, end.status !== 'completed')) void this.#ends.store(inline, end, () => undefined);
    return toFlowResult(flow, inline.executionId, end);
  }
}
