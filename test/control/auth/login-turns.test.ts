import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { LoginTurns, type LoginTurnsLimits } from '../../../control/auth/login-turns.ts';

test('an account that sends most lets the others of its address take their turns, and is alone refused', async () => {
  const { ask, end, started, refused } = start();
  for (let n = 0; n < 10; n++) ask(`much-${n}`, 'nat', 'much');
  ask('one', 'nat', 'one');
  ask('two', 'nat', 'two');
  assert.deepEqual(started, ['much-0']);
  assert.deepEqual(await refused(), ['much-3', 'much-4', 'much-5', 'much-6', 'much-7', 'much-8', 'much-9']);
  for (const name of ['much-0', 'much-1', 'one', 'two']) await end(name);
  assert.deepEqual(started, ['much-0', 'much-1', 'one', 'two', 'much-2']);
});

test('an address with many accounts lets other addresses take their turns', async () => {
  const { ask, end, started } = start({ running: 1 });
  for (let n = 0; n < 5; n++) ask(`a-${n}`, 'a', `a-${n}`);
  ask('b', 'b', 'b');
  for (const name of ['a-0', 'a-1', 'b']) await end(name);
  assert.deepEqual(started, ['a-0', 'a-1', 'b', 'a-2']);
});

test('checks of one account run one after the other from wherever they come, and no more at once than the limit', async () => {
  const { ask, end, started } = start({ running: 2 });
  ask('x', 'a', 'shared');
  ask('y', 'b', 'shared');
  ask('z', 'c', 'own');
  ask('w', 'd', 'another');
  assert.deepEqual(started, ['x', 'z']);
  await end('z');
  assert.deepEqual(started, ['x', 'z', 'w']);
  await end('x');
  assert.deepEqual(started, ['x', 'z', 'w', 'y']);
});

test('the known go first, and find room where the others find none', async () => {
  const { ask, end, started, refused } = start({ running: 1, waiting: 2 });
  for (const name of ['a', 'b', 'c', 'd']) ask(name, name, name);
  ask('known', 'k', 'k', true);
  assert.deepEqual(await refused(), ['d']);
  await end('a');
  assert.deepEqual(started, ['a', 'known']);
});

test('where all places are taken, the address with most that wait gives way to one with fewer', async () => {
  const { ask, started, end, refused } = start({ running: 1, waiting: 4 });
  for (let n = 0; n < 5; n++) ask(`a-${n}`, 'a', `a-${n}`);
  ask('b', 'b', 'b');
  assert.deepEqual(await refused(), ['a-4']);
  for (const name of ['a-0', 'a-1']) await end(name);
  assert.deepEqual(started, ['a-0', 'a-1', 'b']);
});

test('an address has at most its part of the places', async () => {
  const { ask, refused } = start({ waitingPerAddress: 2 });
  for (let n = 0; n < 4; n++) ask(`a-${n}`, 'a', `a-${n}`);
  assert.deepEqual(await refused(), ['a-3']);
});

test('a turn that does not come in time is refused and never run; one that runs is left alone', async () => {
  const { ask, end, started, refused, clock } = start({ running: 1 });
  ask('a', 'a', 'a');
  ask('b', 'b', 'b');
  await clock.advance(10_000);
  assert.deepEqual(await refused(), ['b']);
  ask('c', 'c', 'c');
  await end('a');
  assert.deepEqual(started, ['a', 'c']);
  await end('c');
  assert.equal(clock.pending(), 0, 'no timer is left');
});

test('a check that fails ends its turn', async () => {
  const { turns } = start({ running: 1 });
  const place = { address: 'a', account: 'a', isKnown: false };
  const fails = () => {
    throw new Error('broken');
  };
  await assert.rejects(turns.run(place, fails), /broken/);
  assert.equal(await turns.run(place, async () => 'next'), 'next');
});

/** Checks that run until they are ended by name. */
function start(limits: Partial<LoginTurnsLimits> = {}) {
  const clock = fakeClock();
  const turns = new LoginTurns(
    { ...{ running: 8, waiting: 256, waitingPerAddress: 64, waitingPerAccount: 2, waitMs: 10_000 }, ...limits },
    clock,
  );
  const started: string[] = [];
  const refusals: string[] = [];
  const ends = new Map<string, () => void>();
  const settle = () => clock.advance(0);
  return {
    ...{ turns, clock, started },
    ask(name: string, address: string, account: string, isKnown = false) {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      const check = () => {
        started.push(name);
        return promise;
      };
      turns.run({ address, account, isKnown }, check).catch(({ code }: { code: string }) => {
        assert.equal(code, 'LOGIN_BUSY');
        refusals.push(name);
      });
    },
    async end(name: string) {
      await settle();
      ends.get(name)!();
      await settle();
    },
    async refused() {
      await settle();
      return refusals;
    },
  };
}
