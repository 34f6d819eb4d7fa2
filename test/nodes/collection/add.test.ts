import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collections } from '../../../engine/contract/node/collections.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import collectionAdd from '../../../nodes/collection/add.node.ts';
import { showsContract } from '../shows-contract.ts';
import { openCollections } from './use-collections.ts';

showsContract(import.meta.url, {
  happy: 'adds the item once per step, by key',
  slow: 'waits for a slow store',
  refusal: 'a key that is no text is refused',
  duplicate: 'adds the item once per step, by key',
  cancel: 'a cancelled step adds nothing',
  '10 MB': 'an item of 10 MB is added and taken whole',
});

const config = { collection: 'reports', key: { path: 'data.hospital' } };
const all = { items: 1000, bytes: 50_000_000, ageMs: 0 };

async function add(collections: Collections, options: RunNodeOptions): Promise<unknown> {
  const outcome = await runNode(collectionAdd, { config, collections, ...options });
  assert.ok('emit' in outcome);
  return outcome.emit?.['ok']?.[0]?.data;
}

async function taken(collections: Collections): Promise<Record<string, readonly unknown[]>> {
  const groups: Record<string, readonly unknown[]> = {};
  const take = async ({ key, items }: { readonly key: string; readonly items: readonly unknown[] }) => (
    (groups[key] = items),
    'taken' as const
  );
  await collections.takeComplete('reports', all, take, new AbortController().signal);
  return groups;
}

test('adds the item once per step, by key', async () => {
  const collections = await openCollections();
  const a = (n: number) => ({ data: { hospital: 'A', n }, idempotencyKey: `a-${n}` });
  assert.deepEqual(await add(collections, a(1)), { collection: 'reports', waiting: 1 });
  assert.deepEqual(await add(collections, a(2)), { collection: 'reports', waiting: 2 });
  assert.deepEqual(await add(collections, a(1)), { collection: 'reports', waiting: 1 });
  const value = { config: { ...config, value: { path: 'data.n' } }, data: { hospital: 7, n: 3 }, idempotencyKey: 'b' };
  assert.deepEqual(await add(collections, value), { collection: 'reports', waiting: 1 });
  const withoutKey = { config: { collection: 'reports' }, data: 'text', idempotencyKey: 'c' };
  assert.deepEqual(await add(collections, withoutKey), { collection: 'reports', waiting: 1 });
  assert.deepEqual(await taken(collections), { A: [a(1).data, a(2).data], 7: [3], '': ['text'] });
});

test('a key that is no text is refused', async () => {
  const collections = await openCollections();
  await assert.rejects(add(collections, { data: { hospital: {} } }), { code: 'COLLECTION_KEY', kind: 'input' });
  await assert.rejects(add(collections, { data: { hospital: 'x'.repeat(501) } }), { code: 'COLLECTION_KEY', kind: 'input' });
  assert.deepEqual(await taken(collections), {});
});

test('waits for a slow store', async () => {
  const collections = await openCollections();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDone = false;
  const slow: Collections = { ...collections, add: async (...given) => (await promise, collections.add(...given)) };
  const running = add(slow, { data: { hospital: 'A' } }).then(() => (isDone = true));
  await new Promise((next) => setImmediate(next));
  assert.ok(!isDone);
  resolve();
  assert.ok(await running);
});

test('a cancelled step adds nothing', async () => {
  const collections = await openCollections();
  await assert.rejects(add(collections, { data: { hospital: 'A' }, signal: AbortSignal.abort(new Error('cancelled')) }), /cancelled/);
  assert.deepEqual(await taken(collections), {});
});

test('an item of 10 MB is added and taken whole', async () => {
  const collections = await openCollections();
  await add(collections, { data: { hospital: 'A', text: 'x'.repeat(10_000_000) } });
  const [item] = (await taken(collections))['A'] as readonly { readonly text: string }[];
  assert.equal(item?.text.length, 10_000_000);
});
