import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from '../../../engine/contract/ip-range.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createCheckLogin } from '../../../control/auth/login.ts';
import type { AccountStore } from '../../../control/auth/account-store.ts';
import { openKnownNetworks, type KnownNetworks } from '../../../control/auth/known-networks.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
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

test('a hundred wrong tries of strangers lock nobody out where they have logged in before', async () => {
  const clock = fakeClock();
  const known = await openKnownNetworks(createMemoryDocuments({ clock }), clock);
  const account = { name: 'admin', disabled: false };
  const accounts = { passwordOf: async () => ({ salt: 's' }), get: async () => account } as unknown as AccountStore;
  const shared = createMemorySharedState({ clock });
  const secondFactors = { isRight: async () => false };
  const login = createCheckLogin({ accounts, shared, known, secondFactors, verify: async (password) => password === 'right' });
  await login('admin', 'right', '198.51.100.7');
  for (let address = 1; address <= 20; address++)
    for (let guess = 0; guess < 5; guess++) await assert.rejects(login('admin', 'x', `192.0.2.${address}`), { code: 'LOGIN_REFUSED' });
  await assert.rejects(login('admin', 'right', '192.0.2.99'), { code: 'LOGIN_LOCKED' }, 'from a new address it is locked');
  assert.equal(await login('admin', 'right', '198.51.100.7'), account);
  for (let guess = 0; guess < 5; guess++) await assert.rejects(login('admin', 'x', '198.51.100.7'), { code: 'LOGIN_REFUSED' });
  await assert.rejects(login('admin', 'right', '198.51.100.7'), { code: 'LOGIN_LOCKED' }, 'five tries count there as everywhere');
});

test('a known network is no way round: a hundred wrong tries in a day from there lock the account there, until it has a new password', async () => {
  const clock = fakeClock();
  const known = await openKnownNetworks(createMemoryDocuments({ clock }), clock);
  const account = { name: 'admin', disabled: false };
  let salt = 's';
  const accounts = { passwordOf: async () => ({ salt }), get: async () => account } as unknown as AccountStore;
  const shared = createMemorySharedState({ clock });
  const secondFactors = { isRight: async () => false };
  const login = createCheckLogin({ accounts, shared, known, secondFactors, verify: async (password) => password === 'right' });
  await login('admin', 'right', '198.51.100.7');
  let refused = 0;
  const guess = async () => {
    const { code } = await login('admin', 'x', '198.51.100.7').then(
      () => ({ code: 'DONE' }),
      (error: { code: string }) => error,
    );
    if (code === 'LOGIN_REFUSED') refused += 1;
  };
  for (let quarter = 0; quarter < 90; quarter++) {
    for (let n = 0; n < 6; n++) await guess();
    await clock.advance(15 * 60_000 + 1000);
  }
  assert.equal(refused, 100, 'passwords that were looked at in most of a day');
  await assert.rejects(login('admin', 'right', '198.51.100.7'), { code: 'LOGIN_LOCKED', values: { problem: 'known' } });
  assert.equal(await login('admin', 'right', '192.0.2.1'), account, 'from elsewhere its owner still gets in');
  salt = 'of a new password';
  assert.equal(await login('admin', 'right', '198.51.100.7'), account);
});

const anyone = (name: string) => ({ name, disabled: false });
/** Accounts that all exist, and how many passwords were looked at. */
function startWith(known: KnownNetworks = strangers) {
  const accounts = { passwordOf: async () => ({ salt: 's' }), get: async (name: string) => anyone(name) } as unknown as AccountStore;
  const shared = createMemorySharedState({ clock: fakeClock() });
  let looked = 0;
  const verify = async (password: string) => {
    looked += 1;
    await new Promise(setImmediate);
    return password === 'right';
  };
  const login = createCheckLogin({ accounts, shared, known, secondFactors: { isRight: async () => false }, verify });
  return { login, looked: () => looked };
}
const codesOf = async (logins: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(logins)).map((one) => (one.status === 'fulfilled' ? 'DONE' : (one.reason as { code: string }).code));

