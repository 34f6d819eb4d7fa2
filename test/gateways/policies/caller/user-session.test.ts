import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair, type CryptoKey } from 'jose';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { buildInterface, buildPlan, crypto } from '../../support/city-plan.ts';
import { callGateway, startGateway, type TestGateway } from '../../support/start-gateway.ts';

let started: TestGateway;
let privateKey: CryptoKey;
let publicPem: string;
let sm2: { privatePem: string; publicPem: string };
const issuer = 'https://id.example.cn';
const audience = 'kangqiao';

before(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  sm2 = (await crypto.generateKey('SM2-SM3')) as typeof sm2;
  const plan = await buildPlan([], [buildInterface({ front: 'user', method: 'GET', path: '/user/v1/reports' })], {
    userTokenKeys: [
      { kid: 'es', issuer, audience, alg: 'ES256', publicPem },
      { kid: 'sm', issuer, audience, alg: 'SM2-SM3', publicPem: sm2.publicPem },
    ],
  });
  started = await startGateway(plan, { front: 'user' });
});
after(() => started.stop());

const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: 'citizen-1', iss: issuer, aud: audience, exp: now() + 60 });
const call = (token: string) => callGateway(started.gateway, { target: '/user/v1/reports', headers: { authorization: `Bearer ${token}` } });

test('accepts an ES256 token made by jose and gives its claims to the flow', async () => {
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'es' }).sign(privateKey);
  assert.equal((await call(token)).status, 200);
  const data = started.calls.at(-1)!.message.data as { user: { sub: string } };
  assert.equal(data.user.sub, 'citizen-1');
  assert.equal(started.calls.at(-1)!.message.headers['authorization'], undefined);
});

test('accepts a token signed with SM2-SM3', async () => {
  assert.equal((await call(await signSm2({ alg: 'SM2-SM3', kid: 'sm' }, claims()))).status, 200);
});

test('refuses tokens that are expired, early, for somebody else, by somebody else, or for nobody', async () => {
  const wrong = [
    { ...claims(), exp: now() - 60 },
    { ...claims(), nbf: now() + 120 },
    { ...claims(), aud: 'other' },
    { ...claims(), iss: 'https://evil.example' },
    { ...claims(), sub: undefined },
    { ...claims(), sub: 'half \ud800' },
    { ...claims(), exp: undefined },
    { ...claims(), exp: '9999999999' },
    { ...claims(), exp: 4_102_444_800 },
    { ...claims(), exp: Date.now() },
  ];
  for (const payload of wrong)
    assert.equal((await call(await signSm2({ alg: 'SM2-SM3', kid: 'sm' }, payload))).code, 'GW40101', JSON.stringify(payload));
});

test('takes the scheme in any case, and tells who has proved it that his token is over', async () => {
  const token = await signSm2({ alg: 'SM2-SM3', kid: 'sm' }, claims());
  const headers = { authorization: `bearer ${token}` };
  assert.equal((await callGateway(started.gateway, { target: '/user/v1/reports', headers })).status, 200);
  const expired = await call(await signSm2({ alg: 'SM2-SM3', kid: 'sm' }, { ...claims(), exp: now() - 60 }));
  assert.match(expired.body.toString(), /过期/);
});

