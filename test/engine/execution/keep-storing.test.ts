// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { keepStoring } from '../../../engine/execution/keep-storing.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

const down = () => new AppError('STORE_DOWN', 'transient', 'The store does not respond.');

function openStore(failures: number) {
  const clock = fakeClock();
  const askedAt: number[] = [];
  const attempt = () => {
    askedAt.push(clock.monotonic());
    if (askedAt.length <= failures) throw down();
    return 'stored';
  };
  return { clock, askedAt, attempt };
}

test('asks a failing store again, at most every two seconds, until it answers', async () => {
  const { clock, askedAt, attempt } = openStore(8);
  let failures = 0;
  const stored = keepStoring(attempt, { clock, isOver: () => false, onFailure: () => (failures += 1) });
  await clock.advance(60_000);
  assert.equal(await stored, 'stored');
  assert.deepEqual(askedAt, [0, 100, 300, 700, 1_500, 3_100, 5_100, 7_100, 9_100]);
  assert.equal(failures, 8);
});

test('tells the last failure once it is over, and any other error at once', async () => {
  const { clock, askedAt, attempt } = openStore(Infinity);
  const stop = new AbortController();
  const options = { clock, isOver: () => stop.signal.aborted, signal: stop.signal, onFailure: () => undefined };
  const given = keepStoring(attempt, options);
  const told = assert.rejects(given, { code: 'STORE_DOWN' });
  await clock.advance(400);
  stop.abort();
  await told;
  assert.equal(askedAt.length, 4, 'once more as it ends');
  const broken = () => Promise.reject(new AppError('STORE_BAD_PATCH', 'bug', 'No such path.'));
  await assert.rejects(keepStoring(broken, { ...options, isOver: () => false }), { code: 'STORE_BAD_PATCH' });
});
