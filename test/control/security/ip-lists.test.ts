/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildIpList } from '../../gateways/support/ip-lists.ts';
import { buildInterface } from '../../gateways/support/city-plan.ts';
import { startControl } from '../start-control.ts';

test('a saved list reaches the plan, an operator sees its entries with reason and end, and a stale save changes nothing', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('keeper', ['security-admin']);
  const list = buildIpList({ revision: 0, everywhere: true }, ['10.0.0.0/8', '2001:db8::1'], { expiresAt: 4_000_000_000_000 });
  const saved = await security.call('PUT', '/ip-lists/ipl_test', list);
  assert.deepEqual([saved.status, saved.body.revision], [200, 1], JSON.stringify(saved.body));
  const { items } = (await (await running.person('watcher', ['viewer'])).call('GET', '/ip-lists')).body;
  assert.deepEqual(items, [{ ...list, revision: 1, mayEdit: true }]);
  await running.control.flushPlan();
  assert.deepEqual(running.plans.at(-1)!.ipLists, [{ ...list, revision: 1 }]);
  assert.equal((await security.call('PUT', '/ip-lists/ipl_test', list)).body.code, 'STALE_REVISION');
  const wrong = { ...list, revision: 1, entries: [{ range: '10.0.0.0/33', reason: 'a test' }] };
  assert.equal((await security.call('PUT', '/ip-lists/ipl_test', wrong)).body.code, 'IP_RANGE_INVALID');
  const unfounded = { ...list, revision: 1, entries: [{ range: '10.0.0.0/8' }] };
  assert.equal((await security.call('PUT', '/ip-lists/ipl_test', unfounded)).body.code, 'INPUT_INVALID');
  assert.equal((await security.call('DELETE', '/ip-lists/ipl_test')).status, 200);
  await running.control.flushPlan();
  assert.deepEqual(running.plans.at(-1)!.ipLists, []);
});

test('an allow list for every request that names nobody is refused, so that no front stops', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  const empty = { ...buildIpList({ revision: 0, everywhere: true }, []), kind: 'white' };
  assert.equal((await keeper.call('PUT', '/ip-lists/ipl_test', empty)).body.code, 'IP_LIST_ALLOWS_NOBODY');
  const named = await keeper.call('PUT', '/ip-lists/ipl_test', { ...empty, everywhere: false });
  assert.equal(named.status, 200);
  const entries = [{ range: '10.0.0.0/8', reason: 'the hospitals' }];
  assert.equal((await keeper.call('PUT', '/ip-lists/ipl_test', { ...empty, revision: 1, entries })).status, 200);
  const over = entries.map((entry) => ({ ...entry, expiresAt: 1 }));
  for (const none of [[], over])
    assert.equal(
      (await keeper.call('PUT', '/ip-lists/ipl_test', { ...empty, revision: 2, entries: none })).body.code,
      'IP_LIST_ALLOWS_NOBODY',
    );
});

test('a list without a domain belongs to the installation, and people of a domain read it and edit only their own', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  const local = await running.person('local', ['security-admin'], ['city']);
  const general = buildIpList({ revision: 0 }, ['10.0.0.1']);
  assert.equal((await local.call('PUT', '/ip-lists/ipl_test', general)).body.code, 'DOMAIN_NOT_HELD');
  assert.equal((await keeper.call('PUT', '/ip-lists/ipl_test', general)).status, 200);
  assert.equal((await keeper.call('PUT', '/ip-lists/ipl_far', { ...general, listId: 'ipl_far', domain: 'far' })).status, 200);
  assert.equal((await local.call('PUT', '/ip-lists/ipl_own', { ...general, listId: 'ipl_own', domain: 'city' })).status, 200);
  const { items } = (await local.call('GET', '/ip-lists')).body;
  assert.deepEqual(
    items.map((item: { listId: string; mayEdit: boolean }) => [item.listId, item.mayEdit]),
    [
      ['ipl_own', true],
      ['ipl_test', false],
    ],
  );
  assert.equal((await local.call('DELETE', '/ip-lists/ipl_test')).body.code, 'NOT_FOUND');
});

test('an interface names lists that it may use, and such a list is not deleted', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  const list = buildIpList({ revision: 0, everywhere: false }, ['10.0.0.1']);
  for (const [listId, domain] of [
    ['ipl_own', 'city'],
    ['ipl_far', 'far'],
  ] as const)
    assert.equal((await keeper.call('PUT', `/ip-lists/${listId}`, { ...list, listId, domain })).status, 200);
  const naming = (...lists: string[]) =>
    buildInterface({
      revision: 0,
      target: { kind: 'upstream', instances: ['https://orders.example'] },
      policies: { 'ip-list': { lists } },
    });
  const refused = await running.admin.call('PUT', '/interfaces/ifc_book', naming('ipl_own', 'ipl_far', 'ipl_gone'));
  assert.deepEqual(
    refused.body.issues.map((issue: { path: string; code: string }) => [issue.path, issue.code]),
    [
      ['/policies/ip-list/lists/1', 'INTERFACE_NAMES_UNKNOWN'],
      ['/policies/ip-list/lists/2', 'INTERFACE_NAMES_UNKNOWN'],
    ],
  );
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_book', naming('ipl_own'))).status, 200);
  const kept = await keeper.call('DELETE', '/ip-lists/ipl_own');
  assert.deepEqual([kept.status, kept.body.code, kept.body.values?.interfaces], [409, 'NAMED_BY_INTERFACES', 'ifc_book']);
  assert.equal((await keeper.call('DELETE', '/ip-lists/ipl_far')).status, 200);
});
