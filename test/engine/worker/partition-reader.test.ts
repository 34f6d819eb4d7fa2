import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../support/bombs/random.ts';
import { openPartition } from './one-partition.ts';

/** Long enough for all pauses of the reader. */
const SOON_MS = 5_000;

test('what was accepted while a long list is read page by page is taken when the list has ended', async () => {
  const partition = openPartition();
  partition.accept(400);
  await partition.pass(50);
  assert.equal(partition.started.length, 400);
  // The walk waits before its third page. All that it took ends meanwhile, and another message comes.
  partition.accept(1);
  partition.finishAll();
  await partition.pass(SOON_MS);
  assert.equal(partition.started.length, 401);
});

test('a message that may continue while a long list is read is taken, although the list had passed it', async () => {
  const partition = openPartition();
  partition.accept(1);
  await partition.pass(50);
  partition.finish(0, 'held');
  partition.accept(399);
  await partition.pass(50);
  assert.equal(partition.started.length, 400);
  partition.retryHeld();
  partition.finishAll();
  await partition.pass(SOON_MS);
  assert.equal(partition.started.length, 401);
});

test('a signal that comes in the pause after a long list is not forgotten', async () => {
  const partition = openPartition();
  partition.accept(250);
  await partition.pass(30);
  assert.equal(partition.started.length, 250);
  partition.accept(1);
  await partition.pass(SOON_MS);
  assert.equal(partition.started.length, 251);
});

test('no message is forgotten and every lane keeps its order, in any order of arrivals, ends, holds and retries', async () => {
  for (let seed = 1; seed <= 60; seed += 1) await runRandomly(seed);
});

async function runRandomly(seed: number): Promise<void> {
  const { int } = createRandom(seed);
  const lanes = int(1, 400);
  const partition = openPartition({ slots: int(1, 300), readMs: () => int(0, 15) });
  const endSome = (ends: number) => {
    for (let end = 0; end < ends && partition.running.length > 0; end += 1)
      partition.finish(int(0, partition.running.length - 1), int(1, 100) <= 3 ? 'held' : 'done');
  };
  for (let step = 0; step < 60; step += 1) {
    const deed = int(1, 10);
    if (deed <= 3) partition.accept(int(1, 150), () => `lane-${int(1, lanes)}`);
    else if (deed <= 8) endSome(int(0, 120));
    else if (deed === 9) partition.retryHeld();
    await partition.pass(5 * int(0, 12));
  }
  partition.retryHeld();
  for (let idleMs = 0; partition.open.size > 0; idleMs += 10) {
    if (partition.running.length > 0) idleMs = 0;
    assert.ok(idleMs < SOON_MS, `seed ${seed}: ${partition.open.size} messages are forgotten`);
    partition.finishAll();
    await partition.pass(10);
  }
}
