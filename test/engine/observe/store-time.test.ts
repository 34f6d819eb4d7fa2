import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createSequence } from '../../../engine/accept/accept.ts';
import { createStoreTime } from '../../../engine/observe/store-time.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';

const NOW = Date.UTC(2026, 0, 1);

/** A gateway whose clock is wrong by so much, and whose way to the store and back takes a while. */
async function openGateway(t: TestContext, name: string, world: FakeClock, wrongByMs: number) {
  const way = { ms: 0, isDown: false, storeJumpMs: 0 };
  const serverTime = async () => {
    if (way.ms > 0) await new Promise<void>((resolve) => world.after(way.ms / 2, resolve));
    if (way.isDown) throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
    const storeMs = world.now() + way.storeJumpMs;
    if (way.ms > 0) await new Promise<void>((resolve) => world.after(way.ms / 2, resolve));
    return storeMs;
  };
  const clock = { ...world, now: () => world.now() + wrongByMs };
  const storeTime = await createStoreTime({ serverTime, clock, log: silentLogger });
  t.after(() => storeTime.stop());
  return { way, storeTime, next: createSequence(storeTime, name) };
}

test('what one gateway answered before another was asked comes first, though their clocks are apart', async (t) => {
  const world = fakeClock(NOW);
  const early = await openGateway(t, 'a', world, 40);
  const late = await openGateway(t, 'b', world, -3_600_000);
  const sequence: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    sequence.push((round % 2 === 0 ? early : late).next());
    await world.advance(round === 10 ? 60_000 : 1);
  }
  assert.deepEqual(sequence, [...sequence].sort());
});

test('goes on by its own monotonic clock while the store is away, and takes no measure that was long under way', async (t) => {
  const world = fakeClock(NOW);
  const { way, storeTime } = await openGateway(t, 'a', world, 500);
  way.isDown = true;
  await world.advance(20_000);
  assert.equal(storeTime.now(), NOW + 20_000);
  way.isDown = false;
  way.ms = 4_000;
  way.storeJumpMs = 1_000;
  await world.advance(20_000);
  assert.equal(storeTime.now(), NOW + 40_000, 'what took four seconds may be wrong by two');
  way.ms = 0;
  await world.advance(5_000);
  assert.equal(storeTime.now(), NOW + 46_000);
});

test('a sequence never goes back when the store’s clock does', async (t) => {
  const world = fakeClock(NOW);
  const { way, next } = await openGateway(t, 'a', world, 0);
  const before = next();
  way.storeJumpMs = -60_000;
  await world.advance(10_000);
  const after = [next(), next()];
  assert.deepEqual([before, ...after], [before, ...after].sort());
  assert.equal(new Set([before, ...after]).size, 3);
});

test('on a store of its own its own clock is right', async () => {
  const world = fakeClock(NOW);
  const storeTime = await createStoreTime({ clock: world, log: silentLogger });
  world.shiftWall(1_000);
  assert.equal(storeTime.now(), NOW + 1_000);
});
