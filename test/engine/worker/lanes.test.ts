import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { Lanes } from '../../../engine/worker/lanes.ts';

const execution = (_id: string) => ({ _id, part: 0, lane: null }) as ExecutionDocument;

test('an execution whose turn at a busy adapter has come continues before others start', async () => {
  const started: string[] = [];
  const turn = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const lanes: Lanes = new Lanes({
    slots: 1,
    clock: fakeClock(),
    async run({ _id }, slot) {
      started.push(_id);
      if (_id === 'waits') {
        slot.release();
        await turn.promise;
        await slot.resume();
        started.push('goes on');
      }
      if (_id === 'holds') await held.promise;
      return 'done';
    },
    onReread: () => undefined,
    onLeave: () => undefined,
    onBlocked: () => undefined,
  });
  for (const id of ['waits', 'holds', 'next', 'last']) lanes.take(execution(id), 0);
  await new Promise(setImmediate);
  assert.deepEqual(started, ['waits', 'holds']);
  turn.resolve();
  await new Promise(setImmediate);
  held.resolve();
  while (started.length < 5) await new Promise(setImmediate);
  assert.deepEqual(started, ['waits', 'holds', 'goes on', 'next', 'last']);
});
