/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import { signText } from '../../sdk/node/node-crypto.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { apiInterface, flow, PERSON_PASSWORD, startControl, type Client, type Running } from './start-control.ts';

const crypto = createSoftwareCrypto();

test('activates a key only for who signs its challenge, and at most two of them', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const { uploaded, privatePem } = await upload(security, 'k1');
  assert.equal(uploaded.body.key.state, 'PENDING');
  assert.equal((await latestPlan(running)).keys.length, 0, 'a pending key is on no gateway');

  const foreign = await newPair();
  const forged = await security.call('POST', '/apps/suishenban/keys/k1/activate', {
    signature: signText(uploaded.body.challenge, 'SM2-SM3', foreign.privatePem),
  });
  assert.equal(forged.body.code, 'KEY_PROOF_WRONG');
  const proven = await prove(security, 'k1', uploaded.body.challenge, privatePem);
  assert.equal(proven.body.state, 'ACTIVE');
  assert.deepEqual(
    (await latestPlan(running)).keys.map((key) => key.keyId),
    ['k1'],
  );

  const racing = await Promise.all(['k2', 'k3', 'k4'].map((keyId) => upload(security, keyId)));
  const answers = await Promise.all(
    racing.map(({ uploaded: { body }, privatePem: pem }) => prove(security, body.key.keyId, body.challenge, pem)),
  );
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409]);

  assert.equal((await security.call('POST', '/apps/suishenban/keys/k1/retire')).body.state, 'RETIRING');
  const waiting = racing.find((_, index) => answers[index]?.status === 409);
  assert.equal(
    (await prove(security, waiting?.uploaded.body.key.keyId, waiting?.uploaded.body.challenge, waiting?.privatePem ?? '')).status,
    200,
  );
  assert.equal((await latestPlan(running)).keys.find((key) => key.keyId === 'k1')?.state, 'RETIRING', 'still verifies');
  await security.call('POST', '/apps/suishenban/keys/k1/revoke');
  assert.equal(
    (await latestPlan(running)).keys.some((key) => key.keyId === 'k1'),
    false,
  );
});

test('a retired key ends seven days later, or at its own earlier end', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const day = 86_400_000;
  const soon = running.clock.now() + day;
  for (const [keyId, more] of [
    ['long', {}],
    ['short', { expiresAt: soon }],
  ] as const) {
    await security.call('POST', '/apps/suishenban/keys/secrets', { keyId, scheme: 'HMAC-SM3', ...more });
    await security.call('POST', `/apps/suishenban/keys/${keyId}/retire`);
  }
  const ends = (await latestPlan(running)).keys.map(({ keyId, state, expiresAt }) => [keyId, state, expiresAt]);
  assert.deepEqual(ends, [
    ['long', 'RETIRING', running.clock.now() + 7 * day],
    ['short', 'RETIRING', soon],
  ]);
});

test('an app rotates its keys for ever: those revoked or expired do not count', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const make = (keyId: string) => security.call('POST', '/apps/suishenban/keys/secrets', { keyId, scheme: 'HMAC-SM3' });
  for (let turn = 0; turn < 25; turn++) {
    assert.equal((await make(`revoked-${turn}`)).status, 200, `${turn}`);
    await security.call('POST', `/apps/suishenban/keys/revoked-${turn}/revoke`);
  }
  for (let turn = 0; turn < 20; turn++) {
    assert.equal((await make(`retired-${turn}`)).status, 200, `${turn}`);
    await security.call('POST', `/apps/suishenban/keys/retired-${turn}/retire`);
  }
  const refused = await make('one-more');
  assert.deepEqual([refused.body.code, refused.body.values.limit], ['KEY_LIMIT', 20]);
  await security.call('POST', '/apps/suishenban/keys/retired-3/revoke');
  assert.equal((await make('one-more')).status, 200, 'as the advice says');
  await security.call('POST', '/apps/suishenban/keys/one-more/revoke');
  await running.clock.advance(7 * 86_400_000 + 1);
  await security.login('security', PERSON_PASSWORD);
  assert.equal((await make('a-week-later')).status, 200);
});