test('refuses alg none, algorithm confusion, another key id, critical extensions, and a changed token', async () => {
  const good = await signSm2({ alg: 'SM2-SM3', kid: 'sm' }, claims());
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const none = encode({ alg: 'none', kid: 'sm' });
  const hs256 = encode({ alg: 'HS256', kid: 'es' });
  const confused = createHmac('sha256', publicPem).update(`${hs256}.${payload}`).digest('base64url');
  const attacks = [
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${hs256}.${payload}.${confused}`,
    await signSm2({ alg: 'SM2-SM3', kid: 'es' }, claims()),
    await signSm2({ alg: 'ES256', kid: 'sm' }, claims()),
    await signSm2({ alg: 'SM2-SM3' }, claims()),
    await signSm2({ alg: 'SM2-SM3', kid: 'sm', crit: ['exp'] }, claims()),
    `${head}.${encode({ ...claims(), sub: 'citizen-2' })}.${signature}`,
    `${good}.`,
    `${good}=`,
    `${head}.${payload}`,
    'not a token',
    '',
  ];
  for (const token of attacks) assert.equal((await call(token)).code, 'GW40101', token.slice(0, 40));
});

test('a token that was accepted is refused once it is over, or its key is replaced or removed', async (t) => {
  const clock = fakeClock(Date.now());
  const keyed = (pem: string | undefined) =>
    buildPlan([], [buildInterface({ front: 'user', method: 'GET', path: '/user/v1/reports' })], {
      userTokenKeys: pem === undefined ? [] : [{ kid: 'es', issuer, audience, alg: 'ES256', publicPem: pem }],
    });
  const running = await startGateway(await keyed(publicPem), { front: 'user', clock });
  t.after(() => running.stop());
  const token = await new SignJWT({ ...claims(), exp: Math.floor(clock.now() / 1000) + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .sign(privateKey);
  const status = async () =>
    (await callGateway(running.gateway, { target: '/user/v1/reports', headers: { authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await status(), await status()], [200, 200]);
  const other = await generateKeyPair('ES256', { extractable: true });
  const publish = async (pem: string | undefined, number: number) => {
    running.feed.publish({ ...(await keyed(pem)), number });
    await eventually(() => running.gateway.stats().planNumber === number);
  };
  await publish(await exportSPKI(other.publicKey), 2);
  assert.equal(await status(), 401, 'another key of the same id');
  await publish(undefined, 3);
  assert.equal(await status(), 401, 'no such key');
  await publish(publicPem, 4);
  assert.equal(await status(), 200);
  await clock.advance(91_000);
  assert.equal(await status(), 401, 'the token is over');
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function signSm2(head: object, payload: object): Promise<string> {
  const text = `${encode(head)}.${encode(payload)}`;
  const key = crypto.importKey({ format: 'pem', pem: sm2.privatePem }, 'SM2-SM3', 'private');
  return `${text}.${Buffer.from(await crypto.sign(key, Buffer.from(text))).toString('base64url')}`;
}

test('verifies tokens by the keys that their issuer publishes, and by no others', async (t) => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const other = await generateKeyPair('RS256', { extractable: true });
  let served = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'published', use: 'sig' }] };
  const server = createServer((_request, response) => void response.end(JSON.stringify(served))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const clock = fakeClock(Date.now());
  const plan = await buildPlan([], [buildInterface({ front: 'user', method: 'GET', path: '/user/v1/reports' })], {
    userTokenIssuers: [{ issuer, audience, jwksUrl }],
  });
  const running = await startGateway(plan, { front: 'user', clock });
  t.after(() => running.stop());
  const codeOf = async (key: CryptoKey, header: { alg: string; kid: string }, payload: Record<string, unknown> = {}) => {
    const at = Math.floor(clock.now() / 1000);
    const token = await new SignJWT({ sub: 'citizen-1', iss: issuer, aud: audience, exp: at + 60, ...payload })
      .setProtectedHeader(header)
      .sign(key);
    const answer = await callGateway(running.gateway, { target: '/user/v1/reports', headers: { authorization: `Bearer ${token}` } });
    return answer.code ?? answer.status;
  };
  const published = { alg: 'RS256', kid: 'published' };
  assert.equal(await codeOf(pair.privateKey, published), 200);
  assert.equal(await codeOf(other.privateKey, published), 'GW40101');
  assert.equal(await codeOf(pair.privateKey, published, { aud: 'other' }), 'GW40101');
  assert.equal(await codeOf(pair.privateKey, published, { iss: 'https://evil.example' }), 'GW40101');
  assert.equal(await codeOf(pair.privateKey, { alg: 'RS256', kid: 'invented' }), 'GW40101');
  served = { keys: [] };
  await clock.advance(11 * 60_000);
  await codeOf(pair.privateKey, published);
  assert.equal(await codeOf(pair.privateKey, published), 'GW40101', 'withdrawn by its issuer');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await clock.advance(61 * 60_000);
  assert.equal(await codeOf(pair.privateKey, published), 'GW50303');
});
