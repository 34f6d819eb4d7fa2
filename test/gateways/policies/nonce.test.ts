import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/errors.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, memoryState, startGateway } from '../support/start-gateway.ts';

test('of 1,000 parallel replays exactly one passes', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]));
  t.after(() => started.stop());
  const signed = await signRequest(key);
  const answers: string[] = [];
  for (let round = 0; round < 5; round++) {
    answers.push(
      ...(await Promise.all(Array.from({ length: 200 }, async () => (await callSigned(started.gateway, signed)).code ?? 'passed'))),
    );
  }
  assert.equal(answers.filter((code) => code === 'passed').length, 1);
  assert.equal(answers.filter((code) => code === 'GW40104').length, 999);
  assert.equal(started.calls.length, 1);
});

test('keeps a nonce of one key from another one', async (t) => {
  const [first, second] = [await createTestKey('HMAC-SM3', 'app'), await createTestKey('HMAC-SHA256', 'app', { keyId: 'k2' })];
  const started = await startGateway(await buildPlan([first, second], [buildInterface()]));
  t.after(() => started.stop());
  const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';
  assert.equal((await callSigned(started.gateway, await signRequest(first, { nonce }))).status, 200);
  assert.equal((await callSigned(started.gateway, await signRequest(second, { nonce }))).status, 200);
});

test('goes on while shared state is down where an interface of public data says so, and nowhere else', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const shared = { ...memoryState(), claimOnce: () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'down')) };
  const policies = { nonce: { whenStoreDown: 'allow' } };
  for (const [dataClass, status] of [
    ['public', 200],
    ['sensitive', 503],
  ] as const) {
    const started = await startGateway(await buildPlan([key], [buildInterface({ dataClass, policies })]), { shared });
    t.after(() => started.stop());
    assert.equal((await callSigned(started.gateway, await signRequest(key))).status, status);
  }
});

test('answers GW50303, signed, while shared state is down', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const shared = { ...memoryState(), claimOnce: () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'down')) };
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { shared });
  t.after(() => started.stop());
  const answer = await callSigned(started.gateway, await signRequest(key));
  assert.equal(answer.code, 'GW50303');
  assert.equal(answer.headers['retry-after'], '1');
  assert.ok(answer.headers['x-kq-signature']);
});

test('nonces are the share of their app, so that one app cannot take the room of the others', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const shares: (string | undefined)[] = [];
  const claimOnce = (_key: string, _ttlMs: number, share?: string) => Promise.resolve(shares.push(share) > 0);
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { shared: { ...memoryState(), claimOnce } });
  t.after(() => started.stop());
  assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
  assert.deepEqual(shares, ['app']);
});
