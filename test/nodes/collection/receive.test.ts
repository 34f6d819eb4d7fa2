import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArrivalResult } from '../../../engine/contract/node/node.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger } from '../../../engine/testing/listen-trigger.ts';
import collectionReceive from '../../../nodes/collection/receive.node.ts';
import { showsContract } from '../shows-contract.ts';
import { openCollections } from './use-collections.ts';

showsContract(import.meta.url, {
  happy: 'each complete group starts the flow once',
  slow: 'a group that cannot be stored now is handed in again, the same, before any other',
  refusal: 'a refused group is reported and stays, and other keys go on',
  duplicate: 'a group that cannot be stored now is handed in again, the same, before any other',
  cancel: 'no group is handed in after the stop',
  '10 MB': 'a group of 10 MB is handed in whole',
});

const config = { collection: 'reports', maxItems: 2, maxWaitSec: 60 };

async function startLab(onArrival?: () => ArrivalResult) {
  const clock = fakeClock();
  const collections = await openCollections(clock);
  let step = 0;
  const add = (key: string, value: unknown) => collections.add('reports', key, value, { act: `step-${(step += 1)}` });
  const trigger = await listenTrigger(collectionReceive, { config, clock, collections, ...(onArrival && { onArrival }) });
  // The first look finds nothing; each second then has one.
  await clock.advance(0);
  return { clock, add, trigger };
}

test('each complete group starts the flow once', async () => {
  const { clock, add, trigger } = await startLab();
  const begin = new Date(clock.now()).toISOString();
  await add('A', { n: 1 });
  await clock.advance(1000);
  assert.equal(trigger.arrivals.length, 0);
  await add('A', { n: 2 });
  await clock.advance(1000);
  const { message, dedupeKey } = await trigger.next();
  const lastAt = new Date(clock.now() - 1000).toISOString();
  assert.deepEqual(message.data, { key: 'A', items: [{ n: 1 }, { n: 2 }], count: 2, reason: 'items', firstAt: begin, lastAt });
  await add('A', { n: 3 });
  for (let second = 0; second <= 60; second += 1) await clock.advance(1000);
  const next = await trigger.next();
  assert.partialDeepStrictEqual(next.message.data, { items: [{ n: 3 }], reason: 'age' });
  assert.notEqual(next.dedupeKey, dedupeKey);
  await clock.advance(5000);
  assert.equal(trigger.arrivals.length, 2);
  await trigger.stop();
});

test('a group that cannot be stored now is handed in again, the same, before any other', async () => {
  let isDown = true;
  const error = { code: 'STORE_DOWN', kind: 'transient' as const, message: 'The store does not respond.' };
  const { clock, add, trigger } = await startLab(() =>
    isDown ? { status: 'refused', error } : { status: 'duplicate', executionId: 'exe_1' },
  );
  for (const n of [1, 2, 3]) await add('A', n);
  await clock.advance(1000);
  await add('A', 4);
  isDown = false;
  await clock.advance(1000);
  await clock.advance(1000);
  const [first, again, second] = trigger.arrivals;
  assert.deepEqual(again, { ...first, message: again!.message });
  assert.deepEqual(again!.message.data, first!.message.data);
  assert.partialDeepStrictEqual(second!.message.data, { items: [3, 4] });
  assert.equal(trigger.arrivals.length, 3);
  await trigger.stop();
});

test('a refused group is reported and stays, and other keys go on', async () => {
  const error = { code: 'MESSAGE_SCHEMA', kind: 'input' as const, message: 'The message does not match.' };
  let count = 0;
  const { clock, add, trigger } = await startLab(() =>
    (count += 1) === 1 ? { status: 'refused', error } : { status: 'accepted', executionId: `exe_${count}` },
  );
  for (const key of ['A', 'A', 'B', 'B']) await add(key, key);
  await clock.advance(1000);
  assert.deepEqual(
    trigger.refusals.map(({ code }) => code),
    ['MESSAGE_SCHEMA'],
  );
  assert.equal(trigger.arrivals.length, 2);
  await clock.advance(1000);
  assert.equal(trigger.arrivals.length, 3, 'it is tried again');
  await trigger.stop();
});

test('no group is handed in after the stop', async () => {
  const { clock, add, trigger } = await startLab();
  for (const n of [1, 2]) await add('A', n);
  await trigger.stop();
  await clock.advance(5000);
  assert.equal(trigger.arrivals.length, 0);
});

test('a group of 10 MB is handed in whole', async () => {
  const { clock, add, trigger } = await startLab();
  await add('A', 'x'.repeat(10_000_000));
  await clock.advance(1000);
  const { items } = (await trigger.next()).message.data as { readonly items: readonly string[] };
  assert.equal(items[0]?.length, 10_000_000);
  await trigger.stop();
});
