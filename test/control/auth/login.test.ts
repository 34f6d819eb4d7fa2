import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from '../../../engine/contract/calls/ip-range.ts';
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
  const login = createCheckLogin({ accounts, shared, known, clock, secondFactors, verify: async (password) => password === 'right' });
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
  const login = createCheckLogin({ accounts, shared, known, clock, secondFactors, verify: async (password) => password === 'right' });
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
/** Accounts that all exist, and whose passwords were looked at. */
function startWith(known: KnownNetworks = strangers) {
  const clock = fakeClock();
  const accounts = { passwordOf: async () => ({ salt: 's' }), get: async (name: string) => anyone(name) } as unknown as AccountStore;
  const shared = createMemorySharedState({ clock });
  let looked = 0;
  const verify = async (password: string) => {
    looked += 1;
    await new Promise(setImmediate);
    return password === 'right';
  };
  const login = createCheckLogin({ accounts, shared, known, clock, secondFactors: { isRight: async () => false }, verify });
  return { login, clock, looked: () => looked };
}
const codesOf = async (logins: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(logins)).map((one) => (one.status === 'fulfilled' ? 'DONE' : (one.reason as { code: string }).code));

const times = <Value>(count: number, valueOf: (index: number) => Value) => Array.from({ length: count }, (_, index) => valueOf(index));
const count = (codes: readonly string[], code: string) => codes.filter((one) => one === code).length;

test('right passwords sent at once never lock: of one account, of one address, and beside wrong ones below the limit', async () => {
  const { login } = startWith();
  const neverLocks = async (logins: readonly Promise<unknown>[]) => {
    const codes = await codesOf(logins);
    assert.ok(codes.includes('DONE'));
    assert.ok(!codes.includes('LOGIN_LOCKED'));
  };
  await neverLocks(times(8, () => login('admin', 'right', '192.0.2.1')));
  const people = await codesOf(times(50, (index) => login(`person-${index}`, 'right', '192.0.2.1')));
  assert.equal(count(people, 'DONE'), 50);
  for (let guess = 0; guess < 4; guess++) await assert.rejects(login('admin', 'x', '192.0.2.2'), { code: 'LOGIN_REFUSED' });
  await neverLocks(times(8, () => login('admin', 'right', '192.0.2.2')));
  for (let guess = 0; guess < 99; guess++)
    await assert.rejects(login('wang', 'x', `192.0.2.${10 + Math.floor(guess / 5)}`), { code: 'LOGIN_REFUSED' });
  await neverLocks(times(8, (index) => login('wang', 'right', `198.51.100.${index}`)));
});

test('wrong passwords sent at once, however often, are looked at no more than the limit allows', async () => {
  const { login, looked } = startWith();
  const guess = async (name: (index: number) => string, from: (index: number) => string) => {
    for (let round = 0; round < 10; round++) await codesOf(times(100, (index) => login(name(index), 'x', from(index))));
  };
  await guess(
    () => 'admin',
    () => '192.0.2.1',
  );
  assert.equal(looked(), 5, 'at an account from one address');
  await assert.rejects(login('admin', 'right', '192.0.2.1'), { code: 'LOGIN_LOCKED' });
  await guess(
    (index) => `person-${index}`,
    () => '192.0.2.2',
  );
  assert.equal(looked(), 5 + 30, 'from one address');
  await guess(
    () => 'wang',
    (index) => `2001:db8:${index}::1`,
  );
  assert.equal(looked(), 5 + 30 + 100, 'at one account');
});

test('wrong passwords given again in sessions count for the account, at once too, and together with its logins', async () => {
  const { login, looked } = startWith();
  for (let round = 0; round < 5; round++)
    await codesOf(times(20, (index) => login('admin', 'x', '192.0.2.1', { hasCode: true, ofSession: index % 2 === 0 })));
  assert.equal(looked(), 5);
});

