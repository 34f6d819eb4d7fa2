import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executionsSpec, type ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { createQueueAge } from '../../../engine/observe/queue-age.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

async function openQueue() {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const executions = await documents.open(executionsSpec);
  let count = 0;
  const put = async (status: ExecutionDocument['status'], agoMs: number, lane?: string) => {
    const _id = `exe_${String((count += 1)).padStart(4, '0')}`;
    const document = {
      _id,
      status,
      acceptedAt: clock.now() - agoMs,
      lane: lane === undefined ? null : { key: lane, seq: _id },
      dedupe: _id,
    };
    await executions.insert(document as unknown as ExecutionDocument);
  };
  return { clock, documents, put, sight: createQueueAge({ executions, clock }) };
}

test('the queue is as old as its oldest message that may run; what waits behind a held one of its lane does not count', async () => {
  const { clock, put, sight } = await openQueue();
  assert.equal((await sight.read()).oldestAgeMs, 0);
  await put('held', 90_000, 'a');
  await put('queued', 80_000, 'a');
  await put('waiting', 70_000, 'b');
  await put('queued', 60_000, 'b');
  await put('queued', 30_000, 'c');
  await put('queued', 20_000);
  await put('completed', 100_000);
  await clock.advance(5_000);
  assert.deepEqual(await sight.read(), { oldestAgeMs: 35_000, open: { queued: 4, running: 0, waiting: 1, held: 1 } });
});

test('messages behind many blocked ones are found', async () => {
  const { put, sight } = await openQueue();
  await put('held', 900_000, 'a');
  for (let index = 0; index < 450; index += 1) await put('queued', 800_000 - index, 'a');
  await put('queued', 1_000, 'b');
  assert.equal((await sight.read()).oldestAgeMs, 1_000);
});

test('who asks often makes the store answer every few seconds only', async () => {
  const { clock, documents, sight } = await openQueue();
  await sight.read();
  const { reads } = documents.counters;
  await Promise.all([sight.read(), sight.read()]);
  assert.equal(documents.counters.reads, reads);
  await clock.advance(5_000);
  await sight.read();
  assert.ok(documents.counters.reads > reads);
});

test('what waits is looked at without its payloads', async () => {
  const { clock, documents, put } = await openQueue();
  const executions = await documents.open(executionsSpec);
  const carried = new Set<string>();
  const watched: typeof executions = {
    ...executions,
    async find(filter, options) {
      const found = await executions.find(filter, options);
      for (const document of found) for (const field of Object.keys(document)) carried.add(field);
      return found;
    },
  };
  await put('held', 90_000, 'a');
  await put('queued', 80_000, 'a');
  await executions.patchIf('exe_0001', {}, { set: { input: { sealed: 'x' }, 'legs.0': { epoch: 1 }, reply: { sealed: 'x' } } });
  await executions.patchIf('exe_0002', {}, { set: { input: { sealed: 'x' } } });
  await createQueueAge({ executions: watched, clock }).read();
  assert.deepEqual([...carried].sort(), ['_id', 'acceptedAt', 'dedupe', 'lane', 'status']);
});
