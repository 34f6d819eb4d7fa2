/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
/** An account with domains: what it is given, and what is refused to it in every other domain. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRunAction, type RunActionDeps } from '../../control/action/run-action.ts';
import { defineAction } from '../../control/action/action.ts';
import type { Actor } from '../../control/access/actor.ts';
import { Type } from 'typebox';
import { flow, startControl, type Client, type Running } from './start-control.ts';

let running: Running;
let analyst: Client;

before(async () => {
  running = await startControl();
  const { admin } = running;
  for (const [flowId, domain] of [
    ['flw_of_a', 'hospital-a'],
    ['flw_of_b', 'hospital-b'],
  ] as const)
    assert.equal((await admin.call('PUT', `/flows/${flowId}`, flow(flowId, { domain }))).status, 200);
  analyst = await running.person('anna', ['analyst'], ['hospital-a']);
});
after(() => running.stop());

test('a new account has all domains unless it is given some, and says so of itself', async () => {
  const everywhere = await running.person('otto', ['viewer']);
  assert.equal((await everywhere.call('GET', '/me')).body.domains, 'all');
  assert.deepEqual((await analyst.call('GET', '/me')).body.domains, ['hospital-a']);
});

test('a change of an account that does not name domains leaves them, and its domains take effect at the next request', async () => {
  const person = await running.person('paula', ['analyst'], ['hospital-b']);
  const before = (await running.admin.call('GET', '/accounts')).body.items.find(({ name }: { name: string }) => name === 'paula');
  const { displayName, roles, disabled, revision } = before;
  const renamed = await running.admin.call('PUT', '/accounts/paula', { displayName: 'P', roles, disabled, revision });
  assert.deepEqual(renamed.body.domains, ['hospital-b']);
  assert.equal((await person.call('GET', '/flows/flw_of_a')).status, 404);
  const change = { displayName, roles, disabled, revision: revision + 1, domains: ['hospital-a'] };
  assert.equal((await running.admin.call('PUT', '/accounts/paula', change)).status, 200);
  assert.equal((await person.call('GET', '/flows/flw_of_a')).status, 200);
});

test('an account that an earlier version made has all domains', async () => {
  const accounts = await running.documents.open({ name: 'accounts', schema: Type.Object({}), indexes: [] });
  await running.person('quinn', ['viewer'], ['hospital-a']);
  await accounts.patchIf('quinn', {}, { unset: ['domains'] });
  const item = (await running.admin.call('GET', '/accounts')).body.items.find(({ name }: { name: string }) => name === 'quinn');
  assert.equal(item.domains, 'all');
});

test('what is not there and what is of another domain get the same answer', async () => {
  const [other, none] = await Promise.all([analyst.call('GET', '/flows/flw_of_b'), analyst.call('GET', '/flows/flw_of_c')]);
  const told = ({ status, body }: typeof other) => JSON.stringify([status, { ...body, requestId: '' }]);
  assert.equal(told(other), told(none).replaceAll('flw_of_c', 'flw_of_b'));
  assert.equal(other.status, 404);
  assert.equal((await analyst.call('GET', '/flows/flw_of_a')).status, 200);
});

test('nothing is saved over a thing of another domain, nor put into one', async () => {
  assert.equal((await analyst.call('PUT', '/flows/flw_of_b', flow('flw_of_b', { domain: 'hospital-a' }))).status, 404);
  const moved = await analyst.call('PUT', '/flows/flw_new', flow('flw_new', { domain: 'hospital-b' }));
  assert.equal(moved.body.code, 'DOMAIN_NOT_HELD');
  assert.equal((await analyst.call('PUT', '/flows/flw_new', flow('flw_new', { domain: 'hospital-a' }))).status, 200);
});

test('a person chooses among the own domains; with all domains among those in use, the most used first', async () => {
  const listed = async (client: Client) => (await client.call('GET', '/domains')).body;
  assert.deepEqual(await listed(analyst), { items: ['hospital-a'], mayBeNew: false });
  for (const flowId of ['flw_b2', 'flw_b3'])
    assert.equal((await running.admin.call('PUT', `/flows/${flowId}`, flow(flowId, { domain: 'hospital-b' }))).status, 200);
  await running.person('zoe', ['viewer'], ['hospital-z']);
  const { items, mayBeNew } = await listed(running.admin);
  assert.equal(mayBeNew, true);
  const places = ['hospital-b', 'hospital-a', 'hospital-z'].map((name) => items.indexOf(name));
  assert.ok(places[0]! >= 0 && places[0]! < places[1]! && places[1]! < places[2]!, `${items}`);
});

test('an act on the whole installation takes all domains', async () => {
  const keeper = await running.person('karl', ['system-admin'], ['hospital-a']);
  const refused = await keeper.call('POST', '/accounts', { name: 'minion', displayName: 'M', roles: [] });
  assert.equal(refused.body.code, 'DOMAINS_ALL_NEEDED');
});

test('an action that filters by domain and never asks for the domains fails for everybody', async () => {
  const forgetful = defineAction({
    name: 'test.list',
    right: 'member',
    domain: 'filtered',
    text: { 'zh-CN': '测试', en: 'Test' },
    input: Type.Object({}),
    audited: false,
    run: async () => ({ items: [] }),
  });
  const run = createRunAction({
    actions: [forgetful],
    refusals: { watch: (_action: string, _actor: Actor, work: () => unknown) => work() },
  } as unknown as RunActionDeps);
  const actor = { account: 'x', roles: [], domains: 'all', via: 'session', from: '' } as const;
  await assert.rejects(run('test.list', {}, actor), { code: 'CONTROL_DOMAINS_IGNORED' });
});
