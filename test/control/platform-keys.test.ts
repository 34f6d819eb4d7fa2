/** The platform's own keys, through the admin API and in the plan: new, active, retiring, revoked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startControl, type Running } from './start-control.ts';

const crypto = createSoftwareCrypto();

interface Key {
  readonly keyId: string;
  readonly use: string;
  readonly state: string;
  readonly expiresAt?: number;
}

async function open() {
  const running = await startControl();
  const security = await running.person('security', ['security-admin']);
  const list = async () => ((await security.call('GET', '/platform-keys')).body as { items: Key[] }).items;
  const states = async () => (await list()).map(({ keyId, use, state }) => `${keyId} ${use} ${state}`);
  return { running, security, list, states };
}

async function latestPlan(running: Running): Promise<GatewayPlan> {
  await running.control.flushPlan();
  return running.plans.at(-1)!;
}

test('the first start makes a key that signs and one that decrypts; the admin API never shows a private half', async (t) => {
  const { running, security, states } = await open();
  t.after(running.stop);
  assert.deepEqual(await states(), ['p1 sign ACTIVE', 'p2 encrypt ACTIVE']);
  assert.equal(JSON.stringify((await security.call('GET', '/platform-keys')).body).includes('PRIVATE'), false);
  const { platformKey, platformKeys } = await latestPlan(running);
  assert.equal(platformKey.keyId, 'p1');
  const own = platformKeys!.find(({ keyId }) => keyId === 'p2')!;
  assert.equal(crypto.importEncryptionKey(own.privatePem!, 'SM2', 'private').role, 'private');
  assert.equal(platformKeys!.find(({ keyId }) => keyId === 'p1')!.privatePem, undefined);
});

test('a new signing key is known before it signs, and then takes over; the old one cannot be used to sign again', async (t) => {
  const { running, security, states, list } = await open();
  t.after(running.stop);
  assert.equal((await security.call('POST', '/platform-keys', { kind: 'sign-sm2' })).status, 200);
  assert.equal(((await security.call('POST', '/platform-keys', { kind: 'sign-sm2' })).body as { code: string }).code, 'PLATFORM_KEY_LIMIT');
  assert.deepEqual(await states(), ['p1 sign ACTIVE', 'p2 encrypt ACTIVE', 'p3 sign PENDING']);
  const pending = await latestPlan(running);
  assert.equal(pending.platformKey.keyId, 'p1');
  assert.ok(pending.platformKeys!.some(({ keyId, state }) => keyId === 'p3' && state === 'PENDING'));

  assert.equal((await security.call('POST', '/platform-keys/p3/activate', {})).status, 200);
  assert.deepEqual(await states(), ['p1 sign RETIRING', 'p2 encrypt ACTIVE', 'p3 sign ACTIVE']);
  assert.equal((await list())[0]!.expiresAt, running.clock.now() + 7 * 86_400_000);
  assert.equal((await latestPlan(running)).platformKey.keyId, 'p3');
  assert.equal(((await running.admin.call('GET', '/overview')).body as { platformKey: Key }).platformKey.keyId, 'p3');

  assert.equal(((await security.call('POST', '/platform-keys/p3/revoke', {})).body as { code: string }).code, 'PLATFORM_KEY_NEEDED');
  assert.equal((await security.call('POST', '/platform-keys/p1/revoke', {})).status, 200);
  for (const act of ['activate', 'revoke'])
    assert.equal(((await security.call('POST', `/platform-keys/p1/${act}`, {})).body as { code: string }).code, 'KEY_UNKNOWN', act);
});

test('a revoked encryption key is in the plan as such, without its private half; RSA keys have 3072 bits', async (t) => {
  const { running, security } = await open();
  t.after(running.stop);
  assert.equal((await security.call('POST', '/platform-keys', { kind: 'encrypt-rsa' })).status, 200);
  await security.call('POST', '/platform-keys/p3/activate', {});
  await security.call('POST', '/platform-keys/p2/revoke', {});
  const { platformKeys } = await latestPlan(running);
  const [, sm2, rsa] = platformKeys!;
  assert.deepEqual([sm2!.state, sm2!.privatePem], ['REVOKED', undefined]);
  assert.equal(rsa!.state, 'ACTIVE');
  assert.match(rsa!.publicPem, /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]{500,}/);
});

test('an RSA key signs responses of compatibility profiles once it is active, and may be revoked', async (t) => {
  const { running, security, states } = await open();
  t.after(running.stop);
  const privateOf = async () => (await latestPlan(running)).platformKeys!.find(({ keyId }) => keyId === 'p3')?.privatePem;
  assert.equal((await security.call('POST', '/platform-keys', { kind: 'sign-rsa' })).status, 200);
  assert.equal(await privateOf(), undefined);
  assert.equal((await security.call('POST', '/platform-keys/p3/activate', {})).status, 200);
  assert.deepEqual(await states(), ['p1 sign ACTIVE', 'p2 encrypt ACTIVE', 'p3 sign ACTIVE']);
  assert.equal(crypto.importKey({ format: 'pem', pem: (await privateOf())! }, 'RSA-SHA256', 'private').role, 'private');
  assert.equal((await latestPlan(running)).platformKey.keyId, 'p1');
  assert.equal((await security.call('POST', '/platform-keys/p3/revoke', {})).status, 200);
  assert.equal(await privateOf(), undefined);
});

test('a key of a compatibility profile is proved like any other, counts by itself, and signs only', async (t) => {
  const { running, security } = await open();
  t.after(running.stop);
  const app = { appId: 'his', revision: 0, name: { 'zh-CN': '医院', en: 'His' }, caller: 'city', state: 'active', windowSec: 300 };
  const saved = await security.call('PUT', '/apps/his', { ...app, domain: 'sh-city', profiles: ['sorted-sm2'] });
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  assert.equal((await security.call('PUT', '/apps/his', { ...app, domain: 'sh-city', profiles: ['jsapi'] })).status, 400);
  const newPair = async () => (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const upload = async (keyId: string, scheme: string, more: object = {}) =>
    security.call('POST', '/apps/his/keys', { keyId, scheme, publicPem: (await newPair()).publicPem, ...more });
  for (const [keyId, scheme] of [
    ['k1', 'SM2-SM3'],
    ['k2', 'SM2-SM3'],
    ['s1', 'sorted-sm2'],
    ['s2', 'sorted-sm2'],
  ] as const) {
    const { publicPem, privatePem } = await newPair();
    const { challenge } = (await upload(keyId, scheme, { publicPem })).body as { challenge: string };
    const handle = crypto.importKey({ format: 'pem', pem: privatePem }, 'SM2-SM3', 'private');
    const signature = Buffer.from(await crypto.sign(handle, Buffer.from(challenge))).toString('base64url');
    assert.equal((await security.call('POST', `/apps/his/keys/${keyId}/activate`, { signature })).status, 200, keyId);
  }
  for (const refused of [upload('e1', 'sorted-sm2', { purpose: 'encrypt' }), upload('r1', 'wechatpay-v3')])
    assert.equal(((await refused).body as { code: string }).code, 'KEY_INVALID');
  const secret = await security.call('POST', '/apps/his/keys/secrets', { keyId: 'x1', scheme: 'sorted-sm2' });
  assert.equal((secret.body as { code: string }).code, 'KEY_INVALID');
  const plan = await latestPlan(running);
  assert.deepEqual(plan.keys.map(({ keyId, scheme }) => `${keyId} ${scheme}`).sort(), [
    'k1 SM2-SM3',
    'k2 SM2-SM3',
    's1 sorted-sm2',
    's2 sorted-sm2',
  ]);
  assert.deepEqual(plan.apps.find(({ appId }) => appId === 'his')!.profiles, ['sorted-sm2']);
});

test('an app’s encryption key is proved like any other, counts by itself, and is no key that signs', async (t) => {
  const { running, security } = await open();
  t.after(running.stop);
  const app = {
    appId: 'his',
    revision: 0,
    name: { 'zh-CN': '医院', en: 'His' },
    caller: 'city',
    state: 'active',
    windowSec: 300,
    domain: 'sh-city',
  };
  await security.call('PUT', '/apps/his', app);
  for (const [keyId, purpose] of Object.entries({ s1: 'sign', s2: 'sign', e1: 'encrypt', e2: 'encrypt' })) {
    const pair = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
    const upload = { keyId, scheme: 'SM2-SM3', publicPem: pair.publicPem, purpose };
    const { challenge } = (await security.call('POST', '/apps/his/keys', upload)).body as { challenge: string };
    const handle = crypto.importKey({ format: 'pem', pem: pair.privatePem }, 'SM2-SM3', 'private');
    const signature = Buffer.from(await crypto.sign(handle, Buffer.from(challenge))).toString('base64url');
    assert.equal((await security.call('POST', `/apps/his/keys/${keyId}/activate`, { signature })).status, 200, keyId);
  }
  const plan = await latestPlan(running);
  assert.deepEqual(plan.keys.map(({ keyId }) => keyId).sort(), ['s1', 's2']);
  assert.deepEqual(plan.encryptionKeys!.map(({ keyId }) => keyId).sort(), ['e1', 'e2']);
});

test('an issuer of user tokens is in the plan until it is removed; its keys come by TLS', async (t) => {
  const { running, security } = await open();
  t.after(running.stop);
  const document = { issuer: 'https://id.example', audience: 'kangqiao', jwksUrl: 'https://id.example/jwks.json' };
  for (const jwksUrl of ['http://id.example/jwks', 'https://', 'https://a b', 'https://user@id.example/', 'file:///etc/passwd'])
    assert.equal((await security.call('POST', '/user-token-issuers', { document: { ...document, jwksUrl } })).status, 400, jwksUrl);
  assert.equal((await security.call('POST', '/user-token-issuers', { document })).status, 200);
  assert.deepEqual((await latestPlan(running)).userTokenIssuers, [document]);
  assert.equal((await security.call('POST', '/user-token-issuers/remove', { id: document.issuer })).status, 200);
  assert.deepEqual((await latestPlan(running)).userTokenIssuers, []);
});
