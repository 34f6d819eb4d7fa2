import type { CallDoor } from '../contract/node/call-door.ts';
import type { FlowCall, FlowResult } from '../contract/node/run-flow.ts';
import type { Clock } from '../contract/values/clock.ts';

/** Calls a flow whose trigger has a door. Rejects with the errors of the door. Failures of the flow stay as they are. */
export async function callThroughDoor(
  door: CallDoor,
  call: FlowCall,
  clock: Clock,
  run: (call: FlowCall) => Promise<FlowResult>,
): Promise<FlowResult> {
  const left = new AbortController();
  call.onLeave(() => left.abort());
  const opened = await door.open(call.message, { clock, signal: left.signal, request: call.request });
  if ('answer' in opened) return { outcome: 'replied', executionId: '', reply: opened.answer, repeated: false };
  const result = await run({ ...call, message: opened.message });
  if (result.outcome === 'replied') return { ...result, reply: opened.answerTo(result.reply) };
  if (result.outcome !== 'accepted') return result;
  return { outcome: 'replied', executionId: result.executionId, reply: opened.accepted, repeated: result.repeated };
}
