import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import set from '../../../nodes/transform/set.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { LARGE_LIST } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'sets fields, headers and keys in order and leaves the message it got as it was',
  refusal: 'refuses shapes that clash and structures in headers',
  '10 MB': 'sets a field beside 10 MB, and takes 10 MB as the whole data',
});

const run = (fields: unknown, data: unknown) =>
  runNode(set, { config: { fields }, message: createMessage(data, { headers: { a: '1' } }), build: engineBuild() });

test('sets fields, headers and keys in order and leaves the message it got as it was', async () => {
  const data = { p: { name: 'a', old: 1 }, list: [1, 2] };
  const outcome = await run(
    [
      { to: 'data.p.name', from: { value: 'b' } },
      { to: 'data.p.old', from: { path: 'data.none' } },
      { to: 'data.list[1]', from: { expression: 'data.list[0] + 10' } },
      { to: 'headers.X-Source', from: { path: 'data.p.name' } },
      { to: 'headers.a', from: { path: 'data.none' } },
      { to: 'keys.patientId', from: { value: 7 } },
    ],
    data,
  );
  assert.ok('emit' in outcome);
  const message = outcome.emit!['ok']![0]!;
  assert.deepEqual(message.data, { p: { name: 'b' }, list: [1, 11] });
  assert.deepEqual([message.headers, message.keys], [{ 'x-source': 'b' }, { patientId: '7' }]);
  assert.deepEqual(data, { p: { name: 'a', old: 1 }, list: [1, 2] });
});

test('takes one field as the whole data, such as the XML that an interface got', async () => {
  const body = Buffer.from('<a/>');
  const outcome = await run([{ to: 'data', from: { path: 'data.body' } }], { body, query: {} });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit!['ok']![0]!.data, body);
});

test('sets a field beside 10 MB, and takes 10 MB as the whole data', async () => {
  const beside = await run([{ to: 'data.a', from: { value: 1 } }], { list: LARGE_LIST });
  const whole = await run([{ to: 'data', from: { path: 'data.list' } }], { list: LARGE_LIST });
  assert.ok('emit' in beside && 'emit' in whole);
  assert.deepEqual(
    [beside, whole].map(({ emit }) => emit!['ok']![0]!.data),
    [{ list: LARGE_LIST, a: 1 }, LARGE_LIST],
  );
});

test('refuses shapes that clash and structures in headers', async () => {
  await assert.rejects(run([{ to: 'data.p[0]', from: { value: 1 } }], { p: {} }), { code: 'SET_SHAPE_CLASH' });
  await assert.rejects(run([{ to: 'headers.x', from: { value: {} } }], {}), { code: 'SET_NOT_TEXT' });
  await assert.rejects(run([{ to: 'data.__proto__.x', from: { value: 1 } }], {}), { code: 'PATH_INVALID' });
});
