import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildInterface, buildPlan, createTestKey, crypto } from '../../support/city-plan.ts';
import { callGateway, makeCertificate, startGateway, testCertificate, type TestGateway } from '../../support/start-gateway.ts';

let started: TestGateway;
let client: { key: string; cert: string };
const token = 'a-long-random-token';
const ended = 'a-token-that-has-ended';
const ending = 'a-token-that-ends-in-2099';
const digestOf = (text: string) => Buffer.from(crypto.digest('sm3', text)).toString('hex');

before(async () => {
  client = await makeCertificate();
  const key = await createTestKey('HMAC-SM3', 'his');
  const plan = await buildPlan([key], [buildInterface({ front: 'bus', method: 'GET', path: '/bus/v1/patients' })], {
    busConsumers: [
      { appId: 'his', tokenDigest: digestOf(token) },
      { appId: 'his', tokenDigest: digestOf(ended), expiresAt: Date.now() - 1 },
      { appId: 'his', tokenDigest: digestOf(ending), expiresAt: 4_070_908_800_000 },
      { appId: 'his', certificateFingerprint: new X509Certificate(client.cert).fingerprint256.replaceAll(':', '').toLowerCase() },
    ],
  });
  started = await startGateway(plan, { front: 'bus', settings: { tls: await testCertificate() } });
});
after(() => started.stop());

const target = '/bus/v1/patients';

test('knows a consumer by its token', async () => {
  assert.equal((await callGateway(started.gateway, { target, headers: { authorization: `Bearer ${token}` } })).status, 200);
  assert.equal(started.calls.at(-1)!.caller.appId, 'his');
  assert.equal((await callGateway(started.gateway, { target, headers: { authorization: `bearer ${token}` } })).status, 200, 'in any case');
});

test('knows a consumer by its client certificate', async () => {
  assert.equal((await callGateway(started.gateway, { target, tls: client })).status, 200);
});

test('refuses a wrong token, even beside a known certificate, a strange certificate, and none', async () => {
  for (const authorization of ['Bearer wrong', `Basic ${token}`, 'Bearer ']) {
    assert.equal((await callGateway(started.gateway, { target, headers: { authorization }, tls: client })).code, 'GW40101');
  }
  assert.equal((await callGateway(started.gateway, { target, tls: await makeCertificate() })).code, 'GW40101');
  assert.equal((await callGateway(started.gateway, { target })).code, 'GW40101');
});

test('a token counts until its end', async () => {
  const call = (bearer: string) => callGateway(started.gateway, { target, headers: { authorization: `Bearer ${bearer}` } });
  assert.equal((await call(ending)).status, 200);
  assert.equal((await call(ended)).code, 'GW40101');
});

test('adopts the trace of a known consumer only', async () => {
  const trace = 'trace-from-his-0001';
  const known = await callGateway(started.gateway, { target, headers: { authorization: `Bearer ${token}`, 'x-kq-trace': trace } });
  assert.equal(known.headers['x-kq-trace'], trace);
  const stranger = await callGateway(started.gateway, { target, headers: { 'x-kq-trace': trace } });
  assert.match(stranger.headers['x-kq-trace']!, /^[0-9a-f]{32}$/);
});
