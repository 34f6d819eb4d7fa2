import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/errors.ts';
import { createMessage, type Message } from '../../../engine/contract/message.ts';
import type { NodeDefinition } from '../../../engine/contract/node.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import parse from '../../../nodes/hl7/parse.node.ts';
import serialise from '../../../nodes/hl7/serialise.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';

const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code && error.kind === 'input';

async function run(node: NodeDefinition, message: Message, config = {}): Promise<Message> {
  const outcome = await runNode(node, { message, config });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

test('text becomes data that mappings read, and the same text again', async () => {
  const message = createMessage(ADMISSION, { mediaType: 'application/hl7-v2', charset: 'GB18030', keys: { patient: '0007' } });
  const parsed = await run(parse as unknown as NodeDefinition, message);
  assert.equal((parsed.data as { PID: { f5: { c1: string }[] }[] }).PID[0]!.f5[0]!.c1, '张三');
  assert.deepEqual([parsed.mediaType, parsed.charset, parsed.keys], ['application/hl7-v2+json', 'GB18030', { patient: '0007' }]);
  const written = await run(serialise as unknown as NodeDefinition, parsed);
  assert.deepEqual([written.data, written.mediaType, written.charset], [ADMISSION, 'application/hl7-v2', 'GB18030']);
});

test('bytes are decoded by MSH-18, else by the charset of the message', async () => {
  const text = ADMISSION.replace('UNICODE UTF-8', 'GB 18030-2000');
  const parsed = await run(parse as unknown as NodeDefinition, createMessage(new Uint8Array(encodeText(text, 'GB18030'))));
  assert.equal(parsed.charset, 'GB18030');
  assert.equal((await run(serialise as unknown as NodeDefinition, parsed)).data, text);
});

test('a message of 10 MB goes through', async () => {
  const text = ADMISSION + `OBX|3|TX|N||${'x'.repeat(1000)}|\r`.repeat(10_000);
  const parsed = await run(parse as unknown as NodeDefinition, createMessage(text));
  assert.equal((await run(serialise as unknown as NodeDefinition, parsed)).data, text);
});

test('a type that the flow does not take is refused', async () => {
  for (const types of [['ADT'], ['ORU', 'ADT^A01'], []]) await run(parse as unknown as NodeDefinition, createMessage(ADMISSION), { types });
  await assert.rejects(
    run(parse as unknown as NodeDefinition, createMessage(ADMISSION), { types: ['ADT^A02', 'ORU'] }),
    isCode('HL7_TYPE_UNEXPECTED'),
  );
});

test('what is no message is refused by both', async () => {
  for (const data of ['hello', { MSH: 1 }, 7, null])
    await assert.rejects(run(parse as unknown as NodeDefinition, createMessage(data)), isCode('HL7_MALFORMED'));
  for (const data of ['hello', {}, null])
    await assert.rejects(run(serialise as unknown as NodeDefinition, createMessage(data)), isCode('HL7_FORM_WRONG'));
});
