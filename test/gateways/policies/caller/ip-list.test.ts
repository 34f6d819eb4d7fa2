import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipList from '../../../../gateways/policies/caller/ip-list.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const codeFor = async (clientIp: string, options: Record<string, unknown>) =>
  (await runPolicy(ipList, { options, exchange: { clientIp } })).error?.code;

test('lets only listed addresses through, and refusing wins', async () => {
  const options = { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.9.0.0/16'] };
  assert.equal(await codeFor('10.1.2.3', options), undefined);
  assert.equal(await codeFor('2001:db8::1', options), undefined);
  assert.equal(await codeFor('10.9.2.3', options), 'GW40302');
  assert.equal(await codeFor('11.1.2.3', options), 'GW40302');
});

test('an empty list of allowed addresses allows nobody', async () => {
  assert.equal(await codeFor('10.1.2.3', { allow: [] }), 'GW40302');
  assert.equal(await codeFor('10.1.2.3', { deny: [] }), undefined);
});
