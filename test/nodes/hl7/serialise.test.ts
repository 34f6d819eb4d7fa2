import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import parse from '../../../nodes/hl7/parse.node.ts';
import serialise from '../../../nodes/hl7/serialise.node.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'parsed data becomes the same text again, in the charset of its message',
  refusal: 'data that is no message is refused',
  cancel: '10 MB of many small segments are written while others go on, and a cancel ends it',
  '10 MB': '10 MB of many small segments are written while others go on, and a cancel ends it',
});

const LARGE = ADMISSION + 'OBX|1|NM|1554-5^GLUCOSE^LN||182|mg/dl|70_105|H|||F\r'.repeat(200_000);
const parsed = async (message: Message) => emitted(await runNode(parse, { message, config: {} }));
const written = async (message: Message) => emitted(await runNode(serialise, { message, config: {} }));

function emitted(outcome: Outcome): Message {
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

test('parsed data becomes the same text again, in the charset of its message', async () => {
  const message = createMessage(ADMISSION, { mediaType: 'application/hl7-v2', charset: 'GB18030' });
  const { data, mediaType, charset } = await written(await parsed(message));
  assert.deepEqual([data, mediaType, charset], [ADMISSION, 'application/hl7-v2', 'GB18030']);
});

test('10 MB of many small segments are written while others go on, and a cancel ends it', async () => {
  const { data } = await parsed(createMessage(LARGE));
  assert.equal(emitted(await whileOthersGoOn(serialise, { data })).data, LARGE);
  await endsOnCancel(serialise, { data });
});

test('data with a second MSH or a NUL is no message that could be sent', async () => {
  for (const more of ['MSH|^~\\&|EVIL|\r', 'NTE|1||a\0b\r']) {
    const data = await parsed(createMessage(ADMISSION + more, { mediaType: 'application/hl7-v2' }));
    await assert.rejects(written(data), { code: 'HL7_NOT_ONE_MESSAGE', kind: 'input' });
  }
});

test('data that is no message is refused', async () => {
  for (const data of ['hello', {}, null]) await assert.rejects(written(createMessage(data)), { code: 'HL7_FORM_WRONG', kind: 'input' });
});