test('an account that logs in without end is refused alone: the others of its address log in, and give their passwords again', async () => {
  const { login } = startWith();
  const here = '192.0.2.1';
  const much: Promise<string[]>[] = [];
  const codes: string[] = [];
  for (let round = 0; round < 20; round++) {
    much.push(codesOf(times(80, () => login('viewer', 'right', here))));
    codes.push(...(await codesOf([login('innocent', 'right', here), login('secure', 'right', here, { hasCode: true, ofSession: true })])));
  }
  assert.deepEqual(new Set(codes), new Set(['DONE']));
  assert.ok(count((await Promise.all(much)).flat(), 'LOGIN_BUSY') > 1500);
});

test('an account logs in thirty times a minute; its sessions give the password again all the same', async () => {
  const { login, clock } = startWith();
  for (let n = 0; n < 30; n++) await login('viewer', 'right', `192.0.2.${n}`);
  const often = { code: 'LOGIN_BUSY', values: { problem: 'often' }, retryAfterMs: 60_000 };
  await assert.rejects(login('viewer', 'right', '192.0.2.1'), often);
  await login('viewer', 'right', '192.0.2.1', { hasCode: true, ofSession: true });
  await login('another', 'right', '192.0.2.1');
  await clock.advance(60_001);
  await login('viewer', 'right', '192.0.2.1');
});

test('an address that is locked for wrong logins takes the passwords that sessions give again', async () => {
  const { login } = startWith();
  for (let guess = 0; guess < 30; guess++) await assert.rejects(login(`person-${guess}`, 'x', '192.0.2.1'), { code: 'LOGIN_REFUSED' });
  await assert.rejects(login('secure', 'right', '192.0.2.1'), { code: 'LOGIN_LOCKED' });
  await login('secure', 'right', '192.0.2.1', { hasCode: true, ofSession: true });
});

test('nobody is refused because many log in at once from many addresses: they wait', async () => {
  const { login } = startWith();
  const codes = await codesOf(times(200, (index) => login(`person-${index}`, 'right', `2001:db8:${index}::1`)));
  assert.equal(count(codes, 'DONE'), 200);
});

test('where strangers fill every place, somebody logs in where they have logged in before', async () => {
  const known = { isKnown: async (target: string) => target.startsWith('owner '), remember: async () => undefined };
  const { login } = startWith(known);
  const guesses = times(600, (index) => login(`nobody-${index}`, 'x', `2001:db8:${index}::1`));
  const refused = codesOf(guesses);
  await login('owner', 'right', '198.51.100.7');
  assert.ok((await refused).includes('LOGIN_BUSY'));
});

test('what is refused because too many log in at once counts as no try', async () => {
  const { login } = startWith();
  for (let round = 0; round < 10; round++)
    await codesOf(times(1000, (index) => login(`nobody-${index % 100}`, 'right', `2001:db8:${index % 50}::1`)));
  const codes = await codesOf(times(50, (index) => login(`person-${index}`, 'right', '2001:db8:1::1')));
  assert.equal(count(codes, 'DONE'), 50);
});

test('a password that was changed while its login waited is not the password any more', async () => {
  const clock = fakeClock();
  let salt = 'old';
  const accounts = { passwordOf: async () => ({ salt }), get: async (name: string) => anyone(name) } as unknown as AccountStore;
  const first = Promise.withResolvers<boolean>();
  const verify = (password: string, stored: { salt: string } | undefined) =>
    password === 'first' ? first.promise : Promise.resolve(password === stored?.salt);
  const shared = createMemorySharedState({ clock });
  const login = createCheckLogin({ accounts, shared, known: strangers, clock, secondFactors: { isRight: async () => false }, verify });
  const before = login('admin', 'first', '192.0.2.1');
  await clock.advance(0);
  const waits = login('admin', 'old', '192.0.2.1');
  await clock.advance(0);
  salt = 'new';
  first.resolve(true);
  await before;
  await assert.rejects(waits, { code: 'LOGIN_REFUSED' });
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

/** Accounts that do not exist, and a shared state that records which counters were read. */
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
  const nobody = { accounts, shared, known: strangers, clock: fakeClock(), secondFactors: { isRight: () => Promise.resolve(false) } };
  // The work of comparing passwords is not what is looked at here.
  const login = createCheckLogin({ ...nobody, verify: () => Promise.resolve(false) });
  return { login, keys: (prefix: string) => [...counted].filter((key) => key.startsWith(prefix)).length };
}
