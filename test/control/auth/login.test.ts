import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from '../../../engine/contract/ip-range.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createCheckLogin } from '../../../control/auth/login.ts';
import type { AccountStore } from '../../../control/auth/account-store.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';

test('an address that is locked fills no counters of accounts, so that others still log in', async () => {
  const { login, keys } = start();
  for (let guess = 0; guess < 100; guess++) await assert.rejects(login(`invented-${guess}`, 'x', '192.0.2.1'));
  assert.ok(keys('login:account:') <= 30, `${keys('login:account:')} counters of accounts`);
  await assert.rejects(login('somebody', 'x', '192.0.2.1'), { code: 'LOGIN_LOCKED' });
  await assert.rejects(login('somebody', 'x', '192.0.2.2'), { code: 'LOGIN_REFUSED' });
});

test('names and addresses without number share a bounded number of counters', async () => {
  const { login, keys } = start();
  for (let guess = 0; guess < 40_000; guess++) {
    await assert.rejects(login(`invented-${guess}`, 'x', `2001:db8:${guess.toString(16)}::1`));
  }
  assert.ok(keys('login:') <= 3 * 16_384, `${keys('login:')} counters`);
});

test('wrong tries from one address lock the account for nobody else, until they are a hundred', async () => {
  const { login } = start();
  for (let address = 1; address <= 20; address++) {
    for (let guess = 0; guess < 5; guess++) await assert.rejects(login('admin', 'x', `192.0.2.${address}`), { code: 'LOGIN_REFUSED' });
    await assert.rejects(login('admin', 'x', `192.0.2.${address}`), { code: 'LOGIN_LOCKED' });
  }
  await assert.rejects(login('admin', 'x', '192.0.2.99'), { code: 'LOGIN_LOCKED' });
  await assert.rejects(login('somebody', 'x', '192.0.2.99'), { code: 'LOGIN_REFUSED' });
});

test('counts an IPv6 network as one address, and every IPv4 address by itself', () => {
  const networks = ['2001:db8:1:2::7', '2001:DB8:1:2:ffff::', '2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002::192.0.2.1'].map(networkOf);
  assert.deepEqual(new Set(networks), new Set(['2001:db8:1:2']));
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.notEqual(networkOf('::ffff:192.0.2.1'), networkOf('::ffff:192.0.2.2'));
  assert.notEqual(networkOf('192.0.2.1'), networkOf('192.0.2.2'));
});

/** Accounts that exist for nobody, and a shared state that remembers which counters it was asked for. */
function start() {
  const counted = new Set<string>();
  const state = createMemorySharedState({ clock: fakeClock() });
  const shared: SharedState = {
    ...state,
    increment(key, by, ttlMs) {
      counted.add(key);
      return state.increment(key, by, ttlMs);
    },
  };
  const nobody = { passwordOf: () => Promise.resolve(undefined), get: () => Promise.resolve(undefined) } as unknown as AccountStore;
  // The work of comparing passwords is not what is looked at here.
  const login = createCheckLogin(nobody, shared, () => Promise.resolve(false));
  return { login, keys: (prefix: string) => [...counted].filter((key) => key.startsWith(prefix)).length };
}
