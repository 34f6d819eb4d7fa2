/** Marks over real files: what a program does that edits the database of a stopped system. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Type } from 'typebox';
import { openAccountStore } from '../../control/auth/account-store.ts';
import { openSessionStore } from '../../control/auth/session-store.ts';
import { createLogger } from '../../engine/host/logger.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { enterStoreLevel } from '../../storage/store-level.ts';
import { editStore } from '../support/edit-store.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-marked-'));
after(() => rm(root, { recursive: true }));
const PASSWORD = 'Kang-Qiao-2026-first!';

const open = (name: string, logger = silentLogger) => openStorage({ address: `embedded:${join(root, name)}`, clock: systemClock, logger });
const parts = async ({ documents }: Awaited<ReturnType<typeof open>>) => ({
  accounts: await openAccountStore(documents, systemClock),
  sessions: await openSessionStore({ documents, crypto: createSoftwareCrypto(), clock: systemClock }),
});

test('edited accounts, foreign password hashes and inserted sessions are not used, and each is named', async () => {
  const first = await open('one');
  const made = await parts(first);
  for (const name of ['wang', 'li', 'zhao'])
    await made.accounts.create({ name, displayName: name, roles: ['viewer'], domains: 'all', mustChangePassword: false }, PASSWORD);
  const { secret } = await made.sessions.open('zhao');
  await first.close();

  editStore(join(root, 'one'), (edit) => {
    edit.change('accounts', 'wang', (account) => ({ ...account, roles: ['system-admin', 'security-admin', 'audit-admin'] }));
    edit.change('accounts', 'li', (account) => ({ ...account, password: edit.get('accounts', 'zhao')['password'] }));
    const [session] = edit.all('sessions');
    edit.insert('sessions', 'f'.repeat(64), { ...session, _id: 'f'.repeat(64), account: 'zhao' });
  });

  const lines: string[] = [];
  const second = await open('one', createLogger({ level: 'error', format: 'json', write: (line) => void lines.push(line) }));
  const { accounts, sessions } = await parts(second);
  assert.deepEqual(
    (await accounts.list()).map(({ name }) => name),
    ['zhao'],
  );
  assert.equal(await accounts.passwordOf('li'), undefined);
  assert.equal((await sessions.find(secret))?.account, 'zhao', 'what nobody touched goes on');
  assert.equal(await sessions.isLive('f'.repeat(64)), false);
  const named = second.integrity.state.findings().map(({ collection, id, why }) => `${collection}/${id} ${why}`);
  assert.deepEqual(named.sort(), ['accounts/li changed', 'accounts/wang changed', `sessions/${'f'.repeat(64)} changed`]);
  assert.equal(lines.filter((line) => line.includes('INTEGRITY_BROKEN')).length, 3);
  await second.close();
});

test('a build that knows no marks is refused on a store that has them', async () => {
  const storage = await open('two');
  await assert.rejects(enterStoreLevel(storage.documents, { level: 1, beside: 1 }), { code: 'STORE_INCOMPATIBLE' });
  await storage.close();
});

test('one that edits the store’s own word about its marks does not switch them off', async () => {
  const first = await open('three');
  await (
    await parts(first)
  ).accounts.create({ name: 'wang', displayName: '', roles: ['viewer'], domains: 'all', mustChangePassword: false }, PASSWORD);
  await first.close();
  editStore(join(root, 'three'), (edit) => {
    edit.change('accounts', 'wang', (account) => ({ ...account, roles: ['system-admin'] }));
    edit.change('integrity', 'store', ({ enforcedAt: _, ...state }) => state);
  });
  const second = await open('three');
  assert.equal(await (await parts(second)).accounts.get('wang'), undefined);
  assert.deepEqual(
    second.integrity.state
      .findings()
      .map(({ collection }) => collection)
      .sort(),
    ['accounts', 'integrity'],
  );
  const raw = await second.gate.documents.open({ name: 'accounts', schema: Type.Object({}), indexes: [] });
  assert.ok(await raw.get('wang'), 'the document stays for people to look at');
  await second.close();
});
