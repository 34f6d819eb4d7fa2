/**
 * What somebody does who edits lines of the audit trail, so that nothing says which copy of a document is the last one: each line is named, and
 * no message is worked on until the security administrator has accepted what stands.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { MARKED_COLLECTIONS } from '../../engine/integrity/marked-collections.ts';
import { editStore, type StoreEdit } from '../support/edit-store.ts';
import { copyHome, openGuarded, type GuardedSystem } from '../support/guarded-system.ts';

const PASSWORD = 'Kang-Qiao-2026-first!';
const root = await mkdtemp(join(tmpdir(), 'kq-tampered-trail-'));
const home = join(root, 'home');
after(() => rm(root, { recursive: true }));
/** The account `li` as it was before its rights were taken away. */
const earlier = { li: {} as Record<string, unknown> };
const name = { 'zh-CN': '名称', en: 'Name' };
const app = { appId: 'APP', revision: 0, name, caller: 'city', state: 'active', windowSec: 300, domain: 'sh-city' };
const offer = {
  ...{ interfaceId: 'ifc_a', revision: 0, name, domain: 'sh-city', front: 'open', method: 'GET', path: '/open/v1/a', state: 'online' },
  ...{ log: 'in', timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0, target: { kind: 'flow', flowId: 'flw_a' } },
};

before(async () => {
  let system = await openGuarded(home);
  const run = (action: string, input: unknown) => system.control.run(action, input);
  for (const [account, roles] of [
    ['li', ['system-admin']],
    ['zhao', ['security-admin']],
  ] as const)
    await run('accounts.create', { name: account, displayName: account, roles });
  const { oneTimePassword } = (await run('accounts.reset-password', { name: 'zhao' })) as { oneTimePassword: string };
  const zhao = system.client();
  await zhao.login('zhao', oneTimePassword);
  assert.equal((await zhao.call('POST', '/me/password', { oldPassword: oneTimePassword, newPassword: PASSWORD })).status, 200);
  await run('apps.save', { appId: 'APP', document: app });
  await run('interfaces.save', { interfaceId: 'ifc_a', document: offer });
  await run('grants.save', { grantId: 'grt_a', document: { grantId: 'grt_a', revision: 0, appId: 'APP', interfaceId: 'ifc_a' } });
  await system.stop();
  editStore(join(home, 'store'), (store) => {
    earlier.li = store.get('accounts', 'li');
  });
  system = await openGuarded(home);
  const { items } = (await run('accounts.list', {})) as { items: { name: string; revision: number }[] };
  const { revision } = items.find((account) => account.name === 'li')!;
  await run('accounts.update', { name: 'li', displayName: 'li', roles: ['viewer'], disabled: false, revision });
  await run('grants.remove', { grantId: 'grt_a' });
  await run('accounts.create', { name: 'wu', displayName: 'wu', roles: ['viewer'] });
  await system.stop();
});

const lineOf = (store: StoreEdit, action: string) =>
  Number(store.all('audit').findLast((line) => line['action'] === action && line['phase'] === 'result')!['number']);
const idOf = (number: number) => `main-${String(number).padStart(12, '0')}`;
const spoil = (store: StoreEdit, number: number) =>
  store.change('audit', idOf(number), (line) => ({ ...line, from: '10.0.0.1', marks: undefined }));

async function tampered<R>(kind: string, edit: (store: StoreEdit) => R) {
  const own = join(root, kind);
  await copyHome(home, own);
  return { own, told: editStore(join(own, 'store'), edit) };
}

const rolesOf = async ({ control }: GuardedSystem, account: string) =>
  ((await control.run('accounts.list', {})) as { items: { name: string; roles: string[] }[] }).items.find((one) => one.name === account)
    ?.roles;

async function accept(system: GuardedSystem): Promise<void> {
  const zhao = system.client();
  assert.equal((await zhao.login('zhao', PASSWORD)).status, 200);
  assert.equal((await zhao.call('POST', '/integrity/accept-trail', { reason: '已核对备份' })).status, 200);
}

