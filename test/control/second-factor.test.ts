/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { ControlSettings } from '../../control/create-control.ts';
import { auditSpec } from '../../control/audit/audit-line.ts';
import type { StoreGuard } from '../../control/integrity/store-guard.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createMarker } from '../../engine/integrity/create-marker.ts';
import { createIntegrityState } from '../../engine/integrity/integrity-state.ts';
import { openMarkedDocuments } from '../../engine/integrity/marked-documents.ts';
import { createRevisions } from '../../engine/integrity/revisions.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { ADMIN_PASSWORD, PERSON_PASSWORD, startControl, type Client, type Running } from './start-control.ts';

const settings = (accounts: ControlSettings['accounts']) => ({
  settings: { host: '127.0.0.1', port: 0, defaultAppId: 'default', ...(accounts === undefined ? {} : { accounts }) },
});
const codeOf = (secret: string, at: number) => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });

test('the code of RFC 6238 for its test secret is what the app and the platform agree on', () => {
  const secret = new Secret({ buffer: new TextEncoder().encode('12345678901234567890').buffer }).base32;
  assert.deepEqual([codeOf(secret, 59_000), codeOf(secret, 1_111_111_109_000)], ['287082', '081804']);
});

test('a login with a second factor takes password and code, each code once, and counts wrong codes as wrong logins', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { secret } = await enrol(running, running.admin, ADMIN_PASSWORD);
  const now = () => running.clock.now();
  const login = (code?: string) => running.client().call('POST', '/login', { name: 'admin', password: ADMIN_PASSWORD, code });
  assert.deepEqual([(await login()).status, (await login()).body.code], [401, 'LOGIN_CODE_REQUIRED']);
  running.clock.shiftWall(90_000);
  const code = codeOf(secret, now());
  assert.equal((await login(code)).status, 200);
  assert.equal((await login(code)).body.code, 'LOGIN_CODE_REFUSED', 'one code is good once');
  running.clock.shiftWall(90_000);
  for (const wrong of ['000000', '111111', '222222']) {
    assert.equal((await login(wrong)).body.code, 'LOGIN_CODE_REFUSED');
    assert.equal((await login()).body.code, 'LOGIN_CODE_REQUIRED', 'the password alone does not clear the count');
  }
  assert.equal((await login('333333')).body.code, 'LOGIN_CODE_REFUSED');
  assert.equal((await login(codeOf(secret, now()))).body.code, 'LOGIN_LOCKED');
  const stored = JSON.stringify(await (await running.documents.open({ name: 'accounts', schema: {}, indexes: [] })).find({}, { limit: 9 }));
  assert.ok(!stored.includes(secret), 'the secret is sealed');
});

