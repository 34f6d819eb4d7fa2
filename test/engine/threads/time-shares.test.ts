import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTimeShares } from '../../../engine/threads/time-shares.ts';

function open() {
  let now = 0;
  return { shares: createTimeShares(() => now), pass: (ms: number) => void (now += ms) };
}

test('the key that has computed least is next, however many jobs that were', () => {
  const { shares, pass } = open();
  for (let job = 0; job < 50; job++) shares.add('many', 1);
  shares.add('one', 5000);
  assert.equal(shares.least(['one', 'many']), 'many');
  assert.equal(shares.least(['one', 'many', 'new']), 'new');
  assert.equal(shares.least([]), undefined);
  // What is long ago weighs little.
  pass(60_000);
  shares.add('many', 200);
  assert.equal(shares.least(['many', 'one']), 'one');
});

test('a key is light while its jobs are short; a new one is not known to be', () => {
  const { shares, pass } = open();
  assert.equal(shares.isLight('new'), false);
  assert.equal(shares.hasLight(), false);
  shares.add('a', 5);
  shares.add('b', 1000);
  assert.deepEqual(['a', 'b'].map(shares.isLight), [true, false]);
  assert.equal(shares.hasLight(), true);
  shares.add('a', 1000);
  assert.equal(shares.hasLight(), false);
  // After some time of short jobs it is light again; without any job it counts as new.
  for (let job = 0; job < 10; job++) {
    pass(5000);
    shares.add('b', 5);
  }
  assert.equal(shares.isLight('b'), true);
  pass(200_000);
  assert.equal(shares.isLight('b'), false);
});