test('rights that were put back behind an edited audit line: the store is read only, and the line is named', async () => {
  const { own, told: number } = await tampered('roles', (store) => {
    const line = lineOf(store, 'accounts.update');
    spoil(store, line);
    store.change('accounts', 'li', () => earlier.li);
    return line;
  });
  const system = await openGuarded(own);
  try {
    const { guard, control } = system;
    assert.deepEqual([guard.trailProblem()?.why, guard.trailProblem()?.line], ['broken', number]);
    assert.deepEqual(guard.breaks(), [{ number, to: number, why: 'changed', isAccepted: false }]);
    assert.match(system.log(), new RegExp(`AUDIT_CHAIN_BROKEN.*"line":${number}|"line":${number}.*AUDIT_CHAIN_BROKEN`));
    await assert.rejects(control.run('apps.save', { appId: 'APP', document: { ...app, revision: 1 } }), { code: 'AUDIT_TRAIL_REFUSED' });
    const zhao = system.client();
    await zhao.login('zhao', PASSWORD);
    assert.deepEqual((await zhao.call('GET', '/integrity')).body.breaks, guard.breaks());
    assert.equal((await guard.verify()).chain.intact, false);
  } finally {
    await system.stop();
  }
});

test('each broken line is kept, not the first alone', async () => {
  const { own, told } = await tampered('several', (store) => {
    spoil(store, 5);
    store.remove('audit', `id IN ('${idOf(8)}', '${idOf(9)}')`);
    const last = lineOf(store, 'grants.remove');
    spoil(store, last);
    return last;
  });
  const system = await openGuarded(own);
  try {
    assert.deepEqual(
      system.guard.breaks().map(({ number, to, why }) => [number, to, why]),
      [
        [5, 5, 'changed'],
        [8, 9, 'missing'],
        [told, told, 'changed'],
      ],
    );
    assert.notEqual(system.guard.trailProblem(), undefined);
  } finally {
    await system.stop();
  }
});

test('a line in front that was edited hides neither a cut nor a foreign end', async () => {
  const { own } = await tampered('hidden', (store) => {
    spoil(store, 5);
    const last = store.all('audit').at(-1)!;
    store.remove('audit', 'id IN (SELECT id FROM audit ORDER BY id DESC LIMIT 4)');
    store.insert('audit', String(last['_id']), last);
    store.database.prepare('UPDATE audit SET c0 = ?, c1 = ? WHERE id = ?').run('main', Number(last['number']), String(last['_id']));
  });
  const system = await openGuarded(own);
  assert.equal(system.guard.trailProblem()?.why, 'older');
  await system.stop();
});

test('what was accepted stays accepted, and a line that is edited later is named again', async () => {
  const { own, told } = await tampered('accepted', (store) => {
    const lines = [lineOf(store, 'grants.save'), lineOf(store, 'grants.remove')];
    for (const line of lines) spoil(store, line);
    return lines;
  });
  const accepted = told.map((number) => ({ number, to: number, why: 'changed', isAccepted: true }));
  const first = await openGuarded(own);
  assert.equal(first.guard.trailProblem()?.why, 'broken');
  await accept(first);
  assert.deepEqual([first.guard.trailProblem(), first.guard.breaks()], [undefined, accepted]);
  await first.control.run('apps.save', { appId: 'APP', document: { ...app, revision: 1 } });
  await first.stop();

  const second = await openGuarded(own);
  assert.deepEqual([second.guard.trailProblem(), second.guard.findings()], [undefined, []], 'it is read only once');
  assert.deepEqual(await rolesOf(second, 'li'), ['viewer'], 'and all that stood is used');
  assert.deepEqual(second.guard.breaks(), accepted);
  await second.stop();

  editStore(join(own, 'store'), (store) => {
    spoil(store, 5);
    store.change('accounts', 'li', () => earlier.li);
  });
  const third = await openGuarded(own);
  assert.equal(third.guard.trailProblem(), undefined, 'the accepted state names every document, so an older line decides nothing');
  assert.deepEqual(third.guard.breaks(), [{ number: 5, to: 5, why: 'changed', isAccepted: false }, ...accepted]);
  assert.deepEqual(
    third.guard.findings().map(({ collection, id, why }) => `${collection}/${id} ${why}`),
    ['accounts/li old'],
  );
  await third.stop();

  editStore(join(own, 'store'), (store) => spoil(store, lineOf(store, 'apps.save')));
  const fourth = await openGuarded(own);
  assert.notEqual(fourth.guard.trailProblem(), undefined, 'a line after what was accepted decides again');
  await fourth.stop();
});

