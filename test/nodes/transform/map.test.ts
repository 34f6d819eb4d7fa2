import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import map from '../../../nodes/transform/map.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { LARGE_LIST } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'gives the mapped data as JSON and keeps the rest of the message',
  refusal: 'refuses data that lacks a required source, naming the rule',
  '10 MB': 'carries 10 MB from one place to another',
});

const rules = [
  { to: 'sex', from: { table: 'sex', key: { path: 'data.xb' } } },
  { to: 'name', from: { path: 'data.xm' }, required: true },
];
const run = (data: unknown) => runNode(map, { config: { mapping: { rules } }, data, tables: { sex: { 男: '1' } }, build: engineBuild() });

test('gives the mapped data as JSON and keeps the rest of the message', async () => {
  const outcome = await run({ xb: '男', xm: 'a' });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.data, { sex: '1', name: 'a' });
});

test('refuses data that lacks a required source, naming the rule', async () => {
  await assert.rejects(run({ xb: '男' }), { code: 'MAP_SOURCE_MISSING', kind: 'input', values: { rule: '/rules/1' } });
});

test('carries 10 MB from one place to another', async () => {
  const outcome = await run({ xb: '男', xm: LARGE_LIST });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.data, { sex: '1', name: LARGE_LIST });
});

test('refuses a mapping that does not fit the schema', async () => {
  await assert.rejects(runNode(map, { config: { mapping: { rules: [{ to: 'a' }] } }, build: engineBuild() }), {
    code: 'NODE_CONFIG_WRONG',
  });
});