test('a recovery code lets in once, also when it is sent twice at the same time', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { recoveryCodes } = await enrol(running, running.admin, ADMIN_PASSWORD);
  assert.equal(recoveryCodes.length, 10);
  const login = (code: string) => running.client().call('POST', '/login', { name: 'admin', password: ADMIN_PASSWORD, code });
  const answers = await Promise.all([login(recoveryCodes[0]!), login(recoveryCodes[0]!)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
  assert.equal((await login(recoveryCodes[1]!.toLowerCase().replaceAll('-', ' '))).status, 200, 'as people type it');
});

test('where it is demanded, a session without a second factor does nothing but set one up', async (t) => {
  const running = await startControl(settings({ requireSecondFactor: true }));
  t.after(running.stop);
  assert.equal((await running.admin.call('GET', '/flows')).body.code, 'SECOND_FACTOR_REQUIRED');
  assert.equal((await running.admin.call('POST', '/me/tokens', { label: 'x' })).body.code, 'SECOND_FACTOR_REQUIRED');
  assert.equal((await running.admin.call('GET', '/me')).body.mustSetUpSecondFactor, true);
  await enrol(running, running.admin, ADMIN_PASSWORD);
  assert.equal((await running.admin.call('GET', '/flows')).status, 200);
  assert.equal((await running.admin.call('POST', '/me/tokens', { label: 'x' })).status, 200, 'setting it up has shown it');
  running.clock.shiftWall(6 * 60_000);
  assert.equal((await running.admin.call('DELETE', '/me/second-factor')).body.code, 'STEP_UP_REQUIRED');
});

test('acts that ask for the password again ask for the code too, unless it was shown five minutes ago at most', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('sec', ['security-admin']);
  const { secret } = await enrol(running, security, PERSON_PASSWORD);
  running.clock.shiftWall(6 * 60_000);
  const reveal = (headers = {}) => security.call('POST', '/secrets/s/reveal', { reason: 'a good reason' }, headers);
  const refused = (await reveal()).body;
  assert.deepEqual([refused.code, refused.values.problem], ['STEP_UP_REQUIRED', 'code']);
  assert.equal((await reveal({ 'x-kq-code': '000000' })).body.code, 'STEP_UP_REFUSED');
  running.clock.shiftWall(90_000);
  assert.equal((await reveal({ 'x-kq-code': codeOf(secret, running.clock.now()) })).status, 200);
  running.clock.shiftWall(90_000);
  const code = codeOf(secret, running.clock.now());
  const login = await security.call('POST', '/login', { name: 'sec', password: PERSON_PASSWORD, code });
  security.cookie = login.headers.get('set-cookie')!.split(';')[0];
  assert.equal((await reveal()).status, 200, 'shown just now');
  running.clock.shiftWall(6 * 60_000);
  assert.equal((await reveal()).body.code, 'STEP_UP_REQUIRED');
});

test('a lost phone: an administrator of the same kind removes the second factor, with the own password, and every session ends', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('sec', ['security-admin']);
  await enrol(running, security, PERSON_PASSWORD);
  const other = await running.person('sec2', ['security-admin']);
  const remove = (by: Client, headers = {}) => by.call('POST', '/accounts/sec/remove-second-factor', undefined, headers);
  assert.equal((await remove(running.admin)).body.code, 'ACCOUNT_KEPT');
  assert.equal((await remove(other, { 'x-kq-password': '' })).body.code, 'STEP_UP_REQUIRED');
  assert.equal((await remove(other)).status, 200);
  assert.equal((await security.call('GET', '/me')).status, 401);
  assert.equal((await running.client().login('sec', PERSON_PASSWORD)).status, 200);
});

test('a password that has grown too old must be changed, and none of the last five comes back', async (t) => {
  const running = await startControl(settings({ passwordMaxAgeDays: 180 }));
  t.after(running.stop);
  const expiresAt = (await running.admin.call('GET', '/me')).body.passwordExpiresAt as number;
  assert.equal(Math.round((expiresAt - running.clock.now()) / 86_400_000), 180);
  running.clock.shiftWall(180 * 86_400_000);
  const admin = running.client();
  assert.equal((await admin.login('admin', ADMIN_PASSWORD)).body.mustChangePassword, true);
  assert.equal((await admin.call('GET', '/flows')).body.code, 'PASSWORD_CHANGE_REQUIRED');
  const change = (oldPassword: string, newPassword: string) => admin.call('POST', '/me/password', { oldPassword, newPassword });
  let old = ADMIN_PASSWORD;
  for (let n = 1; n <= 5; n++) {
    assert.equal((await change(old, `Another-Password-${n}`)).status, 200);
    old = `Another-Password-${n}`;
  }
  for (const former of [ADMIN_PASSWORD, 'Another-Password-1', 'Another-Password-4'])
    assert.equal((await change(old, former)).body.code, 'PASSWORD_REUSED', former);
  assert.equal((await admin.call('GET', '/flows')).status, 200);
  assert.equal((await change(old, 'Another-Password-6')).status, 200);
  assert.equal((await change('Another-Password-6', ADMIN_PASSWORD)).status, 200, 'six passwords ago');
});

