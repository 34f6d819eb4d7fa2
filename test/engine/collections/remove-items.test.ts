import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectedGroup, GroupLimits } from '../../../engine/contract/node/collections.ts';
import { gatheringsSpec, itemsSpec } from '../../../engine/collections/collection-documents.ts';
import { openWaitingCollections, showCollections } from '../../../engine/collections/waiting-collections.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { startCollectionLab } from './collection-lab.ts';

const never = new AbortController().signal;
const soon: GroupLimits = { items: 3, bytes: 1_000_000, ageMs: 0 };
const order = { domain: 'd', collection: 'reports', signal: never, onRemoved: () => undefined };

async function open(clock = wallClock()) {
  const lab = await startCollectionLab(clock);
  const collections = (await lab.open()).of('d');
  const waiting = await openWaitingCollections(lab.documents, lab.seal, clock);
  const items = await lab.documents.open(itemsSpec);
  let step = 0;
  const add = (key: string, value: unknown) => collections.add('reports', key, value, { act: `s${(step += 1)}` });
  const takeAll = async () => {
    const groups: CollectedGroup[] = [];
    await collections.takeComplete('reports', soon, async (group) => (groups.push(group), 'taken'), never);
    return groups;
  };
  return { lab, collections, waiting, items, add, takeAll };
}

test('one key is removed, or all; what was removed is never taken, its files are let go, and a step that runs again adds nothing', async () => {
  const { waiting, items, add, takeAll, collections } = await open();
  const blobId = `blob_${'0'.repeat(9)}${'A'.repeat(14)}`;
  await add('a', { blobId });
  await add('a', 2);
  await add('b', 3);
  await add('c', 4);
  assert.equal(await items.count({ blobs: blobId }), 1);
  assert.deepEqual(await waiting.remove({ ...order, key: 'nobody' }), { keys: 0, removed: 0 });
  assert.deepEqual(await waiting.remove({ ...order, key: 'a' }), { keys: 1, removed: 2 });
  assert.equal(await items.count({ blobs: blobId }), 0);
  await collections.add('reports', 'a', { blobId }, { act: 's1' });
  assert.deepEqual(await waiting.list().then(([one]) => [one?.keys, one?.items]), [2, 2]);
  assert.deepEqual(await waiting.remove(order), { keys: 2, removed: 2 });
  assert.deepEqual(await waiting.list(), []);
  await add('b', 5);
  assert.deepEqual(
    (await takeAll()).map(({ key, items: values }) => [key, values]),
    [['b', [5]]],
  );
});

test('a group that a flow refuses can be removed, with the items that wait behind it', async () => {
  const { collections, waiting, add, takeAll } = await open();
  for (const value of [1, 2, 3, 4, 5]) await add('bad', value);
  await collections.takeComplete('reports', soon, async () => 'refused', never);
  assert.deepEqual(await waiting.remove(order), { keys: 1, removed: 5 });
  assert.deepEqual(await takeAll(), []);
});

test('a group that a flow takes while it is removed is taken whole', async () => {
  const { collections, waiting, items, add } = await open();
  for (const value of [1, 2, 3, 4]) await add('k', value);
  const taken: (readonly unknown[])[] = [];
  const take = async ({ items: values }: CollectedGroup) => {
    taken.push(values);
    await waiting.remove({ ...order, key: 'k' });
    return 'taken' as const;
  };
  await collections.takeComplete('reports', soon, take, never);
  assert.deepEqual(taken, [[1, 2, 3]]);
  assert.deepEqual(await waiting.list(), []);
  assert.equal(await items.count({ place: 'd reports' }), 0);
});

test('what a person removed is never taken, though the process ends before its items are removed', async () => {
  const { lab, waiting, items, add, takeAll } = await open();
  for (const value of [1, 2, 3, 4]) await add('k', value);
  const gatherings = await lab.documents.open(gatheringsSpec);
  lab.losesOneOf = 2;
  for (let isClosed = false; !isClosed;) {
    await assert.rejects(waiting.remove(order), { code: 'STORE_DOWN' });
    isClosed = (await gatherings.find({}, { limit: 1 }))[0]?.group !== undefined;
  }
  lab.losesOneOf = 0;
  assert.equal(await items.count({ place: 'd reports' }), 4);
  assert.deepEqual(await takeAll(), []);
  assert.equal(await items.count({ place: 'd reports' }), 0);
  assert.deepEqual(await waiting.list(), []);
});

test('while flows take groups and a person removes them, each group is taken whole or not at all', async () => {
  const { lab, collections, waiting, items } = await open();
  lab.losesOneOf = 13;
  const groups = new Map<string, readonly number[]>();
  const take = async ({ groupId, items: values }: CollectedGroup) => {
    groups.set(groupId, values as number[]);
    await new Promise((resolve) => setImmediate(resolve));
    return 'taken' as const;
  };
  let isAdding = true;
  const adding = (async () => {
    for (let n = 0; n < 300; n += 1) await again(() => collections.add('reports', `k${n % 2}`, n, { act: `s${n}` }));
    isAdding = false;
  })();
  const repeat = async (act: () => Promise<unknown>, pauseMs: number) => {
    while (isAdding) {
      await again(act);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const taking = repeat(() => collections.takeComplete('reports', { ...soon, ageMs: 60_000 }, take, never), 0);
  await Promise.all([adding, taking, repeat(() => waiting.remove(order), 7)]);
  await again(() => waiting.remove(order));
  for (const group of groups.values()) {
    assert.equal(group.length, 3, 'a group of three is never handed over in part');
    assert.deepEqual([group[1]! - group[0]!, group[2]! - group[1]!], [2, 2]);
  }
  const all = [...groups.values()].flat();
  assert.equal(new Set(all).size, all.length, 'no item is in two groups');
  assert.equal(await items.count({ place: 'd reports' }), 0);
});

test('metrics show how much waits in each collection, and for how long', async () => {
  const clock = fakeClock();
  const { waiting, add } = await open(clock);
  const metrics = createMetrics();
  showCollections(waiting, metrics, clock);
  await add('a', 1);
  await add('b', 1);
  await clock.advance(90_000);
  const text = await metrics.text();
  assert.match(text, /^kangqiao_collection_items\{domain="d",collection="reports"\} 2$/m);
  assert.match(text, /^kangqiao_collection_oldest_age_seconds\{domain="d",collection="reports"\} 90$/m);
  await waiting.remove(order);
  await clock.advance(60_000);
  assert.doesNotMatch(await metrics.text(), /collection="reports"/);
});

/** Repeats until an answer arrives. */
async function again<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'transient')) throw error;
    }
  }
}
