/* eslint-disable @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInterface } from '../gateways/support/city-plan.ts';
import { startControl } from './start-control.ts';

const target = { kind: 'upstream' as const, instances: ['http://beds.internal'] };
const document = buildInterface({ front: 'bus', path: '/bus/v1/beds', method: 'GET', revision: 0, target });
const { interfaceId } = document;

async function start(policies: object) {
  const running = await startControl();
  assert.equal((await running.admin.call('PUT', `/interfaces/${interfaceId}`, { ...document, policies })).status, 200);
  const operator = await running.person('oli', ['operator']);
  return {
    ...running,
    set: (input: object, by = operator) => by.call('PUT', `/interfaces/${interfaceId}/breaker`, { reason: 'repairs', ...input }),
    manual: async () => (await operator.call('GET', `/interfaces/${interfaceId}/load`)).body.manual,
    async ordered() {
      await running.control.flushPlan();
      return running.plans.at(-1)!.manualStates;
    },
  };
}

test('a pause names who set it, why and since when, needs no breaker, and leaves the document of an analyst alone', async (t) => {
  const running = await start({});
  t.after(running.stop);
  const { clock, admin, set, manual, ordered } = running;
  const opened = await admin.call('GET', `/interfaces/${interfaceId}`);
  const since = clock.now();
  assert.equal((await set({ state: 'open', minutes: 10, reason: undefined })).body.code, 'INPUT_INVALID', 'a reason is needed');
  assert.equal((await set({ state: 'open', minutes: 10 })).status, 200);
  const paused = { interfaceId, revision: 1, state: 'open', since, until: since + 600_000, by: 'oli', reason: 'repairs' };
  assert.deepEqual(await manual(), paused);
  assert.deepEqual(await ordered(), [{ interfaceId, state: 'open', until: since + 600_000 }], 'gateways learn nothing about persons');
  assert.equal((await admin.call('PUT', `/interfaces/${interfaceId}`, { ...opened.body, idempotent: true })).status, 200, 'no conflict');
  await clock.advance(60_000);
  const rita = await running.person('rita', ['operator']);
  assert.equal((await set({ state: 'automatic', reason: 'repaired' }, rita)).status, 200);
  assert.deepEqual(await manual(), { ...paused, revision: 2, ended: { at: since + 60_000, by: 'rita', reason: 'repaired' } });
  assert.deepEqual(await ordered(), []);
  assert.equal((await set({ state: 'automatic' })).body.manual.ended.by, 'rita', 'what has ended stays as it ended');
});

test('a pause ends with its time and with its interface, and calls that always pass need a breaker', async (t) => {
  const running = await start({});
  t.after(running.stop);
  const { clock, admin, set, manual, ordered } = running;
  assert.equal((await set({ state: 'open', minutes: 0 })).body.code, 'INPUT_INVALID');
  assert.equal((await set({ state: 'open' }, await running.person('vera', ['viewer']))).body.code, 'PERMISSION_DENIED');
  assert.equal((await set({ state: 'closed' })).body.code, 'BREAKER_NOT_USED');
  assert.equal(
    (await admin.call('PUT', `/interfaces/${interfaceId}`, { ...document, revision: 1, policies: { breaker: {} } })).status,
    200,
  );
  assert.equal((await set({ state: 'closed', minutes: 5 })).status, 200);
  assert.equal((await ordered())![0]!.state, 'closed');
  await clock.advance(300_000);
  assert.deepEqual([await ordered(), (await manual()).ended], [[], undefined], 'it has expired, and nobody ended it');
  assert.equal((await admin.call('DELETE', `/interfaces/${interfaceId}`)).status, 200);
  assert.equal((await admin.call('PUT', `/interfaces/${interfaceId}`, document)).status, 200);
  assert.equal(await manual(), undefined);
});
