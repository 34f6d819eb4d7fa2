/** What every backend of the port `WorkQueue` promises. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import { eventually } from './eventually.ts';

export interface OpenedQueue {
  readonly queue: WorkQueue;
  /** Moves time on, or waits as long where a server keeps the time. */
  passTime(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function workQueueConformance(name: string, open: () => Promise<OpenedQueue>): void {
  describe(`work queue on ${name}`, () => {
    let opened: OpenedQueue;
    before(async () => void (opened = await open()));
    after(() => opened.close());

    it('tells a consumer every partition that rang, also before it began to listen', async () => {
      const { queue } = opened;
      await queue.ring(3);
      const heard = new Set<number>();
      const consumer = await queue.consume(async (partitions) => partitions.forEach((partition) => heard.add(partition)));
      await queue.ring(5);
      await eventually(() => heard.has(3) && heard.has(5));
      await consumer.stop();
    });

    it('makes many rings of one partition few calls, never an empty one, never two at once', async () => {
      const { queue } = opened;
      let running = 0;
      let most = 0;
      const calls: (readonly number[])[] = [];
      const consumer = await queue.consume(async (partitions) => {
        most = Math.max(most, ++running);
        calls.push(partitions);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
      });
      for (let i = 0; i < 100; i++) await queue.ring(i % 2);
      await eventually(() => running === 0 && calls.flat().includes(0) && calls.flat().includes(1));
      await consumer.stop();
      assert.equal(most, 1);
      assert.ok(calls.every((partitions) => partitions.length > 0 && new Set(partitions).size === partitions.length));
      assert.ok(calls.length < 50, `${calls.length} calls`);
    });

    it('hears a ring that comes while the listener runs', async () => {
      const { queue } = opened;
      let calls = 0;
      const consumer = await queue.consume(async () => {
        if (++calls === 1) await queue.ring(7);
      });
      await queue.ring(7);
      await eventually(() => calls >= 2);
      await consumer.stop();
    });

    it('rings later when told so', async () => {
      const { queue } = opened;
      const heard: number[] = [];
      const consumer = await queue.consume(async (partitions) => void heard.push(...partitions));
      await queue.ring(9, { delayMs: 2_000 });
      await queue.ring(8, { delayMs: 120_000 });
      await opened.passTime(100);
      assert.equal(heard.length, 0);
      await opened.passTime(2_000);
      await eventually(() => heard.includes(9));
      assert.deepEqual(heard, [9]);
      await consumer.stop();
    });

    it('calls a throwing listener again with what it missed', async () => {
      const { queue } = opened;
      const heard: number[] = [];
      let fails = true;
      const consumer = await queue.consume(async (partitions) => {
        if (fails) throw new Error('not now');
        heard.push(...partitions);
      });
      await queue.ring(11);
      await opened.passTime(50);
      fails = false;
      await eventually(async () => {
        await opened.passTime(200);
        return heard.includes(11);
      });
      await consumer.stop();
    });

    it('waits at stop for the running call and begins no further one', async () => {
      const { queue } = opened;
      let started = 0;
      let ended = 0;
      const consumer = await queue.consume(async () => {
        started++;
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended++;
      });
      await queue.ring(1);
      await eventually(() => started === 1);
      await consumer.stop();
      assert.equal(ended, 1);
      await queue.ring(1);
      await opened.passTime(50);
      assert.equal(started, 1);
    });
  });
}
