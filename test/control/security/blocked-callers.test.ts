/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAll } from '../../../engine/contract/ports/find-all.ts';
import { startControl } from '../start-control.ts';

const CITIZEN = '310101199001011234';

test('a blocked citizen is found by the identifier, which is neither stored nor shown nor in the plan', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  const who = { kind: 'user', id: CITIZEN };
  const added = await keeper.call('POST', '/blocked-callers', { ...who, reason: 'abuse of appointments', expiresAt: 4_000_000_000_000 });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  const again = await keeper.call('POST', '/blocked-callers', { ...who, reason: 'abuse, extended' });
  assert.deepEqual([again.body.blockId, again.body.expiresAt], [added.body.blockId, undefined], 'the same entry, changed');
  const { items } = (await keeper.call('GET', '/blocked-callers')).body;
  assert.deepEqual(
    items.map(({ kind, reason }: { kind: string; reason: string }) => [kind, reason]),
    [['user', 'abuse, extended']],
  );
  assert.equal((await keeper.call('POST', '/blocked-callers/find', who)).body.items.length, 1);
  assert.equal((await keeper.call('POST', '/blocked-callers/find', { ...who, kind: 'device' })).body.items.length, 0);
  await running.control.flushPlan();
  assert.equal(running.plans.at(-1)!.blockedCallers!.entries.length, 1);
  const stored = await findAll(await running.documents.open({ name: 'blocked_callers', schema: {}, indexes: [] }));
  const auditor = await running.person('auditor', ['audit-admin']);
  const trail = (await auditor.call('GET', '/audit')).body;
  assert.ok(JSON.stringify(trail).includes('blocked-callers.block'));
  for (const place of [stored, trail, items, running.plans.at(-1)]) assert.equal(JSON.stringify(place).includes(CITIZEN), false);
  assert.equal((await keeper.call('DELETE', `/blocked-callers/${added.body.blockId}`)).status, 200);
  assert.equal((await keeper.call('POST', '/blocked-callers/find', who)).body.items.length, 0);
});
