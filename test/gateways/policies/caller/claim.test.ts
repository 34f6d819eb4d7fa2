import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildInterface, buildPlan, createTestKey, signRequest, type TestKey } from '../../support/city-plan.ts';
import { callSigned, startGateway, type TestGateway } from '../../support/start-gateway.ts';

let started: TestGateway;
let key: TestKey;

before(async () => {
  key = await createTestKey('HMAC-SM3', 'app');
  started = await startGateway(await buildPlan([key], [buildInterface()]));
});
after(() => started.stop());

test('answers the same for an unknown app, an unknown key and another scheme', async () => {
  const other = await createTestKey('HMAC-SHA256', 'app');
  for (const wrong of [{ ...key, appId: 'nobody' }, { ...key, keyId: 'k9' }, other]) {
    const answer = await callSigned(started.gateway, await signRequest(wrong));
    assert.equal(answer.code, 'GW40101');
    assert.equal(answer.status, 401);
  }
});

test('refuses a time outside the window of the app with GW40102', async () => {
  for (const offset of [-301_000, 301_000]) {
    assert.equal((await callSigned(started.gateway, await signRequest(key, { ts: Date.now() + offset }))).code, 'GW40102');
  }
  assert.equal((await callSigned(started.gateway, await signRequest(key, { ts: Date.now() - 290_000 }))).status, 200);
});

test('refuses what is no KQ1 header', async () => {
  const signed = await signRequest(key);
  for (const authorization of [
    'Basic YTpi',
    'KQ1-NONE appid="app"',
    `${signed.authorization},x="1"`,
    signed.authorization.replace('nonce', 'NONCE'),
  ]) {
    assert.equal((await callSigned(started.gateway, { ...signed, authorization })).code, 'GW40101');
  }
});
