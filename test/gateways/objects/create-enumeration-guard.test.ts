import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createEnumerationGuard } from '../../../gateways/objects/create-enumeration-guard.ts';
import { crypto } from '../support/city-plan.ts';

test('counts distinct ids of a caller in a window, and begins again after it', async () => {
  const clock = fakeClock(0);
  const guard = createEnumerationGuard(clock, crypto);
  const add = (...ids: string[]) => guard.add('u', ids, 2, 1000);
  assert.deepEqual([add('a'), add('a', 'b'), add('c'), add('a')], ['within', 'within', 'crossed', 'above']);
  await clock.advance(999);
  assert.equal(add('a'), 'above');
  await clock.advance(1);
  assert.equal(add('c'), 'within');
});

test('long ids are told apart', () => {
  const guard = createEnumerationGuard(fakeClock(0), crypto);
  const long = 'x'.repeat(1000);
  assert.equal(guard.add('u', [`${long}1`, `${long}1`], 1, 1000), 'within');
  assert.equal(guard.add('u', [`${long}2`], 1, 1000), 'crossed');
});

test('callers are counted apart', () => {
  const guard = createEnumerationGuard(fakeClock(0), crypto);
  assert.equal(guard.add('u', ['a', 'b'], 1, 1000), 'crossed');
  assert.equal(guard.add('v', ['a'], 1, 1000), 'within');
});

test('memory is bounded: the oldest callers are forgotten', () => {
  const guard = createEnumerationGuard(fakeClock(0), crypto);
  for (let i = 0; i < 30_000; i++)
    guard.add(
      `u${i}`,
      Array.from({ length: 20 }, (_, n) => `${i}-${n}`),
      10_000,
      1000,
    );
  const { callers, ids } = guard.size();
  assert.ok(callers <= 20_000 && ids <= 200_020, `${callers} callers, ${ids} ids`);
  guard.add(
    'flood',
    Array.from({ length: 50_000 }, (_, n) => String(n)),
    100,
    1000,
  );
  assert.ok(guard.size().ids <= 200_200);
});
