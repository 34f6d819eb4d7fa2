import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLane } from '../../../gateways/remote/create-lane.ts';

test('some work at once, some wait in their order, the rest is refused; a failure frees its place', async () => {
  const lane = createLane({ running: 1, waiting: 2 });
  const order: string[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  const work = (name: string) => () => Promise.resolve(void order.push(name));
  const failing = lane.run(() => promise);
  const [first, second] = [lane.run(work('first')), lane.run(work('second'))];
  assert.equal(lane.run(work('refused')), undefined);
  reject(new Error('of the test'));
  await assert.rejects(failing!);
  await first;
  await second;
  assert.deepEqual(order, ['first', 'second']);
  await lane.run(work('third'));
  assert.equal(order.at(-1), 'third');
});
