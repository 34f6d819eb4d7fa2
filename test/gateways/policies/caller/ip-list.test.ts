import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipList from '../../../../gateways/policies/caller/ip-list.policy.ts';
import { buildIpList } from '../../support/ip-lists.ts';
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

test('uses the shared lists that it names, and refuses everything while one of them is missing', async () => {
  const ipLists = [
    buildIpList({ listId: 'ipl_districts', kind: 'white', everywhere: false }, ['10.0.0.0/8']),
    buildIpList({ listId: 'ipl_bots', kind: 'black', everywhere: false }, ['10.6.6.6']),
  ];
  const run = async (clientIp: string, lists: readonly string[]) =>
    runPolicy(ipList, { options: { lists }, plan: { ipLists }, exchange: { clientIp } });
  const codeOf = async (clientIp: string, ...lists: string[]) => (await run(clientIp, lists)).error?.code;
  assert.equal(await codeOf('10.1.1.1', 'ipl_districts', 'ipl_bots'), undefined);
  assert.equal(await codeOf('10.6.6.6', 'ipl_districts', 'ipl_bots'), 'GW40302');
  assert.equal(await codeOf('11.1.1.1', 'ipl_districts'), 'GW40302');
  assert.equal(await codeOf('11.1.1.1', 'ipl_bots'), undefined);
  const missing = await run('10.1.1.1', ['ipl_gone']);
  assert.equal(missing.error?.code, 'GW40302');
  assert.deepEqual(missing.exchange.notes, [{ policy: 'ip-list', where: 'ipl_gone', what: 'list-missing' }]);
});