test('a token has the named rights alone, of those that its owner still has, and is no person', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const ana = await running.person('ana', ['analyst']);
  const create = (rights: string[], days = 30) => ana.call('POST', '/me/tokens', { label: 'ci', days, rights });
  assert.equal((await create(['audit.read'])).body.code, 'TOKEN_RIGHT', 'not what the owner lacks');
  assert.equal((await create(['no.such'])).body.code, 'INPUT_INVALID');
  const { token, id } = (await create(['flows.read', 'flows.edit'])).body;
  const ask = (method: string, path: string, body?: unknown) =>
    running.client().call(method, path, body, { authorization: `Bearer ${token}` });
  assert.equal((await ask('GET', '/flows')).status, 200);
  assert.equal((await ask('GET', '/adapters')).body.code, 'PERMISSION_DENIED');
  assert.deepEqual((await ask('GET', '/me')).body.permissions, ['flows.edit', 'flows.read']);
  for (const [method, path, body] of [
    ['POST', '/me/tokens', { label: 'child' }],
    ['POST', '/me/password', { oldPassword: PERSON_PASSWORD, newPassword: 'Another-Password-1' }],
    ['DELETE', `/me/sessions/${id}`, undefined],
    ['GET', '/me/sessions', undefined],
  ] as const)
    assert.equal((await ask(method, path, body)).body.code, 'TOKEN_CANNOT', path);
  const listed = (await ana.call('GET', '/me/sessions')).body.items.find((line: { id: string }) => line.id === id);
  assert.deepEqual(listed.rights, ['flows.read', 'flows.edit']);
  const { revision } = (await running.admin.call('GET', '/accounts')).body.items.find(({ name }: { name: string }) => name === 'ana');
  const change = { displayName: 'Ana', roles: ['viewer'], disabled: false, revision };
  assert.equal((await running.admin.call('PUT', '/accounts/ana', change)).status, 200);
  assert.equal((await ask('PUT', '/flows/flw_x', {})).body.code, 'PERMISSION_DENIED', 'what the owner lost the token lost');
  running.clock.shiftWall(30 * 86_400_000);
  assert.equal((await ask('GET', '/flows')).status, 401, 'it has an end');
});

test('while the store is read only, a person who must set up a second factor can', async (t) => {
  const trail: { problem?: ReturnType<StoreGuard['trailProblem']> } = {};
  const guard = {
    isEnforced: true,
    findings: () => [],
    breaks: () => [],
    headMissingSince: () => undefined,
    trailProblem: () => trail.problem,
  } as unknown as StoreGuard;
  const running = await startControl({ ...settings({ requireSecondFactor: true }), guard });
  t.after(running.stop);
  trail.problem = { why: 'older', lines: 1, headNumber: 2 };
  assert.equal((await running.admin.call('GET', '/integrity')).body.code, 'SECOND_FACTOR_REQUIRED');
  await enrol(running, running.admin, ADMIN_PASSWORD);
  assert.equal((await running.admin.call('GET', '/integrity')).body.trail.why, 'older');
  const removing = await running.admin.call('DELETE', '/me/second-factor', undefined, { 'x-kq-password': ADMIN_PASSWORD });
  assert.equal(removing.body.code, 'AUDIT_TRAIL_REFUSED', 'nothing else of it changes');
});

test('after the shared state was lost, a code that may have been used before is not taken, and its try does not count', async (t) => {
  const clock = fakeClock();
  const shared = createMemorySharedState({ clock });
  let lostAt = 0;
  const forgetful: SharedState = {
    ...shared,
    async claimOnce(key, ttlMs, share, bornAt) {
      if (bornAt !== undefined && bornAt < lostAt) throw new AppError('CLAIMS_FORGOTTEN', 'transient', 'It was lost.');
      return shared.claimOnce(key, ttlMs, share, bornAt);
    },
  };
  const running = await startControl({ clock, shared: forgetful, documents: createMemoryDocuments({ clock }) });
  t.after(running.stop);
  const { secret } = await enrol({ clock }, running.admin, ADMIN_PASSWORD);
  clock.shiftWall(90_000);
  lostAt = clock.now();
  const login = () =>
    running.client().call('POST', '/login', { name: 'admin', password: ADMIN_PASSWORD, code: codeOf(secret, clock.now()) });
  for (let tries = 0; tries < 6; tries++) assert.equal((await login()).body.code, 'CLAIMS_FORGOTTEN');
  clock.shiftWall(90_000);
  assert.equal((await login()).status, 200);
});

