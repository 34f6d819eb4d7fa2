/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRoles, permissionsOf } from '../../control/access/permissions.ts';
import { ROUTES } from '../../control/api/routes.ts';
import { ROLES } from '../../engine/contract/access/access.ts';
import { startControl } from './start-control.ts';

/** What every logged-in person may do: one's own account, and what one asks of others: who may ask for what is tested with the requests. */
const OWN = /^(me|requests)\./;
/** Asked with a body, but changing nothing that others work on. */
const READING = /\.(validate|export|ports|upgrade|visit|find|explain)$|^calls\.search$/;

test('answers nobody without a login, on any route', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const guest = running.client();
  for (const { method, path } of ROUTES)
    assert.equal((await guest.call(method, filled(path), bodyFor(method))).status, 401, `${method} ${path}`);
  assert.equal((await guest.raw('GET', '/events')).status, 401);
});

test('lets a viewer change nothing, on any route', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const viewer = await running.person('viewer', ['viewer']);
  const changing = ROUTES.filter(({ method, action }) => method !== 'GET' && !OWN.test(action) && !READING.test(action));
  assert.ok(changing.length > 30);
  for (const { method, path } of changing) {
    const answer = await viewer.call(method, filled(path), bodyFor(method));
    assert.equal(answer.body.code, 'PERMISSION_DENIED', `${method} ${path}`);
  }
});

test('lets an account without a role do nothing but look at itself', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const nobody = await running.person('nobody', []);
  for (const { method, path, action } of ROUTES) {
    if (OWN.test(action)) continue;
    assert.equal((await nobody.call(method, filled(path), bodyFor(method))).body.code, 'PERMISSION_DENIED', `${method} ${path}`);
  }
});

test('keeps payloads from those who only watch', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const viewer = await running.person('viewer', ['viewer']);
  assert.equal((await viewer.call('GET', '/executions/exe_1')).status, 404);
  assert.equal((await viewer.call('GET', '/executions/exe_1/payload')).status, 403);
  const patient = { keyName: 'patient', keyValue: 'P1' };
  assert.equal((await viewer.call('POST', '/executions/search', patient)).status, 403, 'nor do they learn who was where');
  assert.equal((await running.admin.call('POST', '/executions/search', patient)).status, 200);
  const inAddress = await running.admin.call('GET', '/executions?keyName=patient&keyValue=P1');
  assert.equal(inAddress.body.code, 'INPUT_INVALID', 'an address stands in logs');
});

test('keeps system, security and audit administrator apart', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  assert.throws(() => checkRoles(['system-admin', 'audit-admin']), { code: 'ACCOUNT_ROLES_EXCLUSIVE' });
  const both = await running.admin.call('POST', '/accounts', {
    name: 'both',
    displayName: 'Both',
    roles: ['security-admin', 'audit-admin'],
  });
  assert.equal(both.body.code, 'ACCOUNT_ROLES_EXCLUSIVE');
  const own = await running.admin.call('PUT', '/accounts/admin', {
    displayName: 'me',
    roles: ['audit-admin'],
    disabled: false,
    revision: 1,
  });
  assert.equal(own.body.code, 'ACCOUNT_OWN', 'nobody gives himself a role');
  assert.equal((await running.admin.call('GET', '/audit')).status, 403);
  assert.equal((await running.admin.call('POST', '/apps/a/keys/k/revoke')).status, 403);
  const trail = ROLES.filter((role) => permissionsOf([role]).has('audit.read'));
  assert.deepEqual(trail, ['audit-admin']);
});

test('a change of roles or a disabled account counts at once, for open sessions too', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const analyst = await running.person('wang', ['analyst']);
  assert.equal((await analyst.call('GET', '/flows')).status, 200);
  const { revision } = (await running.admin.call('GET', '/accounts')).body.items.find((item: { name: string }) => item.name === 'wang');
  const change = { displayName: 'Wang', roles: ['audit-admin'], disabled: false };
  const changed = await running.admin.call('PUT', '/accounts/wang', { ...change, revision });
  assert.equal((await analyst.call('GET', '/flows')).status, 403);
  const stale = await running.admin.call('PUT', '/accounts/wang', { ...change, revision });
  assert.equal(stale.status, 409);
  assert.equal(stale.body.theirs.revision, changed.body.revision);
  await running.admin.call('PUT', '/accounts/wang', { ...change, disabled: true, revision: changed.body.revision });
  assert.equal((await analyst.call('GET', '/me')).status, 401);
});

function filled(path: string): string {
  return path.replace(':flowId', 'flw_a').replace(':version', '1').replace(/:\w+/g, 'x');
}

function bodyFor(method: string): unknown {
  return method === 'POST' || method === 'PUT' ? {} : undefined;
}
