import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import forEach from '../../../nodes/control/for-each.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'emits one message per item, in order', refusal: 'refuses more items than its limit' });

const run = async (data: unknown, config = {}) => {
  const outcome = await runNode(forEach, { config: { items: { path: 'data.items' }, ...config }, data, build: engineBuild() });
  return 'emit' in outcome ? outcome.emit?.['each']?.map((message) => message.data) : undefined;
};

test('emits one message per item, in order', async () => {
  assert.deepEqual(await run({ items: ['a', 'b'] }), ['a', 'b']);
  assert.deepEqual(await run({ items: 'a' }), ['a']);
  assert.deepEqual(await run({}), []);
  assert.deepEqual(await run({ n: [3, 1] }, { items: { expression: '$reverse(data.n)' } }), [1, 3]);
});

test('refuses more items than its limit', async () => {
  await assert.rejects(run({ items: [1, 2, 3] }, { limit: 2 }), { code: 'FOREACH_TOO_MANY', kind: 'input' });
});
