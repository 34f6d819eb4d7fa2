// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import { workersSpec, type WorkerDocument } from '../../../engine/ownership/worker-document.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { createOwners, type Owners } from '../../../engine/ownership/owners.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

interface Way {
  /** Holds back what is asked of the store until it is set free. */
  hold(): () => void;
}

async function twoProcesses(): Promise<{ world: FakeClock; a: Owners; b: Owners; toStoreOfA: Way; toStoreOfB: Way }> {
  const world = fakeClock();
  const store = await createMemoryDocuments({ clock: world }).open(workersSpec);
  const start = async (processId: string) => {
    const { workers, way } = slowWay(store);
    const owners = createOwners({ workers, isExclusive: false, clock: world, log: silentLogger, processId });
    await owners.start();
    return { owners, way };
  };
  const [a, b] = [await start('a'), await start('b')];
  await world.advance(20_000);
  return { world, a: a.owners, b: b.owners, toStoreOfA: a.way, toStoreOfB: b.way };
}

function slowWay(store: Collection<WorkerDocument>): { workers: Collection<WorkerDocument>; way: Way } {
  let held: Promise<void> | undefined;
  const workers: Collection<WorkerDocument> = {
    ...store,
    insert: async (document, options) => {
      await held;
      return store.insert(document, options);
    },
    patchIf: async (id, match, patch, options) => {
      await held;
      return store.patchIf(id, match, patch, options);
    },
    find: async (filter, options) => {
      await held;
      return store.find(filter, options);
    },
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return () => {
      held = undefined;
      resolve();
    };
  };
  return { workers, way: { hold } };
}

test('who beats is trusted by itself and dead to nobody', async () => {
  const { world, a, b } = await twoProcesses();
  await world.advance(120_000);
  assert.equal(a.current, 'a');
  assert.equal(a.isTrusted('a'), true);
  assert.equal(b.isDead('a', world.monotonic()), false);
});

test('an incarnation that was silent too long is over for good; the process goes on under a new one', async () => {
  const { world, a, b, toStoreOfA } = await twoProcesses();
  const release = toStoreOfA.hold();
  await world.advance(10_000);
  assert.equal(a.isTrusted('a'), false);
  await world.advance(25_000);
  assert.equal(b.isDead('a', world.monotonic()), true);
  assert.equal(b.ends, 1, 'its end is told once');
  release();
  await world.advance(12_000);
  assert.notEqual(a.current, 'a');
  assert.equal(a.isTrusted(a.current), true);
  assert.equal(b.isDead(a.current, world.monotonic()), false);
  assert.equal(a.isTrusted('a'), false, 'what was claimed under the old one sends nothing more');
  await world.advance(120_000);
  assert.equal(a.isTrusted('a'), false);
});

test('a beat that reaches the store when trust has run out prolongs nothing', async () => {
  const { world, a, b, toStoreOfA } = await twoProcesses();
  await world.advance(1_000);
  const release = toStoreOfA.hold();
  await world.advance(13_000);
  release();
  await world.advance(500);
  assert.equal(a.isTrusted('a'), false);
  await world.advance(4_000);
  assert.equal(b.isDead('a', world.monotonic()), false, 'its beat came, if late');
});

test('no moment finds an incarnation both trusted by itself and dead to another, however the ways to the store stall', async () => {
  for (const stallMs of [4_000, 9_000, 9_900, 14_000, 16_000, 21_000, 40_000]) {
    for (const offsetMs of [0, 700, 2_500, 4_900]) {
      const { world, a, b, toStoreOfA, toStoreOfB } = await twoProcesses();
      await world.advance(offsetMs);
      const releaseA = toStoreOfA.hold();
      for (let elapsed = 0; elapsed < stallMs + 30_000; elapsed += 100) {
        if (elapsed === Math.floor(stallMs / 200) * 100) {
          const releaseB = toStoreOfB.hold();
          world.after(stallMs, releaseB);
        }
        if (elapsed === stallMs) releaseA();
        await world.advance(100);
        const isBoth = a.isTrusted(a.current) && b.isDead(a.current, world.monotonic());
        assert.equal(isBoth, false, `stalled ${stallMs} ms, ${elapsed} ms after its beginning`);
      }
      assert.equal(a.isTrusted(a.current), true);
    }
  }
});

test('what was read of a claim before its owner was over proves nothing, however late it is looked at', async () => {
  const { world, b, toStoreOfA } = await twoProcesses();
  const readAt = world.monotonic();
  toStoreOfA.hold();
  await world.advance(40_000);
  assert.equal(b.isDead('a', readAt), false);
  assert.equal(b.isDead('a', world.monotonic()), true);
});

test('an owner without a document is dead after as long a watch', async () => {
  const { world, b } = await twoProcesses();
  assert.equal(b.isDead('gone', world.monotonic()), false);
  await world.advance(10_000);
  assert.equal(b.isDead('gone', world.monotonic()), false);
  await world.advance(15_000);
  assert.equal(b.isDead('gone', world.monotonic()), true);
});

test('the owner of an exclusive store trusts itself however silent, and every other is dead at once', async () => {
  const world = fakeClock();
  const workers = await createMemoryDocuments({ clock: world }).open(workersSpec);
  const owners = createOwners({ workers, isExclusive: true, clock: world, log: silentLogger, processId: 'a' });
  await owners.start();
  await world.advance(60_000);
  assert.equal(owners.current, 'a');
  assert.equal(owners.isTrusted('a'), true);
  assert.equal(owners.isDead('before', world.monotonic()), true);
  await owners.stop(false);
  assert.equal(owners.isTrusted('a'), false);
});
