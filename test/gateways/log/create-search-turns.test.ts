import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSearchTurns } from '../../../gateways/log/create-search-turns.ts';

/** A clock that moves only while somebody works or rests. */
function workClock() {
  let now = 0;
  let restedMs = 0;
  return {
    monotonic: () => now,
    after: (delayMs: number, action: () => void) => {
      now += delayMs;
      restedMs += delayMs;
      setImmediate(action);
      return () => {};
    },
    work: (ms: number) => void (now += ms),
    restedMs: () => restedMs,
  };
}

test('a search rests as long as it works, and several together rest no less', async () => {
  const clock = workClock();
  const start = createSearchTurns(clock);
  const alone = start();
  for (let i = 0; i < 10; i++) {
    await alone.turn();
    clock.work(4);
  }
  await alone.turn();
  assert.equal(clock.restedMs(), 40);
  const other = start();
  clock.work(4);
  await alone.turn();
  assert.equal(clock.restedMs(), 52, 'three times as long beside another one');
  other.end();
});