test('the audit line of an act names the account whose recovery code was used up for it', async (t) => {
  const clock = fakeClock();
  const inner = createMemoryDocuments({ clock });
  const state = createIntegrityState({ now: () => clock.now(), logger: silentLogger });
  const documents = openMarkedDocuments(inner, { marker: createMarker(new Uint8Array(32)), state, revisions: createRevisions(clock) });
  const running = await startControl({ clock, documents, shared: createMemorySharedState({ clock }) });
  t.after(running.stop);
  const { recoveryCodes } = await enrol({ clock }, running.admin, ADMIN_PASSWORD);
  const lines = await inner.open({ ...auditSpec });
  const marksOf = async (action: string) =>
    (await lines.find({ action }, { sort: ['-number'], limit: 1 }))[0]?.marks?.map(({ collection, id }) => `${collection}/${id}`);
  const login = await running.client().call('POST', '/login', { name: 'admin', password: ADMIN_PASSWORD, code: recoveryCodes[0] });
  assert.equal(login.status, 200);
  assert.ok((await marksOf('login'))?.includes('accounts/admin'));
  clock.shiftWall(6 * 60_000);
  const confirmation = { 'x-kq-password': ADMIN_PASSWORD, 'x-kq-code': recoveryCodes[1]! };
  const refused = await running.admin.call('POST', '/system/backup', { file: 'a', key: Buffer.alloc(32).toString('base64') }, confirmation);
  assert.notEqual(refused.body.code, 'STEP_UP_REQUIRED');
  assert.deepEqual(await marksOf('system.backup'), ['accounts/admin'], JSON.stringify(refused.body));
});

test('an administrator lists and ends the sessions of others, within the kinds of administrators', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const ana = await running.person('ana', ['analyst']);
  const security = await running.person('sec', ['security-admin']);
  const { items } = (await running.admin.call('GET', '/accounts/ana/sessions')).body;
  assert.deepEqual([items.length, items[0].kind, items[0].from], [1, 'session', '127.0.0.1']);
  assert.equal((await security.call('GET', '/accounts/ana/sessions')).body.code, 'ACCOUNT_KEPT');
  assert.equal((await running.admin.call('POST', '/accounts/admin/end-sessions', {})).body.code, 'ACCOUNT_OWN');
  assert.equal((await running.admin.call('POST', '/accounts/ana/end-sessions', { id: items[0].id })).body.ended, 1);
  assert.equal((await ana.call('GET', '/me')).status, 401);
  assert.equal((await running.admin.call('POST', '/accounts/sec/end-sessions', {})).body.ended, 1, 'who may disable may end');
  assert.equal((await security.call('GET', '/me')).status, 401);
});

async function enrol(
  running: Pick<Running, 'clock'>,
  client: Client,
  password: string,
): Promise<{ secret: string; recoveryCodes: string[] }> {
  const begun = await client.call('POST', '/me/second-factor', undefined, { 'x-kq-password': encodeURIComponent(password) });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const { secret, uri } = begun.body;
  assert.match(uri, /^otpauth:\/\/totp\/Kangqiao:/);
  assert.equal((await client.call('POST', '/me/second-factor/confirm', { code: '000000' })).body.code, 'SECOND_FACTOR_CODE');
  const confirmed = await client.call('POST', '/me/second-factor/confirm', { code: codeOf(secret, running.clock.now()) });
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  return { secret, recoveryCodes: confirmed.body.recoveryCodes };
}
