import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createTraffic } from '../../../engine/observe/traffic.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

test('gives count, failures and mean duration per minute and per hour, with nothing left out', async () => {
  const clock = fakeClock();
  const traffic = await createTraffic({ documents: createMemoryDocuments({ clock }), clock, log: silentLogger, owner: 'a' });
  traffic.ended(false, 10);
  traffic.ended(true, 30);
  await clock.advance(120_000);
  traffic.ended(false, 5);
  const { minutes, hours } = await traffic.series();
  assert.equal(minutes.length, 60);
  assert.equal(hours.length, 24);
  assert.deepEqual(
    minutes.slice(-3).map(({ count, failed, meanMs }) => [count, failed, meanMs]),
    [
      [2, 1, 20],
      [0, 0, 0],
      [1, 0, 5],
    ],
  );
  assert.equal(minutes.at(-1)!.at - minutes.at(-2)!.at, 60_000);
  assert.equal(
    hours.slice(-2).reduce((sum, { count }) => sum + count, 0),
    3,
  );
  await traffic.stop();
});

test('what was counted outlives the process, once, and adds up over processes', async () => {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const open = (owner: string) => createTraffic({ documents, clock, log: silentLogger, owner });
  const first = await open('a');
  const other = await open('b');
  first.ended(false, 10);
  other.ended(false, 10);
  await clock.advance(61_000);
  first.ended(false, 10);
  await first.stop();
  await other.stop();
  const next = await open('c');
  next.ended(true, 10);
  const count = async () => (await next.series()).hours.reduce((sum, point) => sum + point.count, 0);
  assert.equal(await count(), 4);
  await clock.advance(61_000);
  assert.equal(await count(), 4);
  await next.stop();
});

test('yesterday’s same hour is not today’s', async () => {
  const clock = fakeClock();
  const traffic = await createTraffic({ documents: createMemoryDocuments({ clock }), clock, log: silentLogger, owner: 'a' });
  traffic.ended(false, 10);
  await clock.advance(25 * 3_600_000);
  assert.equal(
    (await traffic.series()).hours.reduce((sum, { count }) => sum + count, 0),
    0,
  );
  await traffic.stop();
});

test('calls of an adapter have a series of their own, by what was added since they were read before', async () => {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const totals = new Map<string, [number, number, number, number]>([['adp_a', [4, 1, 60, 2]]]);
  const traffic = await createTraffic({ documents, clock, log: silentLogger, owner: 'a', calls: () => totals.entries() });
  const lastOf = async (subject?: string) => (await traffic.series(subject)).minutes.at(-1)!;
  const { at: _at, ...first } = await lastOf('adp_a');
  assert.deepEqual(first, { count: 4, failed: 1, refused: 2, meanMs: 15 });
  await clock.advance(60_000);
  totals.set('adp_a', [7, 1, 90, 3]);
  assert.deepEqual([(await lastOf('adp_a')).count, (await lastOf('adp_a')).refused], [3, 1]);
  assert.equal((await lastOf()).count, 0, 'executions are counted apart');
  await traffic.stop();
  const next = await createTraffic({ documents, clock, log: silentLogger, owner: 'b' });
  assert.equal(
    (await next.series('adp_a')).hours.reduce((sum, { count }) => sum + count, 0),
    7,
  );
  assert.equal(
    (await next.series('adp_b')).hours.reduce((sum, { count }) => sum + count, 0),
    0,
  );
  await next.stop();
});
