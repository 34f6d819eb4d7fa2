import assert from 'node:assert/strict';
import { test } from 'node:test';
import policy from '../../../../gateways/policies/caller/login-level.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

async function codeFor(user: Readonly<Record<string, unknown>> | undefined, options: Record<string, unknown> = { level: 2 }) {
  return (await runPolicy(policy, { front: 'user', options, exchange: { user } })).error?.code;
}

test('a level as high as demanded passes, as a number or as text', async () => {
  for (const acr of [2, 3, '2', '10']) assert.equal(await codeFor({ acr }), undefined, String(acr));
});

test('a lower level, an unreadable one and none at all are refused', async () => {
  for (const acr of [1, '1', 0, -2, 2.5, '2.0', '0x2', '２', ' 2', '', 'high', ['2'], { level: 2 }, null, true])
    assert.equal(await codeFor({ acr }), 'GW40106', JSON.stringify(acr));
  assert.equal(await codeFor({}), 'GW40106');
  assert.equal(await codeFor(undefined), 'GW40106');
});

test('another claim may have the level, and names may stand for it', async () => {
  const options = { level: 2, claim: 'auth_level', names: ['password', 'sms', 'face'] };
  assert.equal(await codeFor({ auth_level: 'sms' }, options), undefined);
  assert.equal(await codeFor({ auth_level: 'face' }, options), undefined);
  for (const auth_level of ['password', 'unknown', '3', 3])
    assert.equal(await codeFor({ auth_level }, options), 'GW40106', String(auth_level));
  assert.equal(await codeFor({ acr: 'face' }, options), 'GW40106');
});
