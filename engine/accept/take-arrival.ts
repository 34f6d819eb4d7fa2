/**
 * Takes the messages of listeners. A durable flow stores its message and is done later. A sync flow (only of a trigger that
 * can reply) runs at once, and its reply is the result; a repetition of the same message gets the stored reply.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../contract/values/clock.ts';
import type { Arrival, ArrivalResult } from '../contract/node/node.ts';
import type { FlowResult, RunFlow } from '../contract/node/run-flow.ts';
import { AppError, toErrorRecord, type ErrorKind } from '../contract/values/errors.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { toArrivalResult, type Accept } from './accept.ts';

export type TakeArrival = (flow: CompiledFlow, arrival: Arrival, options: { readonly seq: string }) => Promise<ArrivalResult>;

export function createTakeArrival(deps: { readonly accept: Accept; readonly runFlow: RunFlow; readonly clock: Clock }): TakeArrival {
  const { accept, runFlow, clock } = deps;
  return async (flow, arrival, { seq }) => {
    if (flow.document.mode === 'durable') return toArrivalResult(await accept(flow, { ...arrival, seq, onOtherContent: 'accept' }));
    const result = await runFlow.call({
      flowId: flow.flowId,
      caller: { interfaceId: flow.flowId, appId: flow.trigger.id, idempotencyKey: arrival.dedupeKey },
      message: arrival.message,
      traceId: randomBytes(16).toString('hex'),
      deadlineMs: clock.now() + flow.document.deadlineMs,
      // The other side may repeat the message on another connection, so the run goes on and its reply is kept.
      onLeave: () => undefined,
      ...(arrival.checkReply === undefined ? {} : { checkReply: arrival.checkReply }),
    });
    return toResult(result);
  };
}

function toResult(result: FlowResult): ArrivalResult {
  switch (result.outcome) {
    case 'replied':
      return { status: 'replied', executionId: result.executionId, reply: result.reply };
    case 'accepted':
      return { status: 'accepted', executionId: result.executionId };
    case 'failed':
    // A listener hands over messages, and its replies need no conversion.
    case 'reply-unusable':
      return { status: 'refused', error: result.error };
    case 'running':
      return refused('ARRIVAL_RUNNING', 'transient', 'The same message is still being processed.');
    case 'unknown':
    case 'done':
      return refused('ARRIVAL_UNSETTLED', 'unknown-outcome', 'The flow wrote to another system and did not end; a person decides.');
    case 'key-reused':
      return refused('DEDUPE_KEY_REUSED', 'input', 'The same key was used before with different content.');
  }
}

function refused(code: string, kind: ErrorKind, message: string): ArrivalResult {
  return { status: 'refused', error: toErrorRecord(new AppError(code, kind, message)) };
}
