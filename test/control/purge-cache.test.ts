import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestCacheTag, PURGE_CHANNEL, type NumberedPurge } from '../../gateways/documents/cache-purge.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { buildInterface, crypto } from '../gateways/support/city-plan.ts';
import { startControl } from './start-control.ts';

test('a purge reaches the gateways, by interface, tag or key, and leaves a line in the trail without the tag', async (t) => {
  const shared = createMemorySharedState({ clock: fakeClock() });
  const heard: NumberedPurge[] = [];
  await shared.subscribe(PURGE_CHANNEL, (payload) => void heard.push(JSON.parse(payload) as NumberedPurge));
  const running = await startControl({ shared });
  t.after(running.stop);
  const target = { kind: 'upstream' as const, instances: ['http://beds.internal'] };
  const document = buildInterface({ front: 'bus', path: '/bus/v1/beds', method: 'GET', revision: 0, target, policies: { cache: {} } });
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_book', document)).status, 200);
  const key = 'k'.repeat(43);
  const operator = await running.person('oli', ['operator']);
  const purge = (input: object, by = operator) => by.call('POST', '/interfaces/ifc_book/purge-cache', input);
  for (const input of [{}, { tag: 'patient-7' }, { key }]) assert.equal((await purge(input)).status, 200);
  const tag = digestCacheTag('patient-7', crypto);
  assert.deepEqual(
    heard.map((one) => one.purge),
    [{ interfaceId: 'ifc_book' }, { interfaceId: 'ifc_book', tag }, { interfaceId: 'ifc_book', key }],
  );
  assert.deepEqual(
    heard.map(({ number }) => number - heard[0]!.number),
    [0, 1, 2],
  );
  assert.equal((await purge({ key: 'short' })).body.code, 'INPUT_INVALID');
  assert.equal((await purge({}, await running.person('vera', ['viewer']))).body.code, 'PERMISSION_DENIED');
  assert.equal((await operator.call('POST', '/interfaces/ifc_none/purge-cache', {})).status, 404);
  assert.equal(heard.length, 3);

  const auditor = await running.person('ines', ['audit-admin']);
  const trail = await auditor.call('GET', '/audit?limit=20&action=interfaces.purge-cache');
  const { items } = trail.body as { readonly items: readonly { readonly phase: string; readonly after?: object }[] };
  const done = items.flatMap(({ phase, after }) => (phase === 'result' && after !== undefined ? [after] : []));
  assert.deepEqual(done, [{ key }, { tag }, {}]);
  assert.doesNotMatch(JSON.stringify(trail.body), /patient-7/);
});
