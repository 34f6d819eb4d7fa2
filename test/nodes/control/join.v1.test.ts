import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import join from '../../../nodes/control/join.v1.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'names the results of its branches' });

test('names the results of its branches', async () => {
  const outcome = await runNode(join, { config: { names: { n_his: 'his' } }, data: { n_his: 1, n_lis: { error: { code: 'X' } } } });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['out']?.[0]?.data, { his: 1, n_lis: { error: { code: 'X' } } });
});

test('refuses n-of without n and the same name for two branches', async () => {
  await assert.rejects(runNode(join, { config: { mode: 'n-of' } }), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(runNode(join, { config: { names: { n_a: 'x', n_b: 'x' } } }), { code: 'NODE_CONFIG_WRONG' });
});
