import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import parallel from '../../../nodes/control/parallel.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'emits the same message on every branch' });

const label = { 'zh-CN': '支', en: 'B' };

test('emits the same message on every branch', async () => {
  const outcome = await runNode(parallel, {
    config: {
      branches: [
        { port: 'a', label },
        { port: 'b', label },
      ],
    },
    data: 1,
  });
  assert.ok('emit' in outcome);
  assert.deepEqual([outcome.emit?.['a']?.[0]?.data, outcome.emit?.['b']?.[0]?.data], [1, 1]);
});

test('refuses fewer than two branches and names used twice', async () => {
  await assert.rejects(runNode(parallel, { config: { branches: [{ port: 'a', label }] } }), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(
    runNode(parallel, {
      config: {
        branches: [
          { port: 'a', label },
          { port: 'a', label },
        ],
      },
    }),
    { code: 'NODE_CONFIG_WRONG' },
  );
});
