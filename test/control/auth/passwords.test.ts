import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAccountStore } from '../../../control/auth/account-store.ts';
import { verifyPassword } from '../../../control/auth/passwords.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const PASSWORD = 'Kang-Qiao-2026-first!';
const account = { displayName: 'A', roles: [], domains: 'all' as const, mustChangePassword: true };

test('a password costs an attacker 32 MB a try where nobody chose a cost, new or changed', async () => {
  const clock = fakeClock();
  const accounts = await openAccountStore(createMemoryDocuments({ clock }), clock);
  await accounts.create({ ...account, name: 'ann' }, PASSWORD);
  const first = (await accounts.passwordOf('ann'))!;
  await accounts.setPassword('ann', `${PASSWORD}2`, false);
  for (const { N, r, p } of [first, (await accounts.passwordOf('ann'))!]) assert.ok(128 * N * r >= 32 * 2 ** 20 && p >= 1);
});

test('a check computes with the cost that stands beside the hash', async () => {
  const clock = fakeClock();
  const accounts = await openAccountStore(createMemoryDocuments({ clock }), clock, { N: 16, r: 8, p: 1 });
  await accounts.create({ ...account, name: 'ann' }, PASSWORD);
  const stored = await accounts.passwordOf('ann');
  assert.equal(stored!.N, 16);
  assert.equal(await verifyPassword(PASSWORD, stored), true);
  assert.equal(await verifyPassword('another one', stored), false);
});
