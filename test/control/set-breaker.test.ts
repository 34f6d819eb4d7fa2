import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInterface } from '../gateways/support/city-plan.ts';
import { startControl } from './start-control.ts';

test('who may publish pauses the calls of an interface for a time and ends that, without changing anything else', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const target = { kind: 'upstream' as const, instances: ['http://beds.internal'] };
  const document = buildInterface({ front: 'bus', path: '/bus/v1/beds', method: 'GET', revision: 0, target });
  const { interfaceId } = document;
  const policies = { breaker: { failurePercent: 40 }, xss: {} };
  assert.equal((await running.admin.call('PUT', `/interfaces/${interfaceId}`, { ...document, policies })).status, 200);
  const operator = await running.person('oli', ['operator']);
  const set = (input: object, by = operator) => by.call('PUT', `/interfaces/${interfaceId}/breaker`, input);
  const stored = async () => {
    const read = await operator.call('GET', `/interfaces/${interfaceId}`);
    return (
      read.body as { readonly policies: { readonly breaker: { readonly manual?: { readonly state: string; readonly until: number } } } }
    ).policies;
  };
  assert.equal((await set({ state: 'open', minutes: 10 })).status, 200);
  const { manual, ...rest } = (await stored()).breaker;
  assert.deepEqual([rest, manual?.state], [{ failurePercent: 40 }, 'open']);
  assert.equal(manual!.until, running.clock.now() + 600_000);
  assert.equal((await set({ state: 'automatic' })).status, 200);
  assert.deepEqual(await stored(), policies);
  assert.equal((await set({ state: 'open', minutes: 0 })).body.code, 'INPUT_INVALID');
  assert.equal((await set({ state: 'open' }, await running.person('vera', ['viewer']))).body.code, 'PERMISSION_DENIED');
  assert.equal((await running.admin.call('PUT', `/interfaces/${interfaceId}`, { ...document, revision: 3, policies: {} })).status, 200);
  assert.equal((await set({ state: 'open' })).body.code, 'BREAKER_NOT_USED');
});
