// @never-rerun: a single failure is a failure.
/** What a worker leaves to others: flows that it does not serve, and flows with a node type that only a newer build has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import flowCall from '../../../nodes/flow/call.node.ts';
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

interface Sketch {
  readonly tags?: readonly string[];
  /** `adp_…` of a node, or `flw_…` of a flow that it calls. */
  readonly uses?: readonly string[];
}

/** What a worker of these names says of each flow. */
function servedOf(names: readonly string[], sketches: Readonly<Record<string, Sketch>>): readonly string[] {
  const flows = Object.entries(sketches).map(([flowId, { tags = [], uses = [] }]) => {
    const nodes = uses.map((used, index) => ({
      ...{ id: `n_${index}`, type: 'flow.call@1', label: '' },
      ...(used.startsWith('adp_') ? { adapter: used, config: {} } : { config: { flowId: used } }),
    }));
    return { document: { flowId, tags: [...tags], nodes } };
  });
  const published = { current: (id: string) => flows.find(({ document: { flowId } }) => flowId === id) };
  const serves = createServes(names, { published, nodes: { get: () => flowCall } });
  return flows.filter(serves).map(({ document: { flowId } }) => flowId);
}

test('a worker serves the flows of its tags, and those whose adapters it can all reach', () => {
  const flows = {
    flw_reached: { uses: ['adp_a', 'adp_b'] },
    flw_half: { uses: ['adp_a', 'adp_c'] },
    flw_tagged: { tags: ['dmz'], uses: ['adp_c'] },
    flw_pure: {},
  };
  assert.deepEqual(servedOf(['adp_a', 'adp_b', 'dmz'], flows), ['flw_reached', 'flw_tagged', 'flw_pure']);
  assert.deepEqual(servedOf([], flows), Object.keys(flows));
});

test('the adapters of the flows that a flow calls count as its own, however deep, and in a circle too', () => {
  const flows = {
    flw_top: { uses: ['adp_a', 'flw_middle'] },
    flw_middle: { uses: ['flw_bottom'] },
    flw_bottom: { uses: ['adp_b', 'flw_top'] },
    flw_lost: { uses: ['flw_not_published'] },
  };
  assert.deepEqual(servedOf(['adp_a', 'adp_b'], flows), Object.keys(flows));
  assert.deepEqual(servedOf(['adp_a'], flows), ['flw_lost'], 'who cannot reach the bottom runs none of the circle');
});

test('a flow that is published anew with another adapter changes who serves its callers', () => {
  const nodeOf = (config: Record<string, unknown>, adapter?: string) => ({
    ...{ id: 'n_1', type: 'flow.call@1', label: '', config },
    ...(adapter === undefined ? {} : { adapter }),
  });
  const flow = (flowId: string, only: ReturnType<typeof nodeOf>) => ({ document: { flowId, tags: [], nodes: [only] } });
  const top = flow('flw_top', nodeOf({ flowId: 'flw_bottom' }));
  let bottom = flow('flw_bottom', nodeOf({}, 'adp_a'));
  const serves = createServes(['adp_a'], { published: { current: () => bottom }, nodes: { get: () => flowCall } });
  assert.equal(serves(top), true);
  bottom = flow('flw_bottom', nodeOf({}, 'adp_b'));
  assert.equal(serves(top), false);
});