test('an edited line of the accepted state itself makes the store read only again', async () => {
  const { own } = await tampered('baseline', (store) => spoil(store, lineOf(store, 'grants.remove')));
  const first = await openGuarded(own);
  await accept(first);
  await first.control.run('apps.save', { appId: 'APP', document: { ...app, revision: 1 } });
  await first.stop();
  editStore(join(own, 'store'), (store) => spoil(store, lineOf(store, 'integrity.accept-trail')));
  const second = await openGuarded(own);
  assert.equal(second.guard.trailProblem()?.why, 'broken');
  await second.stop();
});

test('a broken line from before marks were enforced is named and stops nothing', async () => {
  const { own } = await tampered('before-marks', (store) => {
    spoil(store, lineOf(store, 'integrity.enforce'));
    for (const { name: table } of store.database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all())
      if (MARKED_COLLECTIONS.has(String(table)))
        for (const { _id } of store.all(String(table))) store.change(String(table), String(_id), ({ _mark, ...document }) => document);
    store.remove('integrity');
  });
  await rm(join(own, 'audit-head'));
  for (let start = 0; start < 2; start++) {
    const system = await openGuarded(own);
    assert.deepEqual([system.guard.trailProblem(), system.guard.findings(), system.guard.isEnforced], [undefined, [], true]);
    assert.equal(system.guard.breaks().length, 1);
    await system.stop();
  }
});

test('a recovery code that was used does not come back with the account of before', async () => {
  const { own } = await tampered('recovery', () => undefined);
  const first = await openGuarded(own);
  const zhao = first.client();
  await zhao.login('zhao', PASSWORD);
  const password = { 'x-kq-password': encodeURIComponent(PASSWORD) };
  const { secret } = (await zhao.call('POST', '/me/second-factor', undefined, password)).body as { secret: string };
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const { recoveryCodes } = (await zhao.call('POST', '/me/second-factor/confirm', { code })).body as { recoveryCodes: string[] };
  const unused = editStore(join(own, 'store'), (store) => store.get('accounts', 'zhao'));
  const login = await first.client().call('POST', '/login', { name: 'zhao', password: PASSWORD, code: recoveryCodes[0] });
  assert.equal(login.status, 200);
  await first.stop();
  editStore(join(own, 'store'), (store) => store.change('accounts', 'zhao', () => unused));
  const second = await openGuarded(own);
  assert.deepEqual(
    second.guard.findings().map(({ id, why }) => `${id} ${why}`),
    ['zhao old'],
  );
  await second.stop();
});

test('a signed head that is gone is named until the trail is accepted, and stops nothing', async () => {
  const { own } = await tampered('no-head', () => undefined);
  await rm(join(own, 'audit-head'));
  for (let start = 0; start < 2; start++) {
    const system = await openGuarded(own);
    assert.deepEqual([system.guard.trailProblem(), typeof system.guard.headMissingSince()], [undefined, 'number']);
    assert.equal((await system.guard.verify()).headMissingSince, system.guard.headMissingSince());
    if (start === 0) assert.match(system.log(), /AUDIT_HEAD_MISSING/);
    else await accept(system);
    await system.stop();
  }
  const third = await openGuarded(own);
  assert.deepEqual([third.guard.trailProblem(), third.guard.headMissingSince()], [undefined, undefined]);
  await third.stop();
});

test('a line that is edited under a running system is named by verify and goes on', async () => {
  const { own } = await tampered('running', () => undefined);
  const system = await openGuarded(own);
  try {
    editStore(join(own, 'store'), (store) => spoil(store, 5));
    const { chain } = await system.guard.verify();
    assert.deepEqual(chain.intact ? [] : chain.breaks.map(({ number }) => number), [5]);
    assert.equal(system.guard.breaks().length, 1);
    assert.equal(system.guard.trailProblem(), undefined);
    editStore(join(own, 'store'), (store) => spoil(store, 7));
    await assert.rejects(system.guard.acceptTrail(), { code: 'AUDIT_CHAIN_BROKEN' }, 'nobody accepts what they have not seen');
    await accept(system);
    assert.deepEqual(
      system.guard.breaks().map(({ number, isAccepted }) => [number, isAccepted]),
      [
        [5, true],
        [7, true],
      ],
    );
  } finally {
    await system.stop();
  }
});
