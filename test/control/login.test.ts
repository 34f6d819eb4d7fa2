/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createControl } from '../../control/create-control.ts';
import { ADMIN_PASSWORD, PERSON_PASSWORD, createClient, defaultDeps, startControl } from './start-control.ts';

test('makes the first administrator once, and refuses everything until its one-time password is changed', async (t) => {
  const { deps } = defaultDeps();
  const control = await createControl(deps);
  t.after(() => control.stop());
  const first = control.firstAdministrator;
  assert.ok(first);
  const client = createClient(control.address);
  assert.equal((await client.login(first.name, first.oneTimePassword)).body.mustChangePassword, true);
  assert.equal((await client.call('GET', '/flows')).body.code, 'PASSWORD_CHANGE_REQUIRED');
  assert.equal((await client.call('POST', '/me/tokens', { label: 'early' })).status, 403);
  const weak = await client.call('POST', '/me/password', { oldPassword: first.oneTimePassword, newPassword: 'admin' });
  assert.equal(weak.body.code, 'PASSWORD_WEAK');
  assert.ok(weak.body.issues.length >= 3, 'every missed rule at once');
  assert.equal(
    (await client.call('POST', '/me/password', { oldPassword: first.oneTimePassword, newPassword: ADMIN_PASSWORD })).status,
    200,
  );
  assert.equal((await client.call('GET', '/flows')).status, 200);
  const again = await createControl(deps);
  t.after(() => again.stop());
  assert.equal(again.firstAdministrator, undefined, 'a second start finds everything as it was');
});

test('locks a login after five wrong tries for fifteen minutes, known name or not, with one answer for both', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  for (const name of ['admin', 'nobody']) {
    const client = running.client();
    const answers = [];
    for (let tries = 0; tries < 6; tries++) answers.push(await client.login(name, 'wrong'));
    const { requestId: _id, ...refusal } = answers[0]?.body ?? {};
    assert.deepEqual(refusal, { code: 'LOGIN_REFUSED', kind: 'input', message: refusal.message, fix: refusal.fix });
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [401, 401, 401, 401, 401, 429],
    );
    assert.equal(answers[5]?.headers.get('retry-after'), '900');
  }
  assert.equal((await running.client().login('admin', ADMIN_PASSWORD)).status, 429, 'even the right password');
  await running.clock.advance(15 * 60_000 + 1);
  assert.equal((await running.client().login('admin', ADMIN_PASSWORD)).status, 200);
});

test('a new password lifts the lock of an account', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.person('wang', ['viewer']);
  for (let tries = 0; tries < 6; tries++) await running.client().login('wang', 'wrong');
  const locked = await running.client().login('wang', PERSON_PASSWORD);
  assert.deepEqual([locked.status, locked.body.values.problem], [429, 'account']);
  const { oneTimePassword } = (await running.admin.call('POST', '/accounts/wang/reset-password')).body;
  assert.equal((await running.client().login('wang', oneTimePassword)).status, 200);
});

test('strangers add to the trail what the lockout lets through, and one line of what it refuses', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  for (let guess = 0; guess < 60; guess++) await running.client().login(`nobody-${guess}`, 'x');
  const { items } = (await auditor.call('GET', '/audit?limit=200&action=login&outcome=failed')).body;
  const outcomes = Map.groupBy(items, ({ outcome }: { outcome: string }) => outcome);
  assert.deepEqual([outcomes.get('LOGIN_REFUSED')?.length, outcomes.get('LOGIN_LOCKED')?.length], [30, 1]);
});

test('counts guesses that are sent at once', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const answers = await Promise.all(Array.from({ length: 20 }, () => running.client().login('admin', 'wrong')));
  assert.ok(answers.filter((answer) => answer.status === 401).length <= 5);
});

test('keeps the cookie from scripts and other sites, and only its digest in the store', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const client = running.client();
  const cookie = (await client.login('admin', ADMIN_PASSWORD)).headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  const secret = /kq_session=([^;]+)/.exec(cookie)?.[1] ?? '';
  const sessions = await running.documents.open({
    name: 'sessions',
    schema: {},
    indexes: [{ name: 'by_account', fields: ['account'] }],
    expiresAt: 'expiresAt',
  });
  assert.ok(!JSON.stringify(await sessions.find({}, { limit: 100 })).includes(secret));
});

