// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareRedis, startRedis } from '../../../servers/redis.ts';
import { startFaultProxy } from '../../../servers/fault-proxy.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { openRedis } from '../../../storage/redis/open-redis.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { buildInterface, buildPlan, createTestKey, signRequest, type SignedRequest } from '../../support/city-plan.ts';
import { callSigned, memoryState, startGateway, type TestAnswer } from '../../support/start-gateway.ts';

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

test(
  'with Redis gone or emptied no request passes twice, and new ones pass again by themselves',
  { skip: prepareRedis() ?? false },
  async (t) => {
    const redis = await startRedis();
    const line = await startFaultProxy({ targetPort: redis.port });
    const { sharedState, beginClaims, close } = await openRedis(line);
    await beginClaims!(true);
    const key = await createTestKey('HMAC-SM3', 'app');
    const { gateway, calls, stop } = await startGateway(await buildPlan([key], [buildInterface()]), { shared: sharedState });
    t.after(async () => {
      await stop();
      await close();
      await line.stop();
      await redis.stop();
    });
    const send = (signed: SignedRequest) => callSigned(gateway, signed);
    const told = ({ status, code, headers }: TestAnswer) => [status, code, headers['retry-after']];
    const used = await signRequest(key);
    assert.equal((await send(used)).status, 200, 'of a new installation at once');

    line.refuse();
    const early = await signRequest(key);
    for (const signed of [used, early, await signRequest(key)]) assert.deepEqual(told(await send(signed)), [503, 'GW50303', '1']);
    assert.equal(calls.length, 1);
    line.heal();
    await eventually(async () => (await send(await signRequest(key))).status === 200);
    assert.equal((await send(used)).code, 'GW40104');
    assert.deepEqual(
      [(await send(early)).status, (await send(early)).code],
      [200, 'GW40104'],
      'what was refused for want of Redis may be repeated once',
    );

    await redis.command('FLUSHALL');
    for (const signed of [used, early, await signRequest(key)]) assert.deepEqual(told(await send(signed)), [401, 'GW40102', '60']);
    const inAMinute = await signRequest(key, { ts: Date.now() + 61_000 });
    assert.deepEqual([(await send(inAMinute)).status, (await send(inAMinute)).code], [200, 'GW40104']);
  },
);
