import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import condition from '../../../nodes/control/condition.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'emits on exactly one port: the first whose condition holds, or else' });

const label = { 'zh-CN': '支', en: 'B' };
const branch = (port: string, value: unknown) => ({ port, label, when: { left: { path: 'data.k' }, op: 'eq', right: { value } } });
const config = { branches: [branch('a', 1), branch('b', 1), branch('c', 2)] };
const portsFor = async (k: unknown) => {
  const outcome = await runNode(condition, { config, data: { k }, build: engineBuild() });
  return 'emit' in outcome ? Object.keys(outcome.emit ?? {}) : [];
};

test('emits on exactly one port: the first whose condition holds, or else', async () => {
  assert.deepEqual(await portsFor(1), ['a']);
  assert.deepEqual(await portsFor(2), ['c']);
  assert.deepEqual(await portsFor(3), ['else']);
});

test('has a port per branch and refuses names that are taken', async () => {
  assert.ok(typeof condition.ports.out === 'function');
  const twice = { branches: [branch('a', 1), branch('a', 2), branch('else', 3)] };
  await assert.rejects(runNode(condition, { config: twice, build: engineBuild() }), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(
    runNode(condition, { config: { branches: [{ ...branch('a', 1), when: { all: [{ not: 1 }] } }] }, build: engineBuild() }),
    {
      code: 'NODE_CONFIG_WRONG',
    },
  );
});
