import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryWorkQueue } from '../../../storage/in-process/memory-work-queue.ts';
import { workQueueConformance } from '../../conformance/work-queue.ts';

workQueueConformance('memory', async () => {
  const clock = fakeClock();
  const queue = createMemoryWorkQueue({ clock });
  return { queue, passTime: (ms) => clock.advance(ms), close: () => queue.close() };
});

it('loses the rings that a test tells it to lose', async () => {
  const clock = fakeClock();
  const queue = createMemoryWorkQueue({ clock, loses: (partition) => partition === 1 });
  const heard: number[] = [];
  const consumer = await queue.consume(async (partitions) => void heard.push(...partitions));
  await queue.ring(1);
  await queue.ring(2);
  await clock.advance(10);
  assert.deepEqual(heard, [2]);
  await consumer.stop();
  await queue.close();
  assert.equal(clock.pending(), 0);
});