test('a key whose proof failed is uploaded again under its id, and only the new challenge proves it', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const first = await upload(security, 'k1');
  assert.equal((await prove(security, 'k1', first.uploaded.body.challenge, (await newPair()).privatePem)).body.code, 'KEY_PROOF_WRONG');
  const second = await upload(security, 'k1');
  assert.equal(second.uploaded.status, 200);
  assert.equal((await prove(security, 'k1', first.uploaded.body.challenge, first.privatePem)).body.code, 'KEY_PROOF_WRONG');
  assert.equal((await prove(security, 'k1', second.uploaded.body.challenge, second.privatePem)).body.state, 'ACTIVE');
  assert.equal((await upload(security, 'k1')).uploaded.body.code, 'KEY_EXISTS', 'an active one stays');
});

test('a public key signs under one key id of one app, until it is revoked', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const other = (await security.call('GET', '/apps/suishenban')).body;
  assert.equal((await security.call('PUT', '/apps/other', { ...other, appId: 'other', revision: 0 })).status, 200);
  const { publicPem } = await newPair();
  const send = (appId: string, keyId: string, more: object = {}) =>
    security.call('POST', `/apps/${appId}/keys`, { keyId, scheme: 'SM2-SM3', publicPem, ...more });
  const answers = await Promise.all([send('suishenban', 'k1'), send('other', 'k1')]);
  assert.ok(answers.filter(({ status }) => status === 200).length <= 1, 'two at once');
  if (answers.every(({ status }) => status !== 200)) assert.equal((await send('suishenban', 'k1')).status, 200);
  const [holder, without] = answers[1].status === 200 ? ['other', 'suishenban'] : ['suishenban', 'other'];
  for (const [appId, keyId, scheme] of [
    [holder, 'k2', 'SM2-SM3'],
    [without, 'k1', 'SM2-SM3'],
    [without, 'k3', 'sorted-sm2'],
  ] as const) {
    const { body } = await send(appId!, keyId, { scheme });
    assert.deepEqual([body.code, body.values], ['KEY_EXISTS', { problem: 'public-key' }], `${appId} ${keyId}`);
    assert.match(body.fix, /new key pair/);
  }
  assert.equal((await send(holder!, 'k1')).status, 200, 'a new challenge for the same key');
  assert.equal((await send(without!, 'e1', { purpose: 'encrypt' })).status, 200, 'it signs nothing');
  assert.equal((await security.call('POST', `/apps/${holder}/keys/k1/revoke`)).status, 200);
  assert.equal((await send(without!, 'k1')).status, 200);
});

test('refuses a challenge older than fifteen minutes', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const { uploaded, privatePem } = await upload(security, 'k1');
  await running.clock.advance(15 * 60_000 + 1);
  assert.equal((await prove(security, 'k1', uploaded.body.challenge, privatePem)).body.code, 'KEY_PROOF_WRONG');
});

test('refuses weak and foreign keys', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
  const answer = await security.call('POST', '/apps/suishenban/keys', { keyId: 'weak', scheme: 'RSA-SHA256', publicPem: weak });
  assert.equal(answer.status, 422);
  assert.equal(answer.body.code, 'KEY_INVALID');
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
  assert.equal(
    (await security.call('POST', '/apps/suishenban/keys', { keyId: 'ec', scheme: 'SM2-SM3', publicPem: p256 })).body.code,
    'KEY_INVALID',
  );
});

test('shows an HMAC secret once, stores it sealed, and hands it to gateways alone', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const { secret } = (await security.call('POST', '/apps/suishenban/keys/secrets', { keyId: 'h1', scheme: 'HMAC-SM3' })).body;
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.ok(!JSON.stringify((await security.call('GET', '/apps/suishenban/keys')).body).includes(secret));
  assert.equal((await latestPlan(running)).keys[0]?.secret, secret);
  const stored = await running.documents.open({
    name: 'app_keys',
    schema: {},
    indexes: [
      { name: 'seat', fields: ['seat'], unique: true },
      { name: 'by_app', fields: ['document.appId'] },
    ],
  });
  assert.ok(!JSON.stringify(await stored.find({}, { limit: 10 })).includes(secret));
  const auditor = await running.person('auditor', ['audit-admin']);
  assert.ok(!JSON.stringify((await auditor.call('GET', '/audit?limit=500')).body).includes(secret));
});

