import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildGraph, type FlowGraph, type GraphNode, type PlanNode } from '../../../engine/plan/flow-graph.ts';
import { Progress, type Advance, type BodyRun } from '../../../engine/plan/progress.ts';
import { edge, flowOf, node } from '../../support/model-flows.ts';
import { seededRandom } from '../../support/simulated-process.ts';

/** A random graph without cycles: node 0 is the trigger; later nodes hang on earlier ones; several edges in make a join. */
const shapes = fc
  .array(
    fc.record({
      parents: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
      need: fc.constantFrom('all' as const, 1, 2),
      kind: fc.nat(2),
    }),
    {
      minLength: 1,
      maxLength: 14,
    },
  )
  .map((rows) => graphOf(rows));

test('any order of settling gives the same steps, runs nothing twice and fires each join once', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), fc.nat(), fc.nat(), (graph, choice, first, second) => {
      const one = play(graph, choice, seededRandom(first).below);
      const other = play(graph, choice, seededRandom(second).below);
      assert.deepEqual(one, other);
    }),
    { numRuns: 500 },
  );
});

test('runs at most as many items of a loop at once as it allows, and gives the results in their order', () => {
  const document = flowOf(
    [node('in', 'in'), node('each', 'each'), node('work', 'work'), node('end', 'end')],
    [edge('in.out', 'each'), edge('each.each', 'work'), edge('each.done', 'end')],
  );
  const graph = buildGraph(document, (id) =>
    id === 'n_each'
      ? { role: 'for-each', effect: 'pure', outPorts: ['each', 'done'], loop: { concurrency: 3, keepItemErrors: false } }
      : { role: id === 'n_in' ? 'trigger' : 'action', effect: 'pure', outPorts: ['ok'] },
  );
  const progress = new Progress<number>(graph, (message) => message);
  const [loop] = progress.start('out', 0).ready;
  const open = [...progress.openLoop(loop!.node, loop!.run, [0, 1, 2, 3, 4, 5, 6]).ready];
  let finished: readonly unknown[] | undefined;
  while (open.length > 0) {
    assert.ok(open.length <= 3);
    const ready = open.splice(open.length - 1, 1)[0]!;
    const advance = progress.settle(ready.node, ready.run, { ok: ready.inputs[0]!.message * 10 });
    open.push(...advance.ready);
    finished = advance.finishedLoops[0]?.results ?? finished;
  }
  assert.deepEqual(finished, [0, 10, 20, 30, 40, 50, 60]);
});

test('skips a catch that nothing needed and lets a join behind it go on', () => {
  const document = flowOf(
    [node('in', 'in'), node('a', 'a'), node('catch', 'catch'), node('join', 'join')],
    [edge('in.out', 'a'), edge('a', 'join'), edge('catch.out', 'join')],
  );
  const graph = buildGraph(document, (id) => ({
    role: id === 'n_in' ? 'trigger' : id === 'n_catch' ? 'catch' : id === 'n_join' ? 'join' : 'action',
    effect: 'pure',
    outPorts: ['ok'],
    ...(id === 'n_join' ? { join: { need: 'all' as const } } : {}),
  }));
  const progress = new Progress<string>(graph, (message) => message);
  const [a] = progress.start('out', 'x').ready;
  const advance = progress.settle(a!.node, a!.run, { ok: 'y' });
  assert.deepEqual(
    advance.skipped.map(({ node: skipped }) => skipped.id),
    ['n_catch'],
  );
  assert.deepEqual(
    advance.ready.map((ready) => [ready.node.id, ready.inputs.length]),
    [['n_join', 1]],
  );
});

function graphOf(
  rows: readonly { readonly parents: readonly number[]; readonly need: 'all' | number; readonly kind: number }[],
): FlowGraph {
  const nodes = [node('0', 'in'), ...rows.map((_, index) => node(String(index + 1), 'x'))];
  const parents = rows.map((row, index) => [...new Set(row.parents.map((parent) => parent % (index + 1)))]);
  const edges = parents.flatMap((from, index) =>
    from.map((parent) => edge(`${parent}.${parent === 0 ? 'out' : index % 2 === 0 ? 'ok' : 'error'}`, String(index + 1))),
  );
  return buildGraph(flowOf(nodes, edges), (id): PlanNode => {
    const index = Number(id.slice(2)) - 1;
    if (index < 0) return { role: 'trigger', effect: 'pure', outPorts: ['out'] };
    const isJoin = parents[index]!.length > 1;
    return {
      role: isJoin ? 'join' : 'action',
      effect: 'pure',
      outPorts: ['ok', 'error'],
      ...(isJoin ? { join: { need: 'all' as const } } : {}),
    };
  });
}

/** Plays the graph to its end, picking the next node to settle by `pick`; what a node emits depends on the node and `choice` alone. */
function play(graph: FlowGraph, choice: number, pick: (limit: number) => number): Record<string, string> {
  const progress = new Progress<string>(graph, (message) => message);
  const states: Record<string, string> = {};
  const ready: { node: GraphNode; run: BodyRun<string> }[] = [];
  const take = (advance: Advance<string>) => {
    for (const { node: skipped } of advance.skipped) note(skipped, 'skipped');
    for (const next of advance.ready) {
      note(
        next.node,
        next.inputs
          .map(({ from }) => from.id)
          .sort()
          .join('+'),
      );
      ready.push(next);
    }
  };
  const note = (at: GraphNode, state: string) => {
    assert.equal(states[at.id], undefined, `${at.id} came twice`);
    states[at.id] = state;
  };
  take(progress.start('out', 'start'));
  while (ready.length > 0) {
    const [next] = ready.splice(pick(ready.length), 1);
    const port = ((choice >>> (next!.node.index % 16)) & 1) === 0 ? 'ok' : 'error';
    take(progress.settle(next!.node, next!.run, { [port]: next!.node.id }));
  }
  assert.ok(progress.isDone);
  assert.equal(Object.keys(states).length, graph.nodes.length - 1, 'every node ran or was skipped');
  return states;
}
