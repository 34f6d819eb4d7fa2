import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createClaims } from '../../../storage/in-process/claims.ts';

const isFull = (error: unknown) => error instanceof AppError && error.code === 'SHARED_STATE_FULL' && error.kind === 'transient';

it('holds a claim to its last millisecond, and what was given back not at all', async () => {
  const clock = fakeClock();
  const start = clock.now();
  const claims = createClaims(clock);
  const ends = Array.from({ length: 5000 }, (_, index) => start + 1 + 17 * index);
  for (const [index, endsAt] of ends.entries()) assert.equal(claims.claim(`key${index}`, endsAt), true);
  claims.delete('key4998');
  for (const step of [0, 1, 16, 59_999, 1, 30_000]) {
    await clock.advance(step);
    // A claim that has ended is there to be taken: for this very moment, so that it counts for nothing at the next.
    for (const [index, endsAt] of ends.entries())
      assert.equal(claims.claim(`key${index}`, clock.now()), index === 4998 || endsAt <= clock.now());
  }
});

it('gives one share at most half, all together no more than there is, and the room again once claims have ended', async () => {
  const clock = fakeClock();
  const claims = createClaims(clock, 1000);
  const claim = (share: string, from: number, to: number) => {
    for (let number = from; number < to; number++) assert.equal(claims.claim(`${share}${number}`, clock.now() + 60_000, share), true);
  };
  claim('greedy', 0, 500);
  assert.throws(() => claim('greedy', 500, 501), isFull);
  assert.equal(claims.claim('greedy0', clock.now() + 60_000, 'greedy'), false, 'a replay is one also when all is full');
  claim('modest', 0, 400);
  claim('other', 0, 100);
  assert.throws(() => claim('fourth', 0, 1), isFull);
  await clock.advance(120_000);
  claim('greedy', 0, 500);
  claim('fourth', 0, 1);
});

it('takes 5,000 signed requests a second for eleven minutes, of four apps, in at most 64 bytes a claim', async () => {
  // A tenth of the requests, and of the room.
  const clock = fakeClock();
  const claims = createClaims(clock, 400_000);
  const before = await used();
  for (let second = 0; second < 800; second++) {
    for (let request = 0; request < 500; request++) claims.claim(`${second}:${request}`, clock.now() + 660_000, `app${request % 4}`);
    await clock.advance(1000);
  }
  const bytes = ((await used()) - before) / 330_000;
  assert.ok(bytes <= 64, `${bytes.toFixed(1)} bytes a claim`);
  assert.equal(claims.claim('790:499', clock.now() + 1000), false);
  assert.equal(claims.claim('139:0', clock.now() + 1000), true);
});

/** What is held, not what is yet to be collected: freed buffers are given back by a thread of the engine's own, some turns after the collection. */
async function used(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 20; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}
