import { createMessage } from '../../engine/contract/values/message.ts';
import { fromErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Engine } from '../../engine/create-engine.ts';

/** Calls a sync flow and returns the data of its reply. Rejects with the error of the flow. */
export async function replyOfFlow(engine: Pick<Engine, 'runFlow'>, flowId: string, data: unknown): Promise<unknown> {
  const result = await engine.runFlow.call({
    flowId,
    caller: { interfaceId: 'ifc_test', appId: 'app' },
    message: createMessage(data),
    traceId: `trace-${flowId}`,
    deadlineMs: Date.now() + 60_000,
    onLeave: () => undefined,
  });
  if (result.outcome === 'replied') return result.reply.message.data;
  throw result.outcome === 'failed' ? fromErrorRecord(result.error) : new Error(result.outcome);
}
