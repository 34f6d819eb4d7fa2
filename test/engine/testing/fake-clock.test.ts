import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../../engine/contract/values/clock.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

test('fires timers in order of time, then of their making', async () => {
  const clock = fakeClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push('late'));
  clock.after(10, () => fired.push('first'));
  clock.after(10, () => fired.push('second'));
  await clock.advance(15);
  assert.deepEqual(fired, ['first', 'second']);
  await clock.advance(5);
  assert.deepEqual(fired, ['first', 'second', 'late']);
  assert.equal(clock.pending(), 0);
});

test('reaches timers that were made while time moved on', async () => {
  const clock = fakeClock();
  let rounds = 0;
  const loop = async () => {
    for (; rounds < 5; rounds++) await sleep(clock, 10);
  };
  const done = loop();
  await clock.advance(50);
  await done;
  assert.equal(rounds, 5);
  assert.equal(clock.monotonic(), 50);
});

test('a cancelled timer never fires', async () => {
  const clock = fakeClock();
  const cancel = clock.after(10, () => assert.fail('fired'));
  cancel();
  await clock.advance(100);
});

test('a jump of the wall clock moves no timer', async () => {
  const clock = fakeClock(0);
  let fired = false;
  clock.after(1000, () => (fired = true));
  clock.shiftWall(3_600_000);
  await clock.advance(999);
  assert.equal(fired, false);
  assert.equal(clock.now(), 3_600_999);
  await clock.advance(1);
  assert.equal(fired, true);
});
