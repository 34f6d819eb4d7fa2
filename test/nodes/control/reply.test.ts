import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import reply from '../../../nodes/control/reply.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'answers with the data of the message and lets it go on' });

const run = async (config: Record<string, unknown>, data: unknown) => {
  const outcome = await runNode(reply, { config, data, build: engineBuild() });
  assert.ok('reply' in outcome);
  return outcome;
};

test('answers with the data of the message and lets it go on', async () => {
  const outcome = await run({ headers: { 'X-A': '1' } }, { a: 1 });
  assert.deepEqual([outcome.reply.status, outcome.reply.headers, outcome.reply.message.data], [200, { 'x-a': '1' }, { a: 1 }]);
  assert.deepEqual(outcome.emit?.['out']?.[0]?.data, { a: 1 });
});

test('answers with a body of its own and leaves the message as it was', async () => {
  const outcome = await run({ status: 201, body: { expression: '{"total": $sum(data.n)}' } }, { n: [1, 2] });
  assert.equal(JSON.stringify(outcome.reply.message.data), '{"total":3}');
  assert.deepEqual(outcome.emit?.['out']?.[0]?.data, { n: [1, 2] });
});

test('refuses headers that would split the answer', async () => {
  await assert.rejects(runNode(reply, { config: { headers: { a: 'x\r\nset-cookie: y' } }, build: engineBuild() }), {
    code: 'NODE_CONFIG_WRONG',
  });
});
