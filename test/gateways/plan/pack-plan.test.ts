import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { digestOfPlan, packPlan, unpackPlan } from '../../../gateways/plan/pack-plan.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';

test('a packed plan comes back whole, with line breaks and brackets in its texts', async () => {
  const name = { 'zh-CN': '挂号\n"],\n[', en: 'line\r\n]' };
  const interfaces = Array.from({ length: 200 }, (_, i) => buildInterface({ interfaceId: `ifc_${i}`, path: `/open/v1/${i}`, name }));
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'app')], interfaces, { outbound: undefined } as never);
  assert.deepEqual(await unpackPlan(await packPlan(plan)), JSON.parse(JSON.stringify(plan)));
});

test('a process of an older version can read the plan, and its plans can be read', async () => {
  const plan = await buildPlan([], [buildInterface()]);
  const text = (await promisify(gunzip)(await packPlan(plan))).toString('utf8');
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(plan)));
  assert.deepEqual(await unpackPlan(await promisify(gzip)(JSON.stringify(plan))), JSON.parse(JSON.stringify(plan)));
});

test('the digest ignores number and time, and nothing else', async () => {
  const plan = await buildPlan([], [buildInterface()]);
  const digest = await digestOfPlan(plan, crypto);
  assert.equal(await digestOfPlan({ ...plan, number: plan.number + 1, madeAt: 7 }, crypto), digest);
  assert.notEqual(await digestOfPlan({ ...plan, defaultAppId: 'other' }, crypto), digest);
});
