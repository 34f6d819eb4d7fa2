import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectedGroup, Collections, GroupLimits } from '../../../engine/contract/node/collections.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { itemsSpec } from '../../../engine/collections/collection-documents.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { startCollectionLab } from './collection-lab.ts';

const SECOND = 1000;
const never = new AbortController().signal;
const limits: GroupLimits = { items: 3, bytes: 1_000_000, ageMs: 60 * SECOND };

/** Repeats until an answer arrives, as the engine does after a transient error. */
async function untilAnswered<T>(change: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'transient')) throw error;
    }
  }
}

async function takeAll(collections: Collections, name: string, by: GroupLimits): Promise<readonly CollectedGroup[]> {
  const groups: CollectedGroup[] = [];
  await collections.takeComplete(name, by, async (group) => (groups.push(group), 'taken'), never);
  return groups;
}

test('each item is in exactly one group, in order, though processes race and answers are lost', async () => {
  const lab = await startCollectionLab();
  const processes = [(await lab.open()).of('d'), (await lab.open()).of('d')];
  /** The groups that the engine has accepted, by their ids. It accepts each id once. */
  const accepted = new Map<string, CollectedGroup>();
  const keys = ['a', 'b', 'c'];
  const adding = keys.map(async (key, index) => {
    // Items of one key are added one after the other, by turns in both processes, and every third step runs twice.
    for (let n = 0; n < 40; n += 1) {
      const add = (process: Collections) => untilAnswered(() => process.add('reports', key, { key, n }, { act: `${key}-${n}` }));
      await add(processes[(n + index) % 2]!);
      if (n % 3 === 0) await add(processes[(n + index + 1) % 2]!);
    }
  });
  let isAdding = true;
  let handed = 0;
  const take = async (group: CollectedGroup) => {
    const known = accepted.get(group.groupId);
    if (known !== undefined) assert.deepEqual(group.items, known.items, 'a group that comes again is the same');
    accepted.set(group.groupId, group);
    // The process that hands it over ends now and then before it can say so.
    handed += 1;
    if (handed % 4 === 0) throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
    return handed % 5 === 0 ? ('later' as const) : ('taken' as const);
  };
  lab.losesOneOf = 11;
  const taking = processes.map(async (process) => {
    while (isAdding) {
      await untilAnswered(() => process.takeComplete('reports', limits, take, never));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  await Promise.all(adding);
  isAdding = false;
  await Promise.all(taking);
  for (let round = 0; round < 20; round += 1) {
    await untilAnswered(() => processes[round % 2]!.takeComplete('reports', { ...limits, ageMs: 0 }, take, never));
  }
  for (const key of keys) {
    const numbers = [...accepted.values()].filter((group) => group.key === key).flatMap(({ items }) => items as { n: number }[]);
    assert.deepEqual(
      numbers.map(({ n }) => n),
      Array.from({ length: 40 }, (_, index) => index),
      `all items of ${key}, once and in order`,
    );
  }
  lab.losesOneOf = 0;
  const documents = await lab.documents.open(itemsSpec);
  assert.equal(await documents.count({ place: 'd reports' }), 0, 'nothing of an item is kept after it was taken');
  await processes[1]!.add('reports', 'a', 'again', { act: 'a-7' });
  assert.deepEqual(await takeAll(processes[0]!, 'reports', { ...limits, ageMs: 0 }), [], 'a step that runs again adds nothing');
});

test('a group is complete by count, by size, by the age of its first item, and by quiet', async () => {
  const clock = fakeClock();
  const collections = (await (await startCollectionLab(clock)).open()).of('d');
  const by: GroupLimits = { items: 3, bytes: 40, ageMs: 60 * SECOND, quietMs: 10 * SECOND };
  let step = 0;
  const add = (key: string, value: unknown) => collections.add('c', key, value, { act: `step-${(step += 1)}` });
  const taken = async () =>
    (await takeAll(collections, 'c', by))
      .map(({ key, items, reason }) => ({ key, items, reason }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));

  for (const n of [1, 2, 3, 4, 5]) await add('count', n);
  await add('size', 'x'.repeat(30));
  await add('size', 'y'.repeat(30));
  assert.deepEqual(await taken(), [
    { key: 'count', items: [1, 2, 3], reason: 'items' },
    { key: 'size', items: ['x'.repeat(30)], reason: 'bytes' },
  ]);
  await add('large', 'z'.repeat(100));
  assert.deepEqual(await taken(), [{ key: 'large', items: ['z'.repeat(100)], reason: 'bytes' }], 'alone it is larger than a group');
  await clock.advance(10 * SECOND - 1);
  assert.deepEqual(await taken(), []);
  await clock.advance(1);
  assert.deepEqual(await taken(), [
    { key: 'count', items: [4, 5], reason: 'quiet' },
    { key: 'size', items: ['y'.repeat(30)], reason: 'quiet' },
  ]);
  await add('age', 1);
  for (let n = 0; n < 12; n += 1) {
    await clock.advance(5 * SECOND);
    if (n === 5) await add('age', 2);
    else if (n < 11 && n % 2 === 1) await collections.add('other', 'age', n, { act: `other-${n}` });
  }
  // 30 s after the second item it was quiet long ago, and nobody had looked.
  assert.deepEqual(await taken(), [{ key: 'age', items: [1, 2], reason: 'age' }]);
});

test('a group that is refused comes again as it is, while the groups of other keys go on', async () => {
  const clock = fakeClock();
  const collections = (await (await startCollectionLab(clock)).open()).of('d');
  for (const [index, key] of ['bad', 'good', 'bad', 'good'].entries()) await collections.add('c', key, index, { act: `step-${index}` });
  await clock.advance(60 * SECOND);
  const seen: CollectedGroup[] = [];
  const take = async (group: CollectedGroup) => (seen.push(group), group.key === 'bad' ? ('refused' as const) : ('taken' as const));
  await collections.takeComplete('c', limits, take, never);
  await collections.add('c', 'bad', 4, { act: 'step-4' });
  await collections.takeComplete('c', limits, take, never);
  const bad = seen.filter(({ key }) => key === 'bad');
  assert.equal(bad.length, 2);
  assert.deepEqual(bad[0], bad[1], 'what was added meanwhile belongs to the next group');
  assert.deepEqual(
    seen.filter(({ key }) => key === 'good').map(({ items }) => items),
    [[1, 3]],
  );
  assert.deepEqual(
    (await takeAll(collections, 'c', { ...limits, ageMs: 0 })).map(({ items }) => items),
    [[0, 2], [4]],
  );
});

test('domains do not share collections; keys and values that cannot be kept are refused', async () => {
  const store = await (await startCollectionLab()).open();
  await store.of('a').add('c', '', { from: 'a' }, { act: 's' });
  assert.deepEqual(await takeAll(store.of('b'), 'c', { ...limits, ageMs: 0 }), []);
  assert.deepEqual((await takeAll(store.of('a'), 'c', { ...limits, ageMs: 0 }))[0]?.items, [{ from: 'a' }]);
  await assert.rejects(store.of('a').add('c', 'k'.repeat(501), 1, { act: 't' }), { code: 'COLLECTION_KEY', kind: 'input' });
  await assert.rejects(store.of('a').add('c', 'k', new Uint8Array(3), { act: 'u' }), { code: 'COLLECTION_VALUE', kind: 'input' });
});

test('groups of other keys go on behind more than a thousand that are refused', { timeout: 120_000 }, async () => {
  const clock = fakeClock();
  const collections = (await (await startCollectionLab(clock)).open()).of('d');
  for (let n = 0; n < 2100; n += 1) {
    await collections.add('c', `bad-${n}`, n, { act: `bad-${n}` });
    if (n % 10 === 0) await clock.advance(1);
  }
  for (let n = 0; n < 5; n += 1) await collections.add('c', `good-${n}`, n, { act: `good-${n}` });
  await clock.advance(60 * SECOND);
  const asked: string[] = [];
  const take = async ({ key }: CollectedGroup) => (asked.push(key), key.startsWith('bad') ? ('refused' as const) : ('taken' as const));
  await collections.takeComplete('c', limits, take, never);
  assert.equal(asked.filter((key) => key.startsWith('good')).length, 5);
  assert.equal(asked.length, 2105, 'each key once in a look');
});
