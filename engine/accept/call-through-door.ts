import type { CallDoor } from '../contract/node/call-door.ts';
import type { FlowCall, FlowResult } from '../contract/node/run-flow.ts';
import type { Reply } from '../contract/node/node.ts';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';

/**
 * Calls a flow whose trigger has a door. Rejects with the errors of the door if it cannot open the call. A reply that the
 * door cannot convert fails the step that made it. The caller then gets that error, unless the flow replied otherwise, or
 * is held after a write.
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
  const answers = new Map<Reply, Reply>();
  let refused: unknown;
  const checkReply = (reply: Reply) => {
    try {
      answers.set(reply, opened.answerTo(reply));
    } catch (thrown) {
      refused = thrown;
      throw thrown;
    }
  };
  const result = await run({ ...call, message: opened.message, checkReply });
  const unusable = (thrown: unknown, executionId: string): FlowResult => {
    log.error('flow.reply_unusable', thrown, { flowId: call.flowId, executionId, traceId: call.traceId });
    return { outcome: 'reply-unusable', executionId, error: toErrorRecord(thrown) };
  };
  switch (result.outcome) {
    case 'accepted':
      return { outcome: 'replied', executionId: result.executionId, reply: opened.accepted, repeated: result.repeated };
    case 'failed':
      return refused !== undefined && toErrorRecord(refused).code === result.error.code ? unusable(refused, result.executionId) : result;
    case 'replied':
      try {
        // A reply that was not checked is the stored one of an earlier execution.
        return { ...result, reply: answers.get(result.reply) ?? opened.answerTo(result.reply) };
      } catch (thrown) {
        return unusable(thrown, result.executionId);
      }
    default:
      return result;
  }
}
