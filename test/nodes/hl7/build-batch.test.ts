import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import buildBatch from '../../../nodes/hl7/build-batch.node.ts';
import splitBatch from '../../../nodes/hl7/split-batch.node.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'messages become a file that is split into the same messages',
  refusal: 'a list without messages, or with one that is none, is refused',
  '10 MB': '10 MB of messages become one file',
});

const one = (id: string) => ADMISSION.replace('MSG00001', id);
async function build(data: unknown, config = {}): Promise<string> {
  const outcome = await runNode(buildBatch, { data, config, idempotencyKey: 'k1' });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as string;
}
async function split(
  data: string,
): Promise<{ readonly messages: readonly string[]; readonly batches: readonly { readonly count: number }[] }> {
  const outcome = await runNode(splitBatch, { data, config: { mostMessages: 100_000 } });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as Awaited<ReturnType<typeof split>>;
}

test('messages become a file that is split into the same messages', async () => {
  const messages = ['1', '2', '3'].map(one);
  const text = await build({ messages }, { perBatch: 2 });
  assert.match(text, /^FHS\|\^~\\&\|HIS\|协和医院\|GW\|平台\|\d{14}\+0000\|{4}[A-Z2-7]{20}\rBHS\|/);
  assert.match(text, /\rBTS\|2\rBHS\|[\s\S]*\rBTS\|1\rFTS\|2\r$/);
  const { messages: again, batches } = await split(text);
  assert.deepEqual([again, batches.map(({ count }) => count)], [messages, [2, 1]]);
  assert.equal(await build(messages, { perBatch: 2 }), text, 'a retry has the same ids');
  assert.ok(!(await build(messages, { file: false })).includes('FHS'));
});

test('data of hl7.parse is taken like text', async () => {
  const text = await build([{ MSH: [{ f9: [{ c1: 'ADT', c2: 'A01' }] }] }, one('2')]);
  assert.deepEqual((await split(text)).messages[0], 'MSH|^~\\&|||||||ADT^A01\r');
});

test('a list without messages, or with one that is none, is refused', async () => {
  for (const data of [[], {}, 'x', { messages: [] }]) await assert.rejects(build(data), { code: 'HL7_BATCH_WRONG', kind: 'input' });
  await assert.rejects(build([one('1'), 'hello']), { code: 'HL7_MALFORMED' });
  await assert.rejects(build([{ PID: [] }]), { code: 'HL7_FORM_WRONG' });
  await assert.rejects(build([one('1') + one('2')]), { code: 'HL7_NOT_ONE_MESSAGE' });
});

test('10 MB of messages become one file', async () => {
  const messages = Array.from({ length: 20_000 }, (_, index) => one(String(index)));
  assert.deepEqual((await split(await build({ messages }))).messages, messages);
});
