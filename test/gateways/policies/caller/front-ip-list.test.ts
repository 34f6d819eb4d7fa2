import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { IpListDocument } from '../../../../gateways/documents/ip-list-document.ts';
import frontIpList from '../../../../gateways/policies/caller/front-ip-list.policy.ts';
import { buildInterface, buildPlan } from '../../support/city-plan.ts';
import { callGateway, startGateway } from '../../support/start-gateway.ts';
import { buildIpList } from '../../support/ip-lists.ts';
import { runPolicy } from '../../support/run-policy.ts';

const codeFor = async (clientIp: string, lists: readonly IpListDocument[], now = 1_800_000_000_000) =>
  (await runPolicy(frontIpList, { plan: { ipLists: lists }, exchange: { clientIp }, now })).error?.code;

test('refuses the addresses of black lists, in every notation, and leaves the others alone', async () => {
  const black = buildIpList({ kind: 'black' }, ['10.9.0.0/16', '2001:db8:1::/48', '192.0.2.7', '::ffff:198.51.100.0/120']);
  for (const address of ['10.9.255.1', '::ffff:10.9.0.1', '2001:db8:1:ffff::9', '192.0.2.7', '198.51.100.200'])
    assert.equal(await codeFor(address, [black]), 'GW40302', address);
  for (const address of ['10.10.0.1', '2001:db8:2::1', '192.0.2.8', '198.51.101.1', ''])
    assert.equal(await codeFor(address, [black]), undefined);
});

test('white lists together allow only their addresses, and a black list takes precedence', async () => {
  const lists = [
    buildIpList({ listId: 'ipl_a', kind: 'white' }, ['10.0.0.0/8']),
    buildIpList({ listId: 'ipl_b', kind: 'white' }, ['2001:db8::/32']),
    buildIpList({ listId: 'ipl_c', kind: 'black' }, ['10.1.1.1']),
  ];
  assert.equal(await codeFor('10.1.1.2', lists), undefined);
  assert.equal(await codeFor('2001:db8::1', lists), undefined);
  assert.equal(await codeFor('10.1.1.1', lists), 'GW40302');
  assert.equal(await codeFor('11.1.1.1', lists), 'GW40302');
  assert.equal(await codeFor('', lists), 'GW40302', 'an address that is not known is on no white list');
});

test('the log names the list that refused', async () => {
  const lists = [
    buildIpList({ listId: 'ipl_a', kind: 'white' }, ['10.0.0.0/8']),
    buildIpList({ listId: 'ipl_c', kind: 'black' }, ['10.1.1.1']),
  ];
  const notesFor = async (clientIp: string) =>
    (await runPolicy(frontIpList, { plan: { ipLists: lists }, exchange: { clientIp } })).exchange.notes;
  assert.deepEqual(await notesFor('10.1.1.1'), [{ policy: 'front-ip-list', where: 'ipl_c', what: 'listed' }]);
  assert.deepEqual(await notesFor('11.1.1.1'), [{ policy: 'front-ip-list', where: 'ipl_a', what: 'not-listed' }]);
  assert.deepEqual(await notesFor('10.1.1.2'), []);
});

test('an entry has no effect once it has expired, while the list stays the same', async () => {
  const black = buildIpList({ kind: 'black' }, ['10.0.0.1'], { expiresAt: 1000 });
  assert.equal(await codeFor('10.0.0.1', [black], 999), 'GW40302');
  assert.equal(await codeFor('10.0.0.1', [black], 1000), undefined);
  const white = buildIpList({ kind: 'white' }, ['10.0.0.1'], { expiresAt: 1000 });
  assert.equal(await codeFor('10.0.0.1', [white], 1000), 'GW40302', 'a white list whose entries have expired allows nobody');
});

test('applies lists of its own front that have no domain, and only those that apply everywhere', async () => {
  for (const fields of [{ fronts: ['bus' as const] }, { domain: 'city' }, { everywhere: false }])
    assert.equal(await codeFor('10.0.0.1', [buildIpList({ kind: 'black', ...fields }, ['10.0.0.1'])]), undefined);
});

test('a running gateway refuses before it looks for the interface, and follows the plan and the time', async (t) => {
  const clock = fakeClock(1_800_000_000_000);
  const plan = await buildPlan([], [buildInterface({ front: 'bus', path: '/bus/v1/notes' })]);
  const started = await startGateway(plan, { front: 'bus', clock });
  t.after(started.stop);
  const codeOf = async () => (await callGateway(started.gateway, { target: '/nothing' })).code;
  assert.equal(await codeOf(), 'GW40401');
  const list = buildIpList({ kind: 'black', fronts: ['bus'] }, ['127.0.0.0/8'], { expiresAt: clock.now() + 60_000 });
  started.feed.publish({ ...plan, number: 2, ipLists: [list] });
  await clock.advance(100);
  assert.equal(started.gateway.applied(), 2);
  assert.equal(await codeOf(), 'GW40302');
  await clock.advance(60_000);
  assert.equal(await codeOf(), 'GW40401');
});