test('right passwords sent at once never lock: of one account, of one address, and beside wrong ones below the limit', async () => {
  const { login } = startWith();
  const right = (count: number, name: (index: number) => string, from: (index: number) => string) =>
    codesOf(Array.from({ length: count }, (_, index) => login(name(index), 'right', from(index))));
  const done = (count: number) => Array.from({ length: count }, () => 'DONE');
  assert.deepEqual(
    await right(
      8,
      () => 'admin',
      () => '192.0.2.1',
    ),
    done(8),
  );
  assert.deepEqual(
    await right(
      50,
      (index) => `person-${index}`,
      () => '192.0.2.1',
    ),
    done(50),
  );
  for (let guess = 0; guess < 4; guess++) await assert.rejects(login('admin', 'x', '192.0.2.2'), { code: 'LOGIN_REFUSED' });
  assert.deepEqual(
    await right(
      8,
      () => 'admin',
      () => '192.0.2.2',
    ),
    done(8),
  );
  for (let guess = 0; guess < 99; guess++)
    await assert.rejects(login('wang', 'x', `192.0.2.${10 + Math.floor(guess / 5)}`), { code: 'LOGIN_REFUSED' });
  assert.deepEqual(
    await right(
      8,
      () => 'wang',
      (index) => `198.51.100.${index}`,
    ),
    done(8),
  );
});

test('of a hundred wrong passwords sent at once no more are looked at than the limit allows', async () => {
  const { login, looked } = startWith();
  const wrong = (count: number, name: (index: number) => string, from: (index: number) => string) =>
    codesOf(Array.from({ length: count }, (_, index) => login(name(index), 'x', from(index))));
  const codes = await wrong(
    100,
    () => 'admin',
    () => '192.0.2.1',
  );
  assert.deepEqual([looked(), codes.filter((code) => code === 'LOGIN_REFUSED').length], [5, 5]);
  await assert.rejects(login('admin', 'right', '192.0.2.1'), { code: 'LOGIN_LOCKED' });
  await wrong(
    100,
    (index) => `person-${index}`,
    () => '192.0.2.2',
  );
  assert.equal(looked(), 5 + 30, 'of one address');
  await wrong(
    200,
    () => 'wang',
    (index) => `2001:db8:${index}::1`,
  );
  assert.ok(looked() <= 5 + 30 + 100, 'of one account');
});

test('what is refused because too many log in at once counts as no try', async () => {
  const { login } = startWith();
  for (let round = 0; round < 10; round++)
    await codesOf(Array.from({ length: 100 }, (_, index) => login(`person-${index}`, 'right', `2001:db8:${index % 50}::1`)));
  assert.deepEqual(
    await codesOf(Array.from({ length: 50 }, (_, index) => login(`person-${index}`, 'right', '192.0.2.1'))).then((codes) => new Set(codes)),
    new Set(['DONE']),
  );
});

test('counts an IPv6 network as one address, and every IPv4 address by itself', () => {
  const networks = ['2001:db8:1:2::7', '2001:DB8:1:2:ffff::', '2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002::192.0.2.1'].map(networkOf);
  assert.deepEqual(new Set(networks), new Set(['2001:db8:1:2']));
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.notEqual(networkOf('::ffff:192.0.2.1'), networkOf('::ffff:192.0.2.2'));
  assert.notEqual(networkOf('192.0.2.1'), networkOf('192.0.2.2'));
});

const strangers: KnownNetworks = { isKnown: async () => false, remember: async () => undefined };

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
  const accounts = { passwordOf: () => Promise.resolve(undefined), get: () => Promise.resolve(undefined) } as unknown as AccountStore;
  const nobody = { accounts, shared, known: strangers, secondFactors: { isRight: () => Promise.resolve(false) } };
  // The work of comparing passwords is not what is looked at here.
  const login = createCheckLogin({ ...nobody, verify: () => Promise.resolve(false) });
  return { login, keys: (prefix: string) => [...counted].filter((key) => key.startsWith(prefix)).length };
}
