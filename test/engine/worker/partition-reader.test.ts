import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { PartitionReader, type PartitionReaderDeps } from '../../../engine/worker/partition-reader.ts';
import { createOffer } from '../../../engine/worker/create-offer.ts';
import { Lanes } from '../../../engine/worker/lanes.ts';
import type { Owners } from '../../../engine/ownership/owners.ts';
import { WorkerCounts } from '../../../engine/worker/worker-counts.ts';

const PART = 3;
/** Long enough for all pauses of the reader. No reconciler runs in these tests. */
const SOON_MS = 5_000;
const STEP_MS = 5;

test('what was accepted while a long list is read page by page is taken when the list has ended', async () => {
  const world = openWorld();
  world.accept(400);
  await world.pass(50);
  assert.equal(world.taken.length, 400);
  // The walk waits before its third page. All that it took ends meanwhile, and another message comes.
  world.accept(1);
  world.finishAll();
  await world.pass(SOON_MS);
  assert.equal(world.taken.length, 401);
});

test('a message that may continue while a long list is read is taken, although the list had passed it', async () => {
  const world = openWorld();
  world.accept(1, 'held');
  world.accept(399);
  await world.pass(50);
  assert.equal(world.taken.length, 399);
  world.retryHeld();
  world.finishAll();
  await world.pass(SOON_MS);
  assert.equal(world.taken.length, 400);
});

test('a signal that comes in the pause after a long list is not forgotten', async () => {
  const world = openWorld();
  world.accept(250);
  await world.pass(30);
  assert.equal(world.taken.length, 250);
  world.accept(1);
  await world.pass(SOON_MS);
  assert.equal(world.taken.length, 251);
});

/** One partition of the store, and a worker whose executions run until `finishAll`. */
function openWorld() {
  const clock = fakeClock();
  const open: ExecutionDocument[] = [];
  const taken: string[] = [];
  const ends: (() => void)[] = [];
  let count = 0;
  const find = async (_filter: unknown, { after, limit = 0 }: { after?: string; limit?: number } = {}) => {
    const from = after === undefined ? 0 : open.findIndex(({ _id }) => _id > after);
    return from < 0 ? [] : open.slice(from, from + limit);
  };
  const lanes: Lanes = new Lanes({
    ...{ slots: 10_000, clock },
    async run({ _id }) {
      taken.push(_id);
      await new Promise<void>((resolve) => ends.push(resolve));
      return 'done';
    },
    onReread: (part) => reader.reread(part, 0),
    onLeave: (part, left) => reader.left(part, left),
    onBlocked: (part, key) => reader.block(part, key),
  });
  const executions = { find } as unknown as PartitionReaderDeps['executions'];
  const reader: PartitionReader = new PartitionReader({
    ...{ executions, clock, log: silentLogger, waiting: () => lanes.size },
    offer: (...listed) => offer(...listed),
  });
  const offer = createOffer({
    ...{ clock, lanes, reader, counts: new WorkerCounts(), active: new Set<string>(), isForeign: () => false },
    owners: { current: 'own', isDead: () => false } as unknown as Owners,
  });
  return {
    taken,
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += STEP_MS) await clock.advance(STEP_MS);
    },
    /** Stores executions of as many lanes and signals the partition. */
    accept(executions: number, status: ExecutionDocument['status'] = 'queued') {
      for (let number = 0; number < executions; number += 1) {
        const _id = String((count += 1)).padStart(6, '0');
        open.push({ _id, part: PART, status, acceptedAt: clock.now(), lane: null } as unknown as ExecutionDocument);
      }
      void reader.hear([PART]);
    },
    retryHeld() {
      open.forEach((document, place) => (open[place] = { ...document, status: 'queued' }));
      void reader.hear([PART]);
    },
    finishAll() {
      const [done, left] = [new Set(taken), [...open]];
      open.splice(0, open.length, ...left.filter(({ _id }) => !done.has(_id)));
      for (const end of ends.splice(0)) end();
    },
  };
}
