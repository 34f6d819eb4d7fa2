import assert from 'node:assert/strict';
import { test } from 'node:test';
import idempotencyKey from '../../../../gateways/policies/content/idempotency-key.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const codeFor = async (headers: Record<string, string>, requireIdempotencyKey = true) =>
  (await runPolicy(idempotencyKey, { interface: { requireIdempotencyKey }, exchange: { headers } })).error?.code;

test('is demanded where the interface says so', async () => {
  assert.equal(await codeFor({}), 'GW40002');
  assert.equal(await codeFor({}, false), undefined);
  assert.equal(await codeFor({ 'idempotency-key': 'order-7' }), undefined);
});

test('is 1 to 128 visible characters', async () => {
  assert.equal(await codeFor({ 'idempotency-key': 'x'.repeat(129) }, false), 'GW40001');
  assert.equal(await codeFor({ 'idempotency-key': 'a b' }, false), 'GW40001');
});
