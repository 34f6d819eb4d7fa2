import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createRateBuckets } from '../../../gateways/shared/create-rate-buckets.ts';

/** How many tokens a key gets when it takes as many as it can. */
function drain(take: () => number): number {
  let taken = 0;
  while (taken < 10_000 && take() === 0) taken++;
  return taken;
}

test('a key has its tokens at once, then as many as a second brings, and never more', async () => {
  const clock = fakeClock();
  const buckets = createRateBuckets(100, clock);
  const take = () => buckets.take('10.0.0.1');
  assert.equal(drain(take), 100);
  assert.ok(take() > 0 && take() <= 10, 'it says when there is one again');
  await clock.advance(500);
  assert.equal(drain(take), 50);
  await clock.advance(60_000);
  assert.equal(drain(take), 100);
  assert.equal(
    drain(() => buckets.take('10.0.0.2')),
    100,
    'another key has its own',
  );
});

test('a bucket that is being emptied is not forgotten over the turns of its memory', async () => {
  const clock = fakeClock();
  const buckets = createRateBuckets(100, clock);
  let taken = 0;
  for (let second = 0; second < 10; second++) {
    for (let tenth = 0; tenth < 10; tenth++) {
      taken += drain(() => buckets.take('a'));
      await clock.advance(100);
    }
  }
  assert.ok(taken >= 1_080 && taken <= 1_100, `${taken} in ten seconds`);
});

test('any number of keys takes bounded memory', async () => {
  const clock = fakeClock();
  const buckets = createRateBuckets(100, clock);
  for (let key = 0; key < 500_000; key++) buckets.take(`2001:db8:${key}`);
  assert.ok(buckets.size() <= 131_072, `${buckets.size()} keys`);
  await clock.advance(2_000);
  buckets.take('a');
  await clock.advance(2_000);
  buckets.take('a');
  assert.equal(buckets.size(), 2);
});

test('a look at a bucket takes nothing from it', () => {
  const buckets = createRateBuckets(2, fakeClock());
  for (let i = 0; i < 5; i++) assert.equal(buckets.peek('a'), 0);
  assert.deepEqual([buckets.take('a'), buckets.take('a')], [0, 0]);
  assert.ok(buckets.peek('a') > 0);
  assert.equal(buckets.peek('b'), 0);
});
