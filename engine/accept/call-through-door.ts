import type { CallDoor } from '../contract/node/call-door.ts';
import type { FlowCall, FlowResult } from '../contract/node/run-flow.ts';
import type { Reply } from '../contract/node/node.ts';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';

/**
 * Calls a flow whose trigger has a door. Rejects with the errors of the door if it cannot open the call. Failures of the
 * flow stay as they are. A reply that the door cannot convert is logged, since the execution itself is completed.
 */
export async function callThroughDoor(
  door: CallDoor,
  call: FlowCall,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'error'> },
  run: (call: FlowCall) => Promise<FlowResult>,
): Promise<FlowResult> {
  const left = new AbortController();
  call.onLeave(() => left.abort());
  const opened = await door.open(call.message, { clock, signal: left.signal, request: call.request });
  if ('answer' in opened) return { outcome: 'replied', executionId: '', reply: opened.answer, repeated: false };
  const result = await run({ ...call, message: opened.message });
  if (result.outcome === 'replied') {
    const answer = convert(() => opened.answerTo(result.reply));
    if ('reply' in answer) return { ...result, ...answer };
    const { executionId } = result;
    log.error('flow.reply_unusable', answer.thrown, { flowId: call.flowId, executionId, traceId: call.traceId });
    return { outcome: 'reply-unusable', executionId, error: toErrorRecord(answer.thrown) };
  }
  if (result.outcome !== 'accepted') return result;
  return { outcome: 'replied', executionId: result.executionId, reply: opened.accepted, repeated: result.repeated };
}

function convert(answerTo: () => Reply): { readonly reply: Reply } | { readonly thrown: unknown } {
  try {
    return { reply: answerTo() };
  } catch (thrown) {
    return { thrown };
  }
}
