/** Work of an administrator on a stopped store: verify it, accept its trail, restore a backup over a newer one. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { backupOffline, restoreOffline } from '../../cli/offline/keep-offline.ts';
import { acceptOffline, keepOffline, verifyOffline } from '../../cli/offline/verify-offline.ts';
import { readProcessSettings } from '../../engine/host/settings.ts';
import { editStore } from '../support/edit-store.ts';
import { copyHome, openGuarded } from '../support/guarded-system.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-verify-'));
const home = join(root, 'home');
const signal = new AbortController().signal;
after(() => rm(root, { recursive: true }));

const settingsOf = (at: string) => ({
  dataFolder: join(at, 'data'),
  storeAddress: `embedded:${join(at, 'store')}`,
  kekFile: join(at, 'kek'),
  auditHeadFile: join(at, 'audit-head'),
});

before(async () => {
  const system = await openGuarded(home);
  await system.control.run('accounts.create', { name: 'wang', displayName: 'wang', roles: ['viewer'] });
  await system.stop();
});

async function copyOf(name: string): Promise<string> {
  await copyHome(home, join(root, name));
  return join(root, name);
}

test('verify names what was changed in a stopped store, and changes nothing', async () => {
  const at = await copyOf('changed');
  assert.deepEqual((await verifyOffline(settingsOf(at), signal)).marks?.findings, []);
  editStore(join(at, 'store'), (store) => store.change('accounts', 'wang', (account) => ({ ...account, roles: ['system-admin'] })));
  for (let look = 0; look < 2; look++) {
    const report = await verifyOffline(settingsOf(at), signal);
    assert.equal(report.intact, true);
    assert.deepEqual(
      report.marks?.findings.map(({ id, why }) => [id, why]),
      [['wang', 'changed']],
    );
  }
});

test('a head that is gone is named by each look', async () => {
  const at = await copyOf('no-head');
  await rm(join(at, 'audit-head'));
  for (let look = 0; look < 2; look++) assert.equal(typeof (await verifyOffline(settingsOf(at), signal)).marks?.headMissingSince, 'number');
});

test('an account that was changed is kept at the machine, which the trail says', async () => {
  const at = await copyOf('kept');
  editStore(join(at, 'store'), (store) => store.change('accounts', 'wang', (account) => ({ ...account, displayName: '王' })));
  await keepOffline(readProcessSettings(settingsOf(at)), 'accounts/wang', '已核对');
  assert.deepEqual((await verifyOffline(settingsOf(at), signal)).marks?.findings, []);
  const lines = editStore(join(at, 'store'), (store) => store.all('audit').filter(({ action }) => action === 'integrity.decide'));
  assert.equal(lines.length, 2);
});

test('a trail that was cut is named, and one at the machine can accept it, which the trail says', async () => {
  const at = await copyOf('cut');
  editStore(join(at, 'store'), (store) => store.remove('audit', 'id IN (SELECT id FROM audit ORDER BY id DESC LIMIT 1)'));
  assert.equal((await verifyOffline(settingsOf(at), signal)).marks?.trail?.why, 'older');
  await acceptOffline(readProcessSettings(settingsOf(at)), 'integrity.accept-trail', { reason: '已核对' });
  assert.equal((await verifyOffline(settingsOf(at), signal)).marks?.trail, undefined);
  const system = await openGuarded(at);
  assert.equal(system.guard.trailProblem(), undefined);
  await system.stop();
  const lines = editStore(join(at, 'store'), (store) => store.all('audit').filter(({ action }) => action === 'integrity.accept-trail'));
  assert.equal(lines.length, 2);
});

test('a restored backup is not taken for tampering, though its trail is older than the signed head', async () => {
  const at = await copyOf('restored');
  const key = randomBytes(32);
  const [file, keyFile] = [join(root, 'backup.kqb'), join(root, 'backup.key')];
  await writeFile(keyFile, key);
  await backupOffline(settingsOf(at), { file, key }, { signal, onProgress: () => {} });
  const later = await openGuarded(at);
  await later.control.run('accounts.create', { name: 'li', displayName: 'li', roles: ['viewer'] });
  await later.stop();
  await rm(join(at, 'store'), { recursive: true });
  await restoreOffline(settingsOf(at), { file, keyFile }, { signal, onProgress: () => {} });
  const system = await openGuarded(at);
  assert.deepEqual([system.guard.trailProblem(), system.guard.findings()], [undefined, []]);
  const { items } = (await system.control.run('accounts.list', {})) as { items: { name: string }[] };
  assert.deepEqual(items.map(({ name }) => name).sort(), ['admin', 'wang']);
  await system.stop();
  const lines = editStore(join(at, 'store'), (store) => store.all('audit').filter(({ action }) => action === 'system.restore'));
  assert.equal(lines.length, 2);
});