test('names the other interface and its flow when a route is taken, also in a race', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_booking', flow('flw_booking'));
  const save = (id: string, path: string) => running.admin.call('PUT', `/interfaces/${id}`, apiInterface(id, path));
  const answers = await Promise.all([save('ifc_a', '/open/v1/appointments/:id'), save('ifc_b', '/open/v1/appointments/:number')]);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409]);
  const refused = answers.find((answer) => answer.status === 409);
  const winner = answers.find((answer) => answer.status === 200);
  assert.equal(refused?.body.code, 'INTERFACE_ROUTE_CLASH');
  assert.match(refused?.body.message, new RegExp(`${winner?.body.interfaceId}.*flw_booking`));
});

test('publishes one numbered plan for a burst of changes, and leaves out what the gateways would refuse', async (t) => {
  const wrong = { path: '/policies/x', code: 'POLICY_OPTIONS', message: 'wrong', severity: 'error' as const };
  let isRefused = true;
  const running = await startControl({
    checkInterface: ({ path }) => (path === '/open/v1/d' ? [wrong] : []),
    checkSavedInterface: ({ path }) => Promise.resolve(path === '/open/v1/d' && isRefused ? [wrong] : []),
  });
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_booking', flow('flw_booking'));
  const before = running.plans.length;
  for (const id of ['ifc_a', 'ifc_b', 'ifc_c']) await running.admin.call('PUT', `/interfaces/${id}`, apiInterface(id, `/open/v1/${id}`));
  await running.clock.advance(50);
  await running.control.flushPlan();
  const numbers = running.plans.map((plan) => plan.number);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  assert.ok(running.plans.length - before <= 2, 'one for many');
  assert.equal(running.plans.at(-1)?.interfaces.length, 3);
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_d', apiInterface('ifc_d', '/open/v1/d'))).body.code, 'INTERFACE_INVALID');
  // One that was saved before a check existed.
  isRefused = false;
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_d', apiInterface('ifc_d', '/open/v1/d'))).status, 200);
  await running.control.flushPlan();
  assert.deepEqual(
    running.plans.at(-1)?.interfaces.map(({ interfaceId }) => interfaceId),
    ['ifc_a', 'ifc_b', 'ifc_c'],
  );
});

test('an app takes everything that calls in its name along, so that the next one of its id starts with nothing', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_booking', flow('flw_booking'));
  await running.admin.call('PUT', '/interfaces/ifc_a', apiInterface('ifc_a', '/open/v1/a'));
  const grant = { grantId: 'grt_a', revision: 0, appId: 'suishenban', interfaceId: 'ifc_a' };
  assert.equal((await security.call('PUT', '/grants/grt_a', grant)).status, 200);
  assert.equal((await security.call('PUT', '/grants/grt_b', { ...grant, grantId: 'grt_b' })).body.code, 'GRANT_EXISTS');
  await security.call('POST', '/apps/suishenban/keys/secrets', { keyId: 'h1', scheme: 'HMAC-SM3' });
  const certificateFingerprint = 'ab'.repeat(32);
  assert.equal((await security.call('POST', '/bus-consumers/tokens', { appId: 'suishenban' })).status, 200);
  assert.equal((await security.call('POST', '/bus-consumers/certificates', { appId: 'suishenban', certificateFingerprint })).status, 200);
  assert.equal((await latestPlan(running)).busConsumers.length, 2);
  const { body: app } = await security.call('GET', '/apps/suishenban');
  await security.call('DELETE', '/apps/suishenban');
  assert.equal((await security.call('PUT', '/apps/suishenban', { ...app, revision: 0, caller: 'another organisation' })).status, 200);
  const plan = await latestPlan(running);
  assert.deepEqual([plan.apps.length, plan.keys, plan.grants, plan.busConsumers], [1, [], [], []]);
});

test('gives no way onto the bus to an app that does not exist', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  assert.equal((await security.call('POST', '/bus-consumers/tokens', { appId: 'ghost' })).body.code, 'NOT_FOUND');
  const certificate = { appId: 'ghost', certificateFingerprint: 'ab'.repeat(32) };
  assert.equal((await security.call('POST', '/bus-consumers/certificates', certificate)).body.code, 'NOT_FOUND');
  assert.deepEqual((await latestPlan(running)).busConsumers, []);
});

