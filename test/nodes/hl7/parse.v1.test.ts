import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import parse from '../../../nodes/hl7/parse.v1.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'text becomes data that mappings read',
  refusal: 'a type that the flow does not take is refused',
  cancel: '10 MB of many small segments are parsed while others go on, and a cancel ends it',
  '10 MB': '10 MB of many small segments are parsed while others go on, and a cancel ends it',
});

async function run(message: Message, config = {}): Promise<Message> {
  const outcome = await runNode(parse, { message, config });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

test('text becomes data that mappings read', async () => {
  const parsed = await run(createMessage(ADMISSION, { mediaType: 'application/hl7-v2', charset: 'GB18030', keys: { patient: '0007' } }));
  assert.equal((parsed.data as { PID: { f5: { c1: string }[] }[] }).PID[0]!.f5[0]!.c1, '张三');
  assert.deepEqual([parsed.mediaType, parsed.charset, parsed.keys], ['application/hl7-v2+json', 'GB18030', { patient: '0007' }]);
});

test('bytes are decoded by MSH-18, else by the charset of the message', async () => {
  const bytes = (text: string) => new Uint8Array(encodeText(text, 'GB18030'));
  assert.equal((await run(createMessage(bytes(ADMISSION.replace('UNICODE UTF-8', 'GB 18030-2000'))))).charset, 'GB18030');
  const silent = await run(createMessage(bytes(ADMISSION.replace('UNICODE UTF-8', '')), { charset: 'GB18030' }));
  assert.equal((silent.data as { PID: { f5: { c1: string }[] }[] }).PID[0]!.f5[0]!.c1, '张三');
});

test('a type that the flow does not take is refused', async () => {
  for (const types of [['ADT'], ['ORU', 'ADT^A01'], []]) await run(createMessage(ADMISSION), { types });
  await assert.rejects(run(createMessage(ADMISSION), { types: ['ADT^A02', 'ORU'] }), { code: 'HL7_TYPE_UNEXPECTED', kind: 'input' });
});

test('10 MB of many small segments are parsed while others go on, and a cancel ends it', async () => {
  const text = ADMISSION + 'OBX|1|NM|1554-5^GLUCOSE^LN||182|mg/dl|70_105|H|||F\r'.repeat(200_000);
  const outcome = await whileOthersGoOn(parse, { data: text });
  assert.ok('emit' in outcome);
  const { OBX } = outcome.emit!['ok']![0]!.data as { OBX: { f5: unknown }[] };
  assert.deepEqual(OBX.at(-1)!.f5, [{ c1: '182' }]);
  await endsOnCancel(parse, { data: text });
});

test('what is no message is refused', async () => {
  for (const data of ['hello', { MSH: 1 }, 7, null])
    await assert.rejects(run(createMessage(data)), { code: 'HL7_MALFORMED', kind: 'input' });
});
