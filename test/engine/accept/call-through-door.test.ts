import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callThroughDoor } from '../../../engine/accept/call-through-door.ts';
import type { FlowCall, FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';

const message = createMessage({});
const reply = { status: 200, headers: {}, message };
const call = { flowId: 'flw_a', message, traceId: 'trace', onLeave: () => undefined } as unknown as FlowCall;
const ran = (): Promise<FlowResult> => Promise.resolve({ outcome: 'replied', executionId: 'exe_1', reply, repeated: false });

test('a reply that the door cannot convert fails the step that made it; a failure with another code stays as it is', async () => {
  const wrong = new AppError('FHIR_REPLY', 'bug', 'The reply of the flow is not a resource.');
  const answerTo = () => {
    throw wrong;
  };
  const door = { open: () => ({ message, answerTo, accepted: reply }), checkReply: answerTo };
  const failing =
    (code: string) =>
    async (asked: FlowCall): Promise<FlowResult> => {
      assert.throws(() => asked.checkReply!(reply), wrong);
      return { outcome: 'failed', executionId: 'exe_1', error: { code, kind: 'bug', message: 'x' } };
    };
  const outcome = async (code: string) =>
    (await callThroughDoor(door, call, { clock: systemClock, log: { error: () => undefined } }, failing(code))).outcome;
  assert.deepEqual([await outcome('FHIR_REPLY'), await outcome('OTHER')], ['reply-unusable', 'failed']);
});

test('the stored reply of an earlier execution that the door cannot convert is a result of its own, and is logged with flow and execution', async () => {
  const logged: unknown[] = [];
  const log = { error: (event: string, error: unknown, fields: unknown) => void logged.push([event, (error as AppError).code, fields]) };
  const answerTo = () => {
    throw new AppError('FHIR_REPLY', 'bug', 'The reply of the flow is not a resource.');
  };
  const door = { open: () => ({ message, answerTo, accepted: reply }), checkReply: answerTo };
  const result = await callThroughDoor(door, call, { clock: systemClock, log }, ran);
  assert.deepEqual(result, {
    ...{ outcome: 'reply-unusable', executionId: 'exe_1' },
    error: { code: 'FHIR_REPLY', kind: 'bug', message: 'The reply of the flow is not a resource.' },
  });
  assert.deepEqual(logged, [['flow.reply_unusable', 'FHIR_REPLY', { flowId: 'flw_a', executionId: 'exe_1', traceId: 'trace' }]]);
});
