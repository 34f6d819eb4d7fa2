import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCollections } from '../../engine/collections/open-collections.ts';
import { createPayloads } from '../../engine/execution/payloads.ts';
import { openFlowState } from '../../engine/state/flow-state-store.ts';
import { memoryBlobs } from '../../engine/testing/memory-blobs.ts';
import { plainSeal, startControl } from './start-control.ts';

const PATIENT = '张三';

test('collections that wait are listed with counts, each for its domain only, and never with what they hold', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { documents, clock } = running;
  const collections = await openCollections(documents, createPayloads(plainSeal, memoryBlobs()), plainSeal, clock);
  const began = clock.now();
  await collections.of('hospital-a').add('reports', PATIENT, { name: PATIENT }, { act: 's1' });
  await clock.advance(5000);
  await collections.of('hospital-a').add('reports', 'other', 'x', { act: 's2' });
  await collections.of('hospital-b').add('reports', '', 'y', { act: 's3' });
  const operator = await running.person('op', ['operator'], ['hospital-a']);
  const { items } = (await operator.call('GET', '/flow-data/collections')).body as { readonly items: readonly object[] };
  assert.deepEqual(items, [
    { domain: 'hospital-a', collection: 'reports', keys: 2, items: 2, bytes: 20, oldestAt: began, isTaken: false, flows: [] },
  ]);
  const whole = (await (await running.person('all', ['viewer'])).call('GET', '/flow-data/collections')).body as { items: object[] };
  assert.equal(whole.items.length, 2);
  assert.ok(!JSON.stringify(whole).includes(PATIENT));
});

test('what waits in a collection is removed with a reason by a person who may cancel; others request it', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const collections = await openCollections(running.documents, createPayloads(plainSeal, memoryBlobs()), plainSeal, running.clock);
  const hospital = collections.of('hospital-a');
  for (const [index, key] of [PATIENT, PATIENT, 'other', 'third'].entries())
    await hospital.add('reports', key, index, { act: `s${index}` });
  const operator = await running.person('op', ['operator'], ['hospital-a']);
  const analyst = await running.person('ana', ['analyst'], ['hospital-a']);
  const stranger = await running.person('stranger', ['operator'], ['hospital-b']);
  const all = { domain: 'hospital-a', collection: 'reports' };
  const remove = (person: typeof operator, input: object) =>
    person.call('POST', '/flow-data/collections/remove', input, { 'x-kq-reason': 'of a test' });
  assert.equal((await remove(stranger, all)).status, 404);
  assert.equal((await remove(analyst, all)).status, 403);
  const one = { ...all, key: PATIENT };
  for (const reason of [undefined, '', '  ']) {
    const refused = await operator.call(
      'POST',
      '/flow-data/collections/remove',
      one,
      reason === undefined ? {} : { 'x-kq-reason': reason },
    );
    assert.equal((refused.body as { code: string }).code, 'REASON_MISSING');
  }
  const count = async (input: object) =>
    (await operator.call('POST', '/flow-data/collections/remove', { ...input, dryRun: true })).body as unknown;
  assert.deepEqual(await count(one), { keys: 1, removed: 2 });
  assert.deepEqual(await count(all), { keys: 3, removed: 4 });
  assert.deepEqual(await count({ ...all, key: 'nobody' }), { keys: 0, removed: 0 });
  assert.deepEqual((await remove(operator, one)).body, { keys: 1, removed: 2 });
  const ask = () => analyst.call('POST', '/requests', { action: 'flow-data.remove-items', input: all, reason: 'left over' });
  const asked = await ask();
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  const { requestId } = asked.body as { requestId: string };
  const accepted = await operator.call('POST', `/requests/${requestId}/decide`, { accept: true, reason: 'yes' });
  assert.equal((accepted.body as { status: string }).status, 'done', JSON.stringify(accepted.body));
  assert.deepEqual((await operator.call('GET', '/flow-data/collections')).body, { items: [] });
  assert.equal((await ask()).status, 404, 'nothing is left to be removed');
  const auditor = await running.person('auditor', ['audit-admin']);
  const lines = JSON.stringify((await auditor.call('GET', '/audit?action=flow-data.remove-items')).body);
  assert.ok(lines.includes('of a test') && lines.includes('"removed":2') && !lines.includes(PATIENT), lines.slice(0, 2000));
});

test('an entry of the state is looked up and removed by its key, in the own domain, with an audit line that has no key', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const state = (await openFlowState(running.documents, plainSeal, running.clock)).of('hospital-a');
  const { expiresAt } = await state.put('sent', PATIENT, { report: 7 }, { act: 'a', ttlMs: 60_000, mode: 'replace' });
  const entry = { domain: 'hospital-a', store: 'sent', key: PATIENT };
  const operator = await running.person('op', ['operator'], ['hospital-a']);
  const stranger = await running.person('stranger', ['operator'], ['hospital-b']);
  assert.equal((await stranger.call('POST', '/flow-data/state/find', entry)).status, 404);
  assert.equal((await stranger.call('POST', '/flow-data/state/remove', entry)).status, 404);
  const found = await operator.call('POST', '/flow-data/state/find', entry);
  assert.deepEqual(found.body, { found: true, value: { report: 7 }, expiresAt });
  assert.deepEqual((await operator.call('POST', '/flow-data/state/find', { ...entry, key: 'nobody' })).body, { found: false });
  const unexplained = await operator.call('POST', '/flow-data/state/remove', entry);
  assert.equal((unexplained.body as { code: string }).code, 'REASON_MISSING');
  const remove = async () =>
    (await operator.call('POST', '/flow-data/state/remove', entry, { 'x-kq-reason': 'to send again' })).body as unknown;
  assert.deepEqual(await remove(), { removed: true });
  assert.deepEqual(await remove(), { removed: false });
  assert.equal(await state.get('sent', PATIENT), undefined);
  const auditor = await running.person('auditor', ['audit-admin']);
  const lines = JSON.stringify((await auditor.call('GET', '/audit?actor=op')).body);
  assert.ok(lines.includes('flow-data.remove-state') && lines.includes('to send again'), lines.slice(0, 2000));
  assert.ok(!lines.includes(PATIENT));
});
