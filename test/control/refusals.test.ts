/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditNote } from '../../control/audit/audit-note.ts';
import type { Actor } from '../../control/access/actor.ts';
import { requireTouched, scopeOf } from '../../control/access/domains.ts';
import type { AuditLine } from '../../control/audit/audit-line.ts';
import type { Intent } from '../../control/audit/audit-log.ts';
import { createRefusals } from '../../control/audit/refusals.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { ADMIN_PASSWORD, PERSON_PASSWORD, startControl } from './start-control.ts';

test('what a person was denied leaves a line in the audit trail, reading too, and folds what is repeated within a minute', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  const viewer = await running.person('vera', ['viewer']);
  for (let tries = 0; tries < 40; tries++) assert.equal((await viewer.call('DELETE', '/flows/flw_x')).status, 403);
  assert.equal((await viewer.call('GET', '/accounts')).status, 403);
  const denied = async () => {
    const { body } = await auditor.call('GET', '/audit?limit=200&actor=vera&outcome=PERMISSION_DENIED');
    return body.items as readonly { readonly action: string; readonly after?: { readonly more: number } }[];
  };
  assert.deepEqual((await denied()).map(({ action }) => action).sort(), ['accounts.list', 'flows.remove']);
  await running.clock.advance(60_000);
  const lines = await denied();
  const more = lines.find(({ after }) => after !== undefined);
  assert.deepEqual([lines.length, more?.action, more?.after], [3, 'flows.remove', { more: 39, addresses: 1 }]);
});

test('refusals folded into one line say from how many addresses they came, and the line carries the last one', async () => {
  const clock = fakeClock();
  const lines: { from: string; subject: string | undefined; after: unknown }[] = [];
  const audit = {
    intent: async ({ actor, subject }: { actor: Actor; subject?: string | undefined }) => {
      lines.push({ from: actor.from, subject, after: undefined });
      return { line: { number: lines.length } as AuditLine };
    },
    result: async ({ line }: Intent, { note }: { note: AuditNote }) => void (lines[line.number - 1]!.after = note.after),
  };
  const refusals = createRefusals({ audit, clock, logger: silentLogger });
  const deny = (from: string, id: string) =>
    refusals.watch('flows.get', { account: 'vera', roles: [], domains: ['a'], via: 'session', from }, () =>
      requireTouched({ id, domains: ['b'] }, scopeOf(['a'])),
    );
  for (const [from, id] of [
    ['10.0.0.1', 'flw_1'],
    ['10.0.0.2', 'flw_2'],
    ['10.0.0.2', 'flw_3'],
    ['10.0.0.3', 'flw_4'],
  ] as const)
    await assert.rejects(deny(from, id), { code: 'NOT_FOUND' });
  await clock.advance(60_000);
  await refusals.stop();
  assert.deepEqual(lines, [
    { from: '10.0.0.1', subject: 'flw_1', after: undefined },
    { from: '10.0.0.3', subject: 'flw_4', after: { more: 3, addresses: 3 } },
  ]);
});

test('a one-time password that was not changed, and a wrong password given again, are noted too', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  const { oneTimePassword } = (await running.admin.call('POST', '/accounts', { name: 'neu', displayName: 'N', roles: ['viewer'] })).body;
  const newcomer = running.client();
  await newcomer.login('neu', oneTimePassword);
  assert.equal((await newcomer.call('GET', '/flows')).body.code, 'PASSWORD_CHANGE_REQUIRED');
  const security = await running.person('sec', ['security-admin']);
  const reveal = (password: string) =>
    security.call('POST', '/secrets/s/reveal', { reason: 'a good reason' }, { 'x-kq-password': encodeURIComponent(password) });
  assert.equal((await reveal('')).body.code, 'STEP_UP_REQUIRED');
  assert.deepEqual([(await reveal('wrong')).status, (await reveal('wrong')).body.code], [403, 'STEP_UP_REFUSED']);
  assert.equal((await reveal(PERSON_PASSWORD)).status, 200);
  const { items } = (await auditor.call('GET', '/audit?limit=200&outcome=failed')).body;
  const told = items.map(({ actor, action, outcome }: Record<string, string>) => `${actor} ${action} ${outcome}`);
  for (const line of [
    'neu flows.list PASSWORD_CHANGE_REQUIRED',
    'sec secrets.reveal STEP_UP_REQUIRED',
    'sec secrets.reveal STEP_UP_REFUSED',
  ])
    assert.ok(told.includes(line), `${line}: ${told.join(', ')}`);
});

test('wrong passwords given again count as wrong logins do', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('sec', ['security-admin']);
  const reveal = (password: string) =>
    security.call('POST', '/secrets/s/reveal', { reason: 'a good reason' }, { 'x-kq-password': encodeURIComponent(password) });
  for (let tries = 0; tries < 5; tries++) assert.equal((await reveal(`wrong-${tries}`)).body.code, 'STEP_UP_REFUSED');
  assert.equal((await reveal(PERSON_PASSWORD)).body.code, 'LOGIN_LOCKED');
  assert.equal((await running.client().login('sec', PERSON_PASSWORD)).status, 429);
});

test('a token does none of the acts that ask for the password again, with the password or without', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { token } = (await running.admin.call('POST', '/me/tokens', { label: 'ci' })).body;
  const headers = { authorization: `Bearer ${token}`, 'x-kq-password': encodeURIComponent(ADMIN_PASSWORD) };
  const key = Buffer.alloc(32).toString('base64');
  for (const [path, body] of [
    ['/system/backup', { file: 'a.kqb', key }],
    ['/system/move', { to: 'postgres://u@127.0.0.1/db' }],
  ] as const)
    assert.deepEqual((await running.client().call('POST', path, body, headers)).body.code, 'TOKEN_CANNOT', path);
});

test('guessed tokens and cookies are counted per address, and refused with 429 after thirty; a right one passes all the same', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  const guess = (secret: string) => running.client().call('GET', '/me', undefined, { authorization: `Bearer ${secret}` });
  const stale = () => running.client().call('GET', '/me', undefined, { cookie: 'kq_session=kqs_of-a-session-that-has-ended' });
  for (let again = 0; again < 60; again++) assert.equal((await stale()).status, 401, 'one cookie that has ended is one');
  for (let n = 0; n < 29; n++) assert.equal((await guess(`kqt_guess-${n}-xxxxxxxxxx`)).status, 401);
  const refused = await guess('kqt_one-too-many-xxxxxxx');
  assert.deepEqual([refused.status, refused.body.code, refused.headers.get('retry-after')], [429, 'TOKEN_LOCKED', '900']);
  assert.equal((await running.admin.call('GET', '/me')).status, 200);
  const { items } = (await auditor.call('GET', '/audit?limit=200&action=token&outcome=failed')).body;
  assert.deepEqual(items.map(({ outcome }: { outcome: string }) => outcome).sort(), ['LOGIN_REQUIRED', 'TOKEN_LOCKED']);
});
