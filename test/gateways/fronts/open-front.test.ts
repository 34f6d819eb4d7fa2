import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildInterface, buildPlan, createTestKey, SCHEMES, signRequest, type TestKey } from '../support/city-plan.ts';
import { callGateway, callSigned, startGateway, testCertificate, type TestGateway } from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';

let started: TestGateway;
let plan: GatewayPlan;
const keys = new Map<string, TestKey>();

before(async () => {
  for (const scheme of SCHEMES) keys.set(scheme, await createTestKey(scheme, `app-${scheme}`));
  plan = await buildPlan(
    [...keys.values()],
    [
      buildInterface(),
      buildInterface({ interfaceId: 'ifc_one', method: 'GET', path: '/open/v1/appointments/:id' }),
      buildInterface({ interfaceId: 'ifc_unusable', path: '/open/v1/unusable', requestSchema: { type: 'objekt' } }),
    ],
  );
  started = await startGateway(plan, { settings: { tls: await testCertificate() } });
});
after(() => started.stop());

for (const scheme of SCHEMES) {
  test(`accepts a request signed with ${scheme} over TLS and signs the answer for it alone`, async () => {
    const key = keys.get(scheme)!;
    const signed = await signRequest(key, { query: 'day=2026-01-01&q=a+b' });
    const answer = await callSigned(started.gateway, signed);
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(JSON.parse(answer.body.toString()), { body: { hospital: 'A' }, query: { day: '2026-01-01', q: 'a+b' }, params: {} });
    assert.equal(await signsAnswer(answer, signed, key, plan), true);
    const other = await signRequest(key);
    assert.equal(await signsAnswer(answer, other, key, plan), false, 'an answer fits its own request only');
  });
}

test('gives path parameters to the flow, decoded', async () => {
  const answer = await callSigned(
    started.gateway,
    await signRequest(keys.get('HMAC-SM3')!, { method: 'GET', path: '/open/v1/appointments/%E5%BC%A0', body: '' }),
  );
  assert.equal(answer.status, 200, answer.body.toString());
  assert.deepEqual(JSON.parse(answer.body.toString()), { body: null, query: {}, params: { id: '张' } });
});

test('a schema that no check has seen and that cannot be used refuses every call of its interface, and none of others', async () => {
  const key = keys.get('HMAC-SM3')!;
  const before = started.calls.length;
  const signed = await signRequest(key, { path: '/open/v1/unusable' });
  const refused = await callSigned(started.gateway, signed);
  assert.equal(refused.code, 'GW50001');
  assert.equal(await signsAnswer(refused, signed, key, plan), true, 'a caller who proved who he is gets every answer signed');
  assert.equal(started.calls.length, before);
  assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
});

test('refuses a replay with GW40104 and signs that refusal', async () => {
  const key = keys.get('SM2-SM3')!;
  const signed = await signRequest(key);
  assert.equal((await callSigned(started.gateway, signed)).status, 200);
  const replayed = await callSigned(started.gateway, signed);
  assert.equal(replayed.code, 'GW40104');
  assert.equal(await signsAnswer(replayed, signed, key, plan), true);
});

test('tells a request without authentication, to an unknown path, or by a wrong method apart', async () => {
  assert.equal((await callGateway(started.gateway, { method: 'POST', target: '/open/v1/appointments' })).code, 'GW40101');
  assert.equal((await callGateway(started.gateway, { target: '/open/v1/nothing' })).code, 'GW40401');
  assert.equal((await callGateway(started.gateway, { target: '/open/v1/../x' })).code, 'GW40001');
  const wrong = await callGateway(started.gateway, { target: '/open/v1/appointments' });
  assert.equal(wrong.code, 'GW40501');
  assert.equal(wrong.headers['allow'], 'POST');
});
