/** Sessions of apps and users, and the keys of the platform, over a real gateway. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import {
  buildInterface,
  buildPlan,
  createTestKey,
  crypto,
  signRequest,
  type RequestFields,
  type TestKey,
  type TestSigner,
} from '../support/city-plan.ts';
import { eventually } from '../../conformance/eventually.ts';
import { createEncryption, type EncryptionFixture } from '../support/encryption.ts';
import { callGateway, callSigned, memoryState, startGateway, type TestAnswer, type TestGateway } from '../support/start-gateway.ts';
import { openSession, sessionKey, type MadeSession } from '../support/open-session.ts';
import { openDmzLab } from '../support/dmz-lab.ts';
import { signsAnswer } from '../support/verify-answer.ts';

const TOKENS = { issuer: 'https://id.example.cn', audience: 'kangqiao' };
const HALF_HOUR_MS = 30 * 60_000;
const KNOWN_MS = 3_000;

let sm2: TestKey;
let rsa: TestKey;
let encryption: EncryptionFixture;
let plan: GatewayPlan;
let issuer: { privateKey: CryptoKey; publicKey: CryptoKey };

before(async () => {
  [sm2, rsa] = [await createTestKey('SM2-SM3', 'app-sm2'), await createTestKey('RSA-SHA256', 'app-rsa')];
  encryption = await createEncryption({ 'app-sm2': 'SM2', 'app-rsa': 'SM2' });
  issuer = await generateKeyPair('ES256');
  plan = await buildPlan(
    [sm2, rsa],
    [
      buildInterface(),
      buildInterface({ interfaceId: 'ifc_final', path: '/open/v1/final', policies: { signature: { nonRepudiation: true } } }),
      buildInterface({ interfaceId: 'ifc_user', front: 'user', path: '/user/v1/reports' }),
      buildInterface({
        ...{ interfaceId: 'ifc_guarded', front: 'user', path: '/user/v1/guarded', policies: { 'user-session': { session: 'require' } } },
      }),
    ],
    { ...encryption.plan, userTokenKeys: [{ kid: 'es', ...TOKENS, alg: 'ES256', publicPem: await exportSPKI(issuer.publicKey) }] },
  );
});

interface Lab {
  readonly running: TestGateway;
  readonly clock: ReturnType<typeof fakeClock>;
  sign(key: TestSigner, fields?: RequestFields): ReturnType<typeof signRequest>;
  call(key: TestSigner, fields?: RequestFields): Promise<TestAnswer>;
  openSession(key?: TestSigner): Promise<TestSigner>;
}

async function open(
  options: { front?: 'open' | 'user'; shared?: SharedState; clock?: ReturnType<typeof fakeClock>; proxies?: string[] } = {},
): Promise<Lab> {
  const clock = options.clock ?? fakeClock(Date.now());
  const running = await startGateway(plan, {
    ...{ clock, front: options.front ?? 'open', shared: options.shared ?? memoryState() },
    settings: { trustedProxies: options.proxies ?? [] },
  });
  after(() => running.stop());
  const sign = (key: TestSigner, fields: RequestFields = {}) => signRequest(key, { ts: clock.now(), ...fields });
  const call = async (key: TestKey, fields?: RequestFields) => callSigned(running.gateway, await sign(key, fields));
  return { running, clock, sign, call, openSession: async (key = sm2) => (await openAppSession({ running, sign }, key)).session };
}

async function openAppSession({ running, sign }: Pick<Lab, 'running' | 'sign'>, key: TestSigner) {
  const opened = await openSession(running.gateway, await sign(key, { path: '/open/v1/sessions', body: '' }), key, encryption);
  assert.equal(await signsAnswer(opened.answer, opened.signed, key, plan), true);
  return opened;
}

test('a session is answered encrypted, and signs requests and answers for half an hour', async () => {
  const lab = await open();
  const { made, answer, session } = await openAppSession(lab, sm2);
  assert.match(made.sessionId, /^s_[A-Za-z0-9_-]{33}$/);
  assert.deepEqual([Buffer.from(made.key, 'base64url').length, made.scheme, made.endsAt], [32, 'HMAC-SM3', lab.clock.now() + HALF_HOUR_MS]);
  assert.deepEqual([answer.headers['x-kq-enc'], answer.body.includes('sessionId')], ['SM4-CBC-HSM3', false]);
  const signed = await lab.sign(session);
  const called = await callSigned(lab.running.gateway, signed);
  assert.equal(called.status, 200);
  assert.equal(called.headers['x-kq-keyid'], made.sessionId);
  assert.equal(await signsAnswer(called, signed, session, plan), true);
  assert.equal((await callSigned(lab.running.gateway, signed)).code, 'GW40104', 'a nonce counts once');
  await lab.clock.advance(HALF_HOUR_MS - 1000);
  assert.equal((await lab.call(session)).status, 200);
  await lab.clock.advance(1000);
  assert.equal((await lab.call(session)).code, 'GW40101');
});

test('only an SM2 key opens a session, and a session opens no other', async () => {
  const lab = await open();
  assert.equal((await lab.call(rsa, { path: '/open/v1/sessions', body: '' })).code, 'GW40105');
  assert.equal((await lab.call(await lab.openSession(), { path: '/open/v1/sessions', body: '' })).code, 'GW40105');
});

test('an interface that demands non-repudiation takes SM2 alone', async () => {
  const lab = await open();
  const path = '/open/v1/final';
  assert.equal((await lab.call(sm2, { path })).status, 200);
  for (const key of [rsa, await lab.openSession()]) assert.equal((await lab.call(key, { path })).code, 'GW40105');
});

test('a session serves on every gateway that shares its state, and lies there neither readable nor by its id', async () => {
  const shared = memoryState();
  const values: string[] = [];
  const watched: SharedState = {
    ...shared,
    set: (key, value, options) => {
      values.push(key, value, ...(options.tags ?? []));
      return shared.set(key, value, options);
    },
  };
  const lab = await open({ shared: watched });
  const { made, session } = await openAppSession(lab, sm2);
  const other = await open({ shared: watched, clock: lab.clock });
  assert.equal((await other.call(session)).status, 200);
  assert.equal(
    values.some((value) => value.includes(made.sessionId) || value.includes(made.key) || value.includes('app-sm2')),
    false,
  );
});

test('a session ends with its signing key, its app and its grant', async () => {
  const lab = await open();
  const session = await lab.openSession();
  assert.equal((await lab.call(session)).status, 200);
  const without: Record<string, [Partial<GatewayPlan>, string]> = {
    'key revoked': [{ keys: [rsa.document] }, 'GW40101'],
    'key replaced': [{ keys: [{ ...sm2.document, fingerprint: 'another' }] }, 'GW40101'],
    'key expired': [{ keys: [{ ...sm2.document, expiresAt: lab.clock.now() }] }, 'GW40101'],
    'app removed': [{ apps: plan.apps.filter(({ appId }) => appId !== 'app-sm2') }, 'GW40101'],
    'app disabled': [{ apps: plan.apps.map((app) => ({ ...app, state: 'disabled' as const })) }, 'GW40105'],
    'grant withdrawn': [{ grants: [] }, 'GW40301'],
  };
  let number = 1;
  for (const [what, [changes, code]] of Object.entries(without)) {
    lab.running.feed.publish({ ...plan, ...changes, number: ++number });
    assert.equal((await lab.call(session)).code, code, what);
  }
  lab.running.feed.publish({ ...plan, number: ++number });
  assert.equal((await lab.call(session)).status, 200);
});

test('an unknown session, one of another app or address, and a wrong key are as unknown as any other', async () => {
  const lab = await open({ proxies: ['127.0.0.1'] });
  const { made, session } = await openAppSession(lab, sm2);
  const answers = [
    await lab.call(sessionKey('app-sm2', { ...made, sessionId: `s_${'A'.repeat(33)}` })),
    await lab.call(sessionKey('app-rsa', made)),
    await callSigned(lab.running.gateway, await lab.sign(session), { 'x-forwarded-for': '203.0.113.9' }),
    await lab.call({ ...sm2, keyId: 'unknown' }),
    await lab.call({ ...sm2, appId: 'unknown' }),
  ];
  const texts = answers.map(({ body }) => {
    const { code, message } = JSON.parse(body.toString()) as { code: string; message: string };
    return `${code} ${message}`;
  });
  assert.deepEqual(
    [...new Set(texts)].map((text) => text.slice(0, 7)),
    ['GW40101'],
  );
  const forged = sessionKey('app-sm2', { ...made, key: Buffer.alloc(32).toString('base64url') });
  assert.equal((await lab.call(forged)).code, 'GW40103');
  assert.equal((await lab.call(session)).status, 200);
});

test('lost sessions are unknown within three seconds, and while shared state is down nobody learns what it had', async () => {
  const shared = memoryState();
  let state: 'up' | 'down' | 'lost' = 'up';
  const down = () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'It does not respond.'));
  const failing: SharedState = {
    ...shared,
    get: (key) => (state === 'down' ? down() : state === 'lost' ? Promise.resolve(undefined) : shared.get(key)),
  };
  const lab = await open({ shared: failing });
  const { made, session } = await openAppSession(lab, sm2);
  const invented = sessionKey('app-sm2', { ...made, sessionId: `s_${'B'.repeat(33)}` });
  state = 'down';
  assert.equal((await lab.call(session)).code, 'GW50303');
  assert.equal((await lab.call(invented)).code, 'GW40101', 'an id that was not made here is looked up nowhere');
  state = 'up';
  assert.equal((await lab.call(session)).status, 200);
  state = 'lost';
  await lab.clock.advance(KNOWN_MS);
  assert.equal((await lab.call(session)).code, 'GW40101');
});

test('the keys of the platform are listed for signed requests, each with its state, and nothing private', async () => {
  const lab = await open();
  const answer = await lab.call(rsa, { method: 'GET', path: '/open/v1/platform-keys', body: '' });
  assert.equal(answer.status, 200);
  const { signer, keys } = JSON.parse(answer.body.toString()) as { signer: string; keys: Record<string, string>[] };
  assert.deepEqual(
    [signer, keys.map(({ keyId, use, state }) => [keyId, use, state])],
    [
      'p1',
      [
        ['p2', 'encrypt', 'ACTIVE'],
        ['p3', 'encrypt', 'ACTIVE'],
      ],
    ],
  );
  assert.equal(answer.body.includes('PRIVATE'), false);
  assert.match(keys[0]!['publicPem']!, /BEGIN PUBLIC KEY/);
  const target = '/open/v1/platform-keys';
  assert.equal((await callGateway(lab.running.gateway, { target })).code, 'GW40101');
});

test('what an older version published at such a place does not take it', async () => {
  const lab = await open();
  const taken = buildInterface({ interfaceId: 'ifc_own', path: '/open/v1/sessions' });
  const pattern = buildInterface({ interfaceId: 'ifc_any', path: '/open/v1/:any' });
  const id = buildInterface({ interfaceId: 'ifc_builtin_sessions', path: '/open/v1/else' });
  const grants = ['ifc_own', 'ifc_any', 'ifc_builtin_sessions'].map((interfaceId) => ({
    ...{ grantId: `grt_${interfaceId}`, revision: 1, appId: 'app-sm2', interfaceId },
  }));
  lab.running.feed.publish({ ...plan, interfaces: [taken, pattern, id], grants, number: 2 });
  assert.ok(await lab.openSession());
  assert.equal((await lab.call(rsa, { method: 'GET', path: '/open/v1/platform-keys', body: '' })).status, 200);
  assert.equal((await lab.call(sm2, { path: '/open/v1/other' })).status, 200, 'the pattern serves other paths');
});

test('a citizen can log in and out, also if an interface of the same path is published', async () => {
  const lab = await open({ front: 'user' });
  const paths = ['/user/v1/sessions', '/user/v1/:any', '/user/:a/:b', '/:a/:b/:c'];
  const methods = ['POST', 'DELETE'] as const;
  const interfaces = paths.flatMap((path, i) =>
    methods.map((method) => buildInterface({ interfaceId: `ifc_${method}${i}`, front: 'user', method, path })),
  );
  lab.running.feed.publish({ ...plan, interfaces, number: 2 });
  const { answer, authorization } = await openUserSession(lab);
  assert.equal(answer.status, 201);
  const logout = await callGateway(lab.running.gateway, { method: 'DELETE', target: '/user/v1/sessions', headers: { authorization } });
  assert.equal(logout.status, 204);
});

const tokenOf = (clock: { now(): number }, claims: Record<string, unknown> = {}, exp = Math.floor(clock.now() / 1000) + 3600) =>
  new SignJWT({ sub: 'citizen-1', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .setIssuer(TOKENS.issuer)
    .setAudience(TOKENS.audience)
    .setIssuedAt(Math.floor(clock.now() / 1000))
    .setExpirationTime(exp)
    .sign(issuer.privateKey);

async function openUserSession({ running, clock }: Lab, claims?: Record<string, unknown>, exp?: number) {
  const authorization = `Bearer ${await tokenOf(clock, claims, exp)}`;
  const answer = await callGateway(running.gateway, { method: 'POST', target: '/user/v1/sessions', headers: { authorization } });
  const made = JSON.parse(answer.body.toString()) as MadeSession & { appId: string };
  return { answer, authorization, session: answer.status === 201 ? sessionKey(made.appId, made) : undefined };
}

test('a user’s session signs requests with a nonce; the flow sees the claims of the token', async () => {
  const lab = await open({ front: 'user' });
  const { session } = await openUserSession(lab, { name: '虚构' });
  const signed = await lab.sign(session!, { path: '/user/v1/guarded' });
  assert.equal((await callSigned(lab.running.gateway, signed)).status, 200);
  const { user } = lab.running.calls.at(-1)!.message.data as { user: { sub: string; name: string } };
  assert.deepEqual([user.sub, user.name], ['citizen-1', '虚构']);
  assert.equal((await callSigned(lab.running.gateway, signed)).code, 'GW40104');
  const forged = { ...session!, sign: crypto.importKey({ format: 'raw', bytes: Buffer.alloc(32) }, 'HMAC-SM3', 'secret') };
  assert.equal((await lab.call(forged, { path: '/user/v1/reports' })).code, 'GW40103');
});

test('an interface with a replay guard takes no bare token, the others take both', async () => {
  const lab = await open({ front: 'user' });
  const { session, authorization } = await openUserSession(lab);
  const bare = (target: string) =>
    callGateway(lab.running.gateway, {
      method: 'POST',
      target,
      headers: { authorization, 'content-type': 'application/json' },
      body: '{}',
    });
  assert.deepEqual([(await bare('/user/v1/guarded')).code, (await bare('/user/v1/reports')).status], ['GW40101', 200]);
  assert.equal((await lab.call(session!, { path: '/user/v1/reports' })).status, 200);
});

test('a large body that a session signed is read whole, because its digest is signed', async () => {
  const lab = await open({ front: 'user' });
  const { session } = await openUserSession(lab);
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });
  assert.equal((await lab.call(session!, { path: '/user/v1/reports', body })).status, 200);
});

test('logout everywhere ends all sessions of the user, and earlier tokens open no new ones', async () => {
  const shared = memoryState();
  const lab = await open({ front: 'user', shared });
  const other = await open({ front: 'user', shared, clock: lab.clock });
  const [first, second, stranger] = [
    await openUserSession(lab),
    await openUserSession(lab),
    await openUserSession(lab, { sub: 'citizen-2' }),
  ];
  const path = '/user/v1/reports';
  assert.equal((await other.call(second.session!, { path })).status, 200);
  const { authorization } = first;
  const left = await callGateway(lab.running.gateway, { method: 'DELETE', target: '/user/v1/sessions', headers: { authorization } });
  assert.equal(left.status, 204);
  assert.equal((await lab.call(first.session!, { path })).code, 'GW40101');
  await lab.clock.advance(KNOWN_MS);
  assert.equal((await other.call(second.session!, { path })).code, 'GW40101');
  assert.equal((await other.call(stranger.session!, { path })).status, 200);
  const again = await callGateway(lab.running.gateway, { method: 'POST', target: '/user/v1/sessions', headers: { authorization } });
  assert.equal(again.code, 'GW40101');
  assert.equal((await openUserSession(lab)).answer.status, 201, 'a new token does');
});

test('a user’s session ends with the key of its token, and no later than the token', async () => {
  const lab = await open({ front: 'user' });
  const { session } = await openUserSession(lab);
  const path = '/user/v1/reports';
  assert.equal((await lab.call(session!, { path })).status, 200);
  const [key] = plan.userTokenKeys;
  const other = await exportSPKI((await generateKeyPair('ES256')).publicKey);
  const without: Record<string, GatewayPlan['userTokenKeys']> = {
    removed: [],
    'replaced under its id': [{ ...key!, publicPem: other }],
    'of another issuer': [{ ...key!, issuer: 'https://id.other.cn' }],
    'for another audience': [{ ...key!, audience: 'other' }],
  };
  let number = 1;
  for (const [what, userTokenKeys] of Object.entries(without)) {
    lab.running.feed.publish({ ...plan, userTokenKeys, number: ++number });
    assert.equal((await lab.call(session!, { path })).code, 'GW40101', what);
  }
  lab.running.feed.publish({ ...plan, number: ++number });
  assert.equal((await lab.call(session!, { path })).status, 200);
  const exp = Math.floor(lab.clock.now() / 1000) + 60;
  const short = await openUserSession(lab, {}, exp);
  assert.equal((JSON.parse(short.answer.body.toString()) as MadeSession).endsAt, exp * 1000);
  await lab.clock.advance(60_000);
  assert.equal((await lab.call(short.session!, { path })).code, 'GW40101');
});

test('a session that a published key of an issuer opened ends with the issuer, and with the key', async (t) => {
  let keys = [{ ...(await exportJWK(issuer.publicKey)), kid: 'es', use: 'sig' }];
  const server = createServer((_request, response) => void response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  t.after(() => server.closeAllConnections());
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const lab = await open({ front: 'user' });
  const published = { ...plan, userTokenKeys: [], userTokenIssuers: [{ ...TOKENS, jwksUrl }] };
  lab.running.feed.publish({ ...published, number: 2 });
  const { session } = await openUserSession(lab);
  const path = '/user/v1/reports';
  assert.equal((await lab.call(session!, { path })).status, 200);
  lab.running.feed.publish({ ...published, userTokenIssuers: [], number: 3 });
  assert.equal((await lab.call(session!, { path })).code, 'GW40101', 'issuer removed');
  lab.running.feed.publish({ ...published, number: 4 });
  assert.equal((await lab.call(session!, { path })).status, 200);
  keys = [];
  await lab.clock.advance(11 * 60_000);
  await eventually(async () => (await lab.call(session!, { path })).code === 'GW40101');
});

test('a session of one front is none on the other', async () => {
  const shared = memoryState();
  const user = await open({ front: 'user', shared });
  const app = await open({ shared, clock: user.clock });
  const { session } = await openUserSession(user);
  assert.equal((await app.call({ ...session!, appId: 'citizens' })).code, 'GW40101');
  assert.equal((await user.call(await app.openSession(), { path: '/user/v1/reports' })).code, 'GW40101');
});

test('in the DMZ a session’s request is handed over, and proved inside', async () => {
  const lab = await openDmzLab();
  after(() => lab.close());
  const dmz = await lab.startDmz([await lab.startInner()]);
  const head = { path: '/open/v1/sessions', body: '' };
  const { session } = await openSession(dmz.gateway, await signRequest(lab.sm2, head), lab.sm2, lab.encryption);
  assert.equal((await callSigned(dmz.gateway, await signRequest(session))).status, 200);
  const forged = { ...session, sign: crypto.importKey({ format: 'raw', bytes: Buffer.alloc(32) }, 'HMAC-SM3', 'secret') };
  assert.equal((await callSigned(dmz.gateway, await signRequest(forged))).code, 'GW40103');
});
