import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import type { AccountItem, AccountList } from '../../control/accounts/accounts.ts';
import { resetPassword } from '../../cli/roots/reset-password.ts';
import { startControl, type Answer, type Client } from './start-control.ts';

const KINDS = ['security-admin', 'audit-admin'] as const;

for (const kind of KINDS) {
  test(`the system administrator makes the first ${kind} and becomes none of them`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const { admin } = running;
    const keeper = await running.person('keeper', [kind]);
    refused(await create(admin, 'puppet', [kind]), kind);
    refused(await admin.call('POST', '/accounts/keeper/reset-password'), kind);
    refused(await change(admin, 'keeper', { roles: [] }), kind);
    refused(await change(admin, 'keeper', { roles: [kind, 'viewer'] }), kind);
    refused(await change(admin, 'keeper', { displayName: 'mine' }), kind);
    await running.person('wang', ['analyst']);
    refused(await change(admin, 'wang', { roles: ['analyst', kind] }), kind);
    assert.equal((await keeper.call('GET', '/me')).status, 200, 'nothing happened to it');
  });

  test(`a ${kind} makes others of the kind, of new accounts and of those there are, and gives them passwords`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const keeper = await running.person('keeper', [kind]);
    await running.person('wang', ['analyst']);
    assert.equal((await create(keeper, 'second', [kind])).status, 200);
    assert.equal((await keeper.call('POST', '/accounts/second/reset-password')).status, 200);
    assert.equal((await change(keeper, 'wang', { roles: ['analyst', kind] })).status, 200);
    assert.equal((await change(keeper, 'wang', { roles: ['analyst'] })).status, 200);
  });

  test(`a ${kind} gives no other role, by no detour, and changes no other account`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const keeper = await running.person('keeper', [kind]);
    await running.person('wang', ['analyst']);
    await create(keeper, 'second', [kind]);
    refused(await create(keeper, 'puppet', ['analyst']), 'system-admin');
    refused(await create(keeper, 'puppet', []), 'system-admin');
    refused(await create(keeper, 'puppet', [kind, 'operator']), 'system-admin');
    assert.equal((await change(keeper, 'second', { roles: [kind, 'analyst'] })).body.values.problem, 'further');
    assert.equal((await change(keeper, 'second', { roles: ['system-admin'] })).body.values.problem, 'further');
    refused(await keeper.call('POST', '/accounts/wang/reset-password'), 'system-admin');
    refused(await change(keeper, 'wang', { roles: [] }), 'system-admin');
    refused(await change(keeper, 'second', { disabled: true }), 'system-admin');
    assert.equal((await change(keeper, 'keeper', { roles: [kind, 'analyst'] })).body.code, 'ACCOUNT_OWN');
  });

  test(`a disabled ${kind} is let in by its own kind, and makes no room for another first one`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const { admin } = running;
    const keeper = await running.person('keeper', [kind]);
    await create(keeper, 'second', [kind]);
    assert.equal((await change(admin, 'second', { disabled: true })).status, 200);
    refused(await change(admin, 'second', { disabled: false }), kind);
    assert.equal((await change(keeper, 'second', { disabled: false })).status, 200);
    for (const name of ['keeper', 'second']) assert.equal((await change(admin, name, { disabled: true })).status, 200);
    refused(await create(admin, 'puppet', [kind]), kind);
  });

  test(`the first ${kind} has all domains, and one that an earlier version limited shuts nobody out`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const { admin } = running;
    const limited = { name: 'local', displayName: 'L', roles: [kind], domains: ['hospital-a'] };
    assert.equal((await admin.call('POST', '/accounts', limited)).body.code, 'ACCOUNT_FIRST_DOMAINS');
    await running.person('wang', [], ['hospital-a']);
    assert.equal((await change(admin, 'wang', { roles: [kind] })).body.code, 'ACCOUNT_FIRST_DOMAINS');
    const keeper = await running.person('keeper', [kind]);
    const local = await running.person('local', [kind], ['hospital-a']);
    for (const [method, path, body] of [
      ['POST', '/accounts', { ...limited, name: 'puppet', domains: 'all' }],
      ['PUT', '/accounts/local', { displayName: 'L', roles: [kind], domains: 'all', disabled: false, revision: 2 }],
      ['POST', '/accounts/keeper/reset-password', undefined],
    ] as const)
      assert.equal((await local.call(method, path, body)).body.code, 'DOMAINS_ALL_NEEDED', `${method} ${path}`);
    // As the version before let it come about.
    const accounts = await running.documents.open({ name: 'accounts', schema: Type.Object({}), indexes: [] });
    await accounts.patchIf('keeper', {}, { set: { domains: ['hospital-b'] } });
    assert.equal((await keeper.call('GET', '/me')).status, 200);
    assert.equal((await create(admin, 'fresh', [kind])).status, 200);
    refused(await create(admin, 'another', [kind]), kind);
  });

  test(`at the machine the last ${kind} gets a new password and can log in again`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    await running.person('keeper', [kind]);
    await change(running.admin, 'keeper', { disabled: true });
    const { oneTimePassword } = await resetPassword(running.control, 'keeper');
    assert.equal((await running.client().login('keeper', oneTimePassword)).status, 200);
    await assert.rejects(resetPassword(running.control, 'nobody'), { code: 'ACCOUNT_UNKNOWN' });
  });
}

test('the list of accounts tells what the asking side may do, and no more', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  assert.deepEqual((await running.admin.call('GET', '/accounts')).body.mayGive.toSorted(), [
    ...['analyst', 'audit-admin', 'operator', 'security-admin', 'system-admin', 'viewer'],
  ]);
  const security = await running.person('security', ['security-admin']);
  await running.person('wang', ['analyst']);
  assert.deepEqual((await security.call('GET', '/accounts')).body.mayGive, ['security-admin']);
  assert.deepEqual((await account(security, 'wang')).mayChange, { account: false, roles: ['security-admin'], disable: false });
  assert.deepEqual((await account(running.admin, 'security')).mayChange, { account: false, roles: [], disable: true });
  assert.deepEqual((await account(running.admin, 'admin')).mayChange, { account: false, roles: [], disable: false });
});

function create(who: Client, name: string, roles: readonly string[]): Promise<Answer> {
  return who.call('POST', '/accounts', { name, displayName: name, roles });
}

async function account(who: Client, name: string): Promise<AccountItem> {
  const { items } = (await who.call('GET', '/accounts')).body as AccountList;
  const found = items.find((item) => item.name === name);
  assert.ok(found);
  return found;
}

async function change(who: Client, name: string, changes: Readonly<Record<string, unknown>>): Promise<Answer> {
  const { displayName, roles, disabled, revision } = await account(who, name);
  return who.call('PUT', `/accounts/${name}`, { displayName, roles, disabled, revision, ...changes });
}

function refused({ status, body }: Answer, keeper: string): void {
  assert.deepEqual([status, body.code, body.values?.problem], [403, 'ACCOUNT_KEPT', keeper]);
}
