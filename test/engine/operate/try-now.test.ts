// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLab, type LabStore } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient } from '../../support/model-flows.ts';

const HOUR_MS = 3_600_000;
const RETRY = { max: 5, baseMs: HOUR_MS, factor: 1, capMs: HOUR_MS, on: ['transient' as const] };

const feed = flowOf([node('in', 'test.in'), node('send', 'test.write', {}, { handling: { retry: RETRY } })], [edge('in.out', 'send')]);

async function openFeed(isUp: (number: number) => boolean, store: LabStore = 'memory') {
  const attempts: number[] = [];
  const write = testAction('test.write', 'write', ({ attempt }) => {
    attempts.push(attempt);
    if (!isUp(attempts.length)) throw transient();
  });
  const lab = await openLab(feed, [write], store);
  return { lab, attempts };
}

for (const store of ['memory', 'embedded'] as const)
  test(`what waits an hour for its next attempt is tried now, as that attempt, on the ${store} store`, async (t) => {
    const { lab, attempts } = await openFeed((number) => number === 3, store);
    t.after(() => lab.close());
    const engine = await lab.start();
    const id = await engine.take({});
    await lab.untilStatus(id, 'waiting');
    await engine.catalog.tryNow(id);
    await lab.until(async () => {
      const found = await lab.executions.get(id);
      return found?.status === 'waiting' && found.waits?.[0]?.attempts === 2;
    });
    await engine.catalog.tryNow(id);
    await lab.untilStatus(id, 'completed');
    assert.deepEqual(attempts, [1, 2, 3]);
    await assert.rejects(engine.catalog.tryNow(id), { code: 'EXECUTION_NOT_RETRYING' });
  });

test('two people who try now at once make one attempt', async (t) => {
  const { lab, attempts } = await openFeed((number) => number === 2);
  t.after(() => lab.close());
  const engine = await lab.start();
  const id = await engine.take({});
  await lab.untilStatus(id, 'waiting');
  const tried = await Promise.allSettled([engine.catalog.tryNow(id), engine.catalog.tryNow(id), engine.catalog.tryNow(id)]);
  assert.equal(tried.filter(({ status }) => status === 'fulfilled').length, 1);
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(attempts, [1, 2]);
});

test('a worker that listed the wait before a person tried now does not put its old time back', async (t) => {
  const { lab, attempts } = await openFeed((number) => number === 2);
  t.after(() => lab.close());
  const first = await lab.start();
  const id = await first.take({});
  const listed = await lab.untilStatus(id, 'waiting');
  first.kill();
  const second = await lab.start({ serves: () => false });
  await second.catalog.tryNow(id);
  // The claim of a worker that still has the old document in hand, by its id, status and epoch.
  const claim = await lab.executions.patchIf(id, { status: listed.status, epoch: listed.epoch }, { set: { status: 'running' } });
  assert.equal(claim.outcome, 'no-match');
  await lab.start();
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(attempts, [1, 2]);
});

test('a person who tries now and is killed before the bell rings loses nothing: the walk through the store finds it', async (t) => {
  const { lab, attempts } = await openFeed((number) => number === 2);
  t.after(() => lab.close());
  const first = await lab.start();
  const id = await first.take({});
  await lab.untilStatus(id, 'waiting');
  // Its doorbell is heard by no other process.
  const other = await lab.start({ isShared: true, serves: () => false });
  await other.catalog.tryNow(id);
  other.kill();
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(attempts, [1, 2]);
});

test('a wait for a message, for a time, or of what is being cancelled is not tried now', async (t) => {
  const document = flowOf([node('in', 'test.in'), node('wait', 'control.wait', { resume: 'data.order' })], [edge('in.out', 'wait')]);
  const lab = await openLab(document, []);
  t.after(() => lab.close());
  const engine = await lab.start();
  const id = await engine.take({ order: 'o1' });
  const { due } = await lab.untilStatus(id, 'waiting');
  await assert.rejects(engine.catalog.tryNow(id), { code: 'EXECUTION_NOT_RETRYING' });
  await assert.rejects(engine.catalog.tryNow('exe_none'), { code: 'EXECUTION_NOT_RETRYING' });
  assert.equal((await lab.executions.get(id))?.due, due);
});
