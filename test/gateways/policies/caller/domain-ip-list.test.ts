import assert from 'node:assert/strict';
import { test } from 'node:test';
import domainIpList from '../../../../gateways/policies/caller/domain-ip-list.policy.ts';
import { buildIpList } from '../../support/ip-lists.ts';
import { runPolicy } from '../../support/run-policy.ts';

const codeFor = async (fields: Parameters<typeof buildIpList>[0]) => {
  const ipLists = [buildIpList({ kind: 'black', domain: 'city', ...fields }, ['10.0.0.1'])];
  return (await runPolicy(domainIpList, { plan: { ipLists }, exchange: { clientIp: '10.0.0.1' } })).error?.code;
};

test('a list of a domain applies to its interfaces on the fronts of the list', async () => {
  assert.equal(await codeFor({}), 'GW40302');
  assert.equal(await codeFor({ domain: 'district' }), undefined);
  assert.equal(await codeFor({ fronts: ['bus'] }), undefined);
  assert.equal(await codeFor({ everywhere: false }), undefined);
});
