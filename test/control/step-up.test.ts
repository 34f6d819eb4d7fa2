/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { startControl } from './start-control.ts';

const publicPem = generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey.export({ type: 'spki', format: 'pem' });

/** What hands out access, opens a way out, or accepts what was changed past the platform; by one of those who may do it. */
const ACTS = [
  ['admin', 'POST', '/me/tokens', { label: 'ci' }],
  ['admin', 'POST', '/accounts', { name: 'nina', displayName: 'N', roles: ['viewer'] }],
  ['admin', 'PUT', '/accounts/vera', { displayName: 'V', roles: ['analyst'], disabled: false, revision: 2 }],
  ['admin', 'POST', '/accounts/vera/end-sessions', {}],
  ['admin', 'POST', '/accounts/vera/reset-password', undefined],
  ['security', 'POST', '/accounts', { name: 'second', displayName: 'S', roles: ['security-admin'] }],
  ['security', 'PUT', '/outbound/127.0.0.1:25', { reason: 'the mail relay' }],
  ['security', 'POST', '/apps/app/keys/secrets', { keyId: 'k', scheme: 'HMAC-SM3' }],
  ['security', 'POST', '/apps/app/keys', { keyId: 'own', scheme: 'RSA-SHA256', publicPem }],
  ['security', 'POST', '/bus-consumers/tokens', { appId: 'app' }],
  ['security', 'POST', '/bus-consumers/certificates', { appId: 'app', certificateFingerprint: 'ab'.repeat(32) }],
  ['security', 'PUT', '/secrets/his-login', { value: 'planted', adapters: [] }],
  ['security', 'DELETE', '/secrets/his-login', undefined],
  ['security', 'POST', '/integrity/accept-trail', { reason: 'looked into' }],
  ['security', 'POST', '/integrity/decide', { collection: 'accounts', id: 'vera', decision: 'keep', reason: 'looked into' }],
] as const;

test('acts that hand out access or decide about integrity ask for the password again, and no token does them', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('sec', ['security-admin']);
  await running.person('vera', ['viewer']);
  const app = {
    appId: 'app',
    revision: 0,
    name: { 'zh-CN': '应用', en: 'App' },
    caller: 'c',
    state: 'active',
    windowSec: 300,
    domain: 'd',
  };
  assert.equal((await security.call('PUT', '/apps/app', app)).status, 200);
  const people = { admin: running.admin, security };
  for (const [who, method, path, body] of ACTS) {
    const person = people[who];
    const codeWith = async (headers: Readonly<Record<string, string>>, by = person) =>
      (await by.call(method, path, body, headers)).body.code;
    assert.equal(await codeWith({ 'x-kq-password': '' }), 'STEP_UP_REQUIRED', path);
    assert.equal(await codeWith({ 'x-kq-password': 'wrong' }), 'STEP_UP_REFUSED', path);
    const { token } = (await person.call('POST', '/me/tokens', { label: 'ci' })).body;
    const again = { authorization: `Bearer ${token}`, 'x-kq-password': encodeURIComponent(person.password!) };
    assert.equal(await codeWith(again, running.client()), 'TOKEN_CANNOT', path);
    const { status, body: done } = await person.call(method, path, body);
    // Nothing is to be decided about integrity here: it is reached all the same.
    assert.ok(status === 200 || path.startsWith('/integrity/'), `${path}: ${status} ${JSON.stringify(done)}`);
    assert.ok(!/STEP_UP/.test(done.code ?? ''), path);
  }
});
