/** What a worker leaves to others: flows that it does not serve, and flows with a node type that only a newer build has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServes } from '../../../engine/worker/create-serves.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('send', 'test.send')], [edge('in.out', 'send')]);
const send = testAction('test.send', 'write', (ctx) => ctx.beforeFirstByte());

test('an execution whose flow has a node type that this build lacks stays queued, unheld, for a build that has it', async (t) => {
  const lab = await openLab(document, [send]);
  t.after(() => lab.close());
  const older = await lab.start({ lacks: ['test.send@1'] });
  const ids = [await older.take({ number: 1 }), await older.take({ number: 2 })];
  const before = lab.documents.counters.reads;
  await lab.pass(60_000);
  for (const id of ids) {
    const stored = await lab.executions.get(id);
    assert.deepEqual([stored?.status, stored?.epoch, stored?.held], ['queued', 0, undefined]);
  }
  assert.ok(lab.documents.counters.reads - before < 1_000, 'and asks the store no more than with nothing to do');
  await lab.start();
  for (const id of ids) await lab.untilStatus(id, 'completed');
});

test('an execution of a flow that a worker does not serve is left to one that does', async (t) => {
  const lab = await openLab(document, [send]);
  t.after(() => lab.close());
  const elsewhere = await lab.start({ serves: () => false });
  const id = await elsewhere.take({ number: 1 });
  await lab.pass(10_000);
  assert.equal((await lab.executions.get(id))?.status, 'queued');
  await elsewhere.catalog.cancel(id, 'somebody', 'not wanted');
  await lab.pass(10_000);
  assert.equal((await lab.executions.get(id))?.status, 'queued', 'its cancel too');
  await lab.start({ serves: () => true });
  await lab.untilStatus(id, 'cancelled');
});

test('a worker serves the flows of its tags, and those whose adapters it can all reach', () => {
  const flow = (tags: readonly string[], ...adapters: (string | undefined)[]) => ({
    document: {
      ...document,
      tags: [...tags],
      nodes: adapters.map((adapter) => ({ ...document.nodes[0]!, ...(adapter === undefined ? {} : { adapter }) })),
    },
  });
  const serves = createServes(['adp_a', 'adp_b', 'dmz']);
  assert.equal(serves(flow([], 'adp_a', undefined, 'adp_b')), true);
  assert.equal(serves(flow([], 'adp_a', 'adp_c')), false);
  assert.equal(serves(flow(['dmz'], 'adp_c')), true);
  assert.equal(serves(flow([], undefined)), true, 'what needs no adapter runs anywhere');
  assert.equal(createServes([])(flow([], 'adp_c')), true);
});
