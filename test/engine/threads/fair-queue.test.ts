import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFairQueue } from '../../../engine/threads/fair-queue.ts';

test('keys take turns, each within its share', () => {
  const queue = createFairQueue<string>({ limit: 10, perKeyWaiting: 3, perKeyRunning: 1 });
  for (const entry of ['a1', 'a2', 'a3', 'b1']) assert.ok(queue.add(entry[0]!, entry));
  assert.equal(queue.add('a', 'a4'), false, 'the share of the key is full');
  assert.equal(queue.ready(), 2);
  assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a1', 'b1', undefined]);
  queue.done('a');
  assert.equal(queue.take(), 'a2');
  queue.remove('a', 'a3');
  queue.done('a');
  assert.equal(queue.take(), undefined);
  assert.deepEqual(queue.drain(), []);
});

test('what waits for a turn of its key goes along with it, and waits again where it was', () => {
  const queue = createFairQueue<string>({ limit: 10, perKeyWaiting: 5, perKeyRunning: 1 });
  for (const entry of ['a1', 'a2', 'a3', 'a4', 'b1']) assert.ok(queue.add(entry[0]!, entry));
  assert.deepEqual(queue.takeAlong('a', 5), [], 'its own turn is still to come');
  assert.equal(queue.take(), 'a1');
  assert.deepEqual(queue.takeAlong('a', 2), ['a2', 'a3']);
  assert.equal(queue.size(), 2);
  queue.putBack('a', ['a3']);
  queue.done('a');
  assert.deepEqual([queue.take(), queue.take(), queue.take()], ['b1', 'a3', undefined]);
  assert.deepEqual(queue.drain(), ['a4']);
});

test('refuses more than its limit', () => {
  const queue = createFairQueue<number>({ limit: 2, perKeyWaiting: 2, perKeyRunning: 1 });
  assert.deepEqual([queue.add('a', 1), queue.add('b', 2), queue.add('c', 3)], [true, true, false]);
  assert.deepEqual(queue.drain(), [1, 2]);
  assert.ok(queue.add('c', 3));
});
