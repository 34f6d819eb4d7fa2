import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../../support/city-plan.ts';
import { callSigned, startGateway } from '../../support/start-gateway.ts';

/** Time stands still, so that no bucket fills again. */
const still = () => fakeClock(Date.now());
const LIMITS = { maxRequestsPerApp: 20 };

test('an app that sends too much gets a signed 429 with Retry-After, and other apps notice nothing', async (t) => {
  const [busy, other] = [await createTestKey('HMAC-SM3', 'busy'), await createTestKey('HMAC-SM3', 'other')];
  const started = await startGateway(await buildPlan([busy, other], [buildInterface()]), { settings: { limits: LIMITS }, clock: still() });
  t.after(() => started.stop());
  const answers = await Promise.all(Array.from({ length: 60 }, async () => callSigned(started.gateway, await signRequest(busy))));
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 40);
  assert.deepEqual([refused[0]!.code, refused[0]!.headers['retry-after']], ['GW42901', '1']);
  assert.ok(refused[0]!.headers['x-kq-signature'], 'signed, as everything after the proof');
  assert.equal(started.calls.length, 60 - refused.length, 'what is refused reaches no flow');
  assert.equal((await callSigned(started.gateway, await signRequest(other))).status, 200);
});

test('who only claims to be an app uses up none of its tokens', async (t) => {
  const [key, forged] = [await createTestKey('HMAC-SM3', 'app'), await createTestKey('HMAC-SM3', 'app')];
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { settings: { limits: LIMITS }, clock: still() });
  t.after(() => started.stop());
  const answers = await Promise.all(Array.from({ length: 100 }, async () => callSigned(started.gateway, await signRequest(forged))));
  assert.deepEqual([...new Set(answers.map(({ code }) => code))], ['GW40103']);
  for (let call = 0; call < 10; call++) assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
});

test('an interface may bound each app lower, for itself alone', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const policies = { 'app-limit': { perSecond: 5 } };
  const other = buildInterface({ interfaceId: 'ifc_other', path: '/open/v1/other' });
  const started = await startGateway(await buildPlan([key], [buildInterface({ policies }), other]), { clock: still() });
  t.after(() => started.stop());
  const answers = await Promise.all(Array.from({ length: 20 }, async () => callSigned(started.gateway, await signRequest(key))));
  assert.equal(answers.filter(({ status }) => status === 429).length, 15);
  assert.equal((await callSigned(started.gateway, await signRequest(key, { path: '/open/v1/other' }))).status, 200);
});

test('a new plan forgives nobody', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const plan = await buildPlan([key], [buildInterface()]);
  const started = await startGateway(plan, { settings: { limits: { maxRequestsPerApp: 1 } }, clock: still() });
  t.after(() => started.stop());
  await callSigned(started.gateway, await signRequest(key));
  let refused = 0;
  for (let number = 2; number < 12; number++) {
    started.feed.publish({ ...plan, number });
    if ((await callSigned(started.gateway, await signRequest(key))).status === 429) refused++;
  }
  assert.equal(refused, 10);
});