test('refuses a changing request that another page sent', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { admin } = running;
  const foreign = [
    { 'x-kq-client': 'test', origin: 'https://evil.example' },
    { 'x-kq-client': 'test', 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) assert.equal((await admin.call('POST', '/flows/validate', {}, headers)).body.code, 'CSRF_REFUSED');
  const form = await fetch(`${running.control.address}/api/v1/logout`, { method: 'POST', headers: { cookie: admin.cookie ?? '' } });
  assert.equal(form.status, 403, 'a plain form cannot set our header');
  const login = await fetch(`${running.control.address}/api/v1/login`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(login.status, 403, 'nor log anybody in');
});

test('ends a session after thirty idle minutes, at logout, and with the password', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.clock.advance(29 * 60_000);
  assert.equal((await running.admin.call('GET', '/me')).status, 200, 'in use');
  await running.clock.advance(29 * 60_000);
  assert.equal((await running.admin.call('GET', '/me')).status, 200, 'kept awake by use');
  const second = running.client();
  await second.login('admin', ADMIN_PASSWORD);
  const changed = await running.admin.call('POST', '/me/password', { oldPassword: ADMIN_PASSWORD, newPassword: `${ADMIN_PASSWORD}2` });
  assert.equal(changed.body.sessionsEnded, 1);
  assert.equal((await second.call('GET', '/me')).status, 401);
  await running.clock.advance(31 * 60_000);
  assert.equal((await running.admin.call('GET', '/me')).status, 401);
  await running.admin.login('admin', `${ADMIN_PASSWORD}2`);
  await running.admin.call('POST', '/logout', {});
  assert.equal((await running.admin.call('GET', '/me')).status, 401);
});

test('takes a token as a token only, until it is ended', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { token, id } = (await running.admin.call('POST', '/me/tokens', { label: 'laptop' })).body;
  const client = running.client();
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await client.call('GET', '/me', undefined, bearer)).body.via, 'token');
  assert.equal((await client.call('POST', '/me/tokens', { label: 'child' }, bearer)).body.code, 'TOKEN_CANNOT');
  client.cookie = `kq_session=${token}`;
  assert.equal((await client.call('GET', '/me')).status, 401, 'not as a cookie');
  await running.admin.call('DELETE', `/me/sessions/${id}`);
  assert.equal((await running.client().call('GET', '/me', undefined, bearer)).status, 401);
});

test('a person ends every session and token except the present one', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { token } = (await running.admin.call('POST', '/me/tokens', { label: 'laptop' })).body;
  const elsewhere = running.client();
  await elsewhere.login('admin', ADMIN_PASSWORD);
  assert.equal((await running.admin.call('POST', '/me/end-other-sessions', {})).body.ended, 2);
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await running.client().call('GET', '/me', undefined, bearer)).status, 401);
  assert.equal((await elsewhere.call('GET', '/me')).status, 401);
  assert.equal((await running.admin.call('GET', '/me')).status, 200);
});

test('an account has twenty sessions: a further login ends the one that was used longest ago, and no token', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.admin.call('POST', '/me/tokens', { label: 'laptop' });
  const clients = [];
  for (let n = 0; n < 20; n++) {
    await running.clock.advance(61_000);
    clients.push(running.client());
    await clients[n]?.login('admin', ADMIN_PASSWORD);
    if (n < 19) assert.equal((await running.admin.call('GET', '/me')).status, 200);
  }
  const statuses = await Promise.all([running.admin, ...clients].map(async (client) => (await client.call('GET', '/me')).status));
  assert.deepEqual(statuses, [200, 401, ...Array.from({ length: 19 }, () => 200)]);
  const kinds = (await running.admin.call('GET', '/me/sessions')).body.items.map(({ kind }: { kind: string }) => kind);
  assert.equal(kinds.filter((kind: string) => kind === 'token').length, 1);
});

test('a new password ends every token, however many somebody made', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const tokens = [];
  for (let n = 0; n < 1010; n++) tokens.push(await running.control.issueToken('admin', 'many', 60_000));
  const answer = await running.admin.call('POST', '/me/password', { oldPassword: ADMIN_PASSWORD, newPassword: 'Another-Password-1' });
  assert.equal(answer.status, 200);
  assert.ok(answer.body.sessionsEnded >= 1010);
  for (const token of tokens) {
    const { status } = await fetch(`${running.control.address}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.ok([401, 429].includes(status), `${status}`);
  }
});
