import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import splitBatch from '../../../nodes/hl7/split-batch.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'the messages of all batches come in their order, byte for byte',
  refusal: 'what is no batch, or has a wrong count, is refused',
  cancel: '10 MB are split while others go on, and a cancel ends it',
  '10 MB': '10 MB are split while others go on, and a cancel ends it',
});

interface Split {
  readonly file: { readonly id: string };
  readonly batches: readonly { readonly id: string; readonly count: number }[];
  readonly messages: readonly string[];
}
async function run(message: Message, config = {}): Promise<Message & { readonly data: Split }> {
  const outcome = await runNode(splitBatch, { message, config });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]! as Message & { readonly data: Split };
}
const one = (id: string) => ADMISSION.replace('MSG00001', id);
const FILE = `FHS|^~\\&|A|B|C|D|20260101||||F1\rBHS|^~\\&|A|B|C|D|20260101||||B1\r${one('1')}${one('2')}BTS|2\rBHS|^~\\&|A||||||||B2\r${one('3')}BTS|1\rFTS|2\r`;

test('the messages of all batches come in their order, byte for byte', async () => {
  for (const [text, end] of [
    [FILE, '\r'],
    [FILE.replaceAll('\r', '\r\n'), '\r\n'],
  ] as const) {
    const { data } = await run(createMessage(text));
    assert.deepEqual(
      data.messages,
      ['1', '2', '3'].map((id) => one(id).replaceAll('\r', end)),
    );
    assert.deepEqual([data.file.id, data.batches.map(({ id, count }) => `${id} ${count}`)], ['F1', ['B1 2', 'B2 1']]);
  }
});

test('the envelope may be missing in part or whole', async () => {
  assert.equal((await run(createMessage(one('1') + one('2')))).data.messages.length, 2);
  assert.equal((await run(createMessage(`BHS|^~\\&|A\r${one('1')}BTS|1\r`))).data.messages.length, 1);
  assert.equal((await run(createMessage(`FHS|^~\\&|A\r${one('1')}FTS|1\r`))).data.messages.length, 1);
  assert.deepEqual((await run(createMessage('FHS|^~\\&|A\rBHS|^~\\&|A\rBTS|0\rFTS|1\r'))).data.messages, []);
});

test('bytes are decoded by MSH-18 of the first message', async () => {
  const bytes = encodeText(FILE.replaceAll('UNICODE UTF-8', 'GB 18030-2000'), 'GB18030');
  const { data, charset } = await run(createMessage(new Uint8Array(bytes)));
  assert.equal(charset, 'GB18030');
  assert.ok(data.messages[2]!.includes('张三'));
});

test('a file that was cut off, so that a header has no trailer, is refused with the place', async () => {
  const place = async (text: string) =>
    run(createMessage(text)).then(
      () => 'none',
      ({ values: { problem, segment, trailer, number } }: { values: Record<string, unknown> }) =>
        [problem, segment, trailer, number].join(' '),
    );
  const head = 'FHS|^~\\&|A\rBHS|^~\\&|A\r';
  assert.equal(await place(`${head}${one('1')}`), 'open BHS BTS 2');
  assert.equal(await place(`${head}${one('1')}BTS|1\r`), 'open FHS FTS 1');
  assert.equal(await place(`${head}${one('1')}FTS|1\r`), 'open BHS BTS 2');
  assert.equal(await place(`BHS|^~\\&|A\r\r\nBTS|0\rBHS|^~\\&|A\r${one('1')}BHS|^~\\&|A\rBTS\r`), 'open BHS BTS 3');
  assert.equal(await place('FHS|^~\\&|A\r'), 'open FHS FTS 1');
});

test('what is no batch, or has a wrong count, is refused', async () => {
  const problem = async (text: string, config = {}) =>
    run(createMessage(text), config).then(
      () => 'none',
      (error: { code: string; values: { problem: string } }) => `${error.code} ${error.values.problem}`,
    );
  assert.equal(await problem(FILE.replace('BTS|2', 'BTS|3')), 'HL7_BATCH_WRONG count');
  assert.equal(await problem(FILE.replace('FTS|2', 'FTS|x')), 'HL7_BATCH_WRONG count');
  assert.equal(await problem('hello'), 'HL7_BATCH_WRONG start');
  assert.equal(await problem(''), 'HL7_BATCH_WRONG empty');
  assert.equal(await problem(FILE, { mostMessages: 2 }), 'HL7_BATCH_WRONG more');
  await assert.rejects(run(createMessage({ a: 1 })), { code: 'HL7_MALFORMED' });
});

test('10 MB are split while others go on, and a cancel ends it', async () => {
  const text = FILE.replace('BTS|1\rFTS|2\r', `${one('x').repeat(20_000)}BTS|20001\rFTS|2\r`);
  const outcome = await whileOthersGoOn(splitBatch, { data: text, config: { mostMessages: 100_000 } });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as Split).messages.length, 20_003);
  await endsOnCancel(splitBatch, { data: text, config: { mostMessages: 100_000 } });
});