test('a bus token and a certificate say who holds them and when they end', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  const now = running.clock.now();
  const [first, second] = [now + 20 * 86_400_000, now + 40 * 86_400_000];
  const made = { appId: 'suishenban', label: '门诊挂号系统', expiresAt: first };
  assert.equal((await security.call('POST', '/bus-consumers/tokens', made)).status, 200);
  const certificate = { appId: 'suishenban', certificateFingerprint: 'ab'.repeat(32), label: '区平台', expiresAt: second };
  assert.equal((await security.call('POST', '/bus-consumers/certificates', certificate)).status, 200);
  const { items } = (await security.call('GET', '/bus-consumers')).body as { items: { id: string; value: Record<string, unknown> }[] };
  const shown = items.map(({ value }) => [value['label'], value['expiresAt'], value['createdAt']]);
  assert.deepEqual(
    shown.sort(),
    [
      ['区平台', second, now],
      ['门诊挂号系统', first, now],
    ].sort(),
  );
  assert.deepEqual((await latestPlan(running)).busConsumers.map(({ expiresAt }) => expiresAt).sort(), [first, second]);
  const apps = (await security.call('GET', '/apps')).body as { items: { expiresAt?: number }[] };
  assert.equal(apps.items[0]?.expiresAt, first);
  const { attention } = (await running.admin.call('GET', '/overview')).body as { attention: { expiring: { what: string; id: string }[] } };
  const soon = attention.expiring.filter(({ what }) => what === 'bus-consumer').map(({ id }) => id);
  assert.match(soon.join(), /^门诊挂号系统 · bus_[0-9a-f]{8}$/);
});

test('an app does not inherit what was left under its id by one that ended half-deleted', async (t) => {
  const { running, security } = await withApp();
  t.after(running.stop);
  await security.call('POST', '/bus-consumers/tokens', { appId: 'suishenban' });
  const { body: app } = await security.call('GET', '/apps/suishenban');
  const apps = await running.documents.open({ name: 'apps', schema: {}, indexes: [] });
  await apps.remove('suishenban');
  assert.equal((await latestPlan(running)).busConsumers.length, 1);
  await security.call('PUT', '/apps/suishenban', { ...app, revision: 0 });
  assert.deepEqual((await latestPlan(running)).busConsumers, []);
});

test('keeps the platform key over a restart, its private half sealed', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { platformKey } = await latestPlan(running);
  crypto.importKey({ format: 'pem', pem: platformKey.privatePem! }, 'SM2-SM3', 'private');
  const shown = JSON.stringify((await running.admin.call('GET', '/system')).body);
  assert.ok(shown.includes('BEGIN PUBLIC KEY') && !shown.includes('PRIVATE'));
});

async function withApp(): Promise<{ running: Running; security: Client }> {
  const running = await startControl();
  const security = await running.person('security', ['security-admin']);
  const app = {
    appId: 'suishenban',
    revision: 0,
    name: { 'zh-CN': '随申办', en: 'Suishenban' },
    caller: 'city',
    state: 'active',
    windowSec: 300,
    domain: 'sh-city',
  };
  assert.equal((await security.call('PUT', '/apps/suishenban', app)).status, 200);
  return { running, security };
}

async function newPair(): Promise<{ privatePem: string; publicPem: string }> {
  const pair = await crypto.generateKey('SM2-SM3');
  assert.ok('privatePem' in pair);
  return pair;
}

async function upload(security: Client, keyId: string) {
  const { privatePem, publicPem } = await newPair();
  return { privatePem, uploaded: await security.call('POST', '/apps/suishenban/keys', { keyId, scheme: 'SM2-SM3', publicPem }) };
}

function prove(security: Client, keyId: string, challenge: string, privatePem: string) {
  return security.call('POST', `/apps/suishenban/keys/${keyId}/activate`, { signature: signText(challenge, 'SM2-SM3', privatePem) });
}

async function latestPlan(running: Running): Promise<GatewayPlan> {
  await running.control.flushPlan();
  const plan = running.plans.at(-1);
  assert.ok(plan);
  return plan;
}
