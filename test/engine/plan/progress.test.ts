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

test('a join that waits for the first success fires once, in any order of settling, and nothing begins in a branch that failed or lost', () => {
  const shape = fc.array(fc.record({ length: fc.integer({ min: 1, max: 3 }), failsAt: fc.integer({ min: -1, max: 2 }) }), {
    minLength: 2,
    maxLength: 4,
  });
  fc.assert(
    fc.property(shape, fc.constantFrom('success' as const, 'end' as const), fc.nat(), (rows, first, seed) => {
      const told = playBranches(rows, first, seededRandom(seed).below);
      const succeeds = rows.some(({ length, failsAt }) => failsAt < 0 || failsAt >= length);
      assert.deepEqual(told.fired, [first === 'end' || succeeds ? 'run' : 'short']);
      assert.deepEqual(told.beganLate, []);
      assert.ok(told.isDone);
    }),
    { numRuns: 500 },
  );
});

test('an error in a part of a branch ends the whole branch: a join of all inside it does not go on with the rest', () => {
  const document = flowOf(
    ['in', 'x', 'y', 'inner', 'other', 'join'].map((id) => node(id, id)),
    [
      edge('in.out', 'x'),
      edge('in.out', 'y'),
      edge('in.out', 'other'),
      edge('x', 'inner'),
      edge('y', 'inner'),
      edge('inner', 'join'),
      edge('other', 'join'),
    ],
  );
  const graph = buildGraph(document, (id) => ({
    role: id === 'n_in' ? 'trigger' : id === 'n_inner' || id === 'n_join' ? 'join' : 'action',
    effect: 'pure',
    outPorts: ['ok'],
    ...(id === 'n_inner' ? { join: { need: 'all' as const } } : id === 'n_join' ? { join: { need: 1, first: 'success' as const } } : {}),
  }));
  const progress = new Progress<string>(graph, (message) => message);
  const [x, y, other] = progress.start('out', 'm').ready;
  const route = progress.fail(
    x!.node,
    x!.run,
    'E',
    () => true,
    () => 'E',
  );
  assert.ok(route.to === 'join');
  assert.deepEqual(
    route.advance.lost.map((place) => place.node.id),
    ['n_y'],
  );
  assert.deepEqual(
    route.advance.skipped.map((place) => place.node.id),
    ['n_inner'],
  );
  assert.deepEqual(progress.settle(y!.node, y!.run, { ok: 'late' }).ready, []);
  const advance = progress.settle(other!.node, other!.run, { ok: 'won' });
  assert.deepEqual(
    advance.ready.map((ready) => [ready.node.id, ready.inputs.map(({ message }) => message)]),
    [['n_join', ['won']]],
  );
});

/** Branches of so many nodes, each failing at one of them or not at all, settled in an order of chance. */
function playBranches(
  rows: readonly { readonly length: number; readonly failsAt: number }[],
  first: 'success' | 'end',
  pick: (limit: number) => number,
): { readonly fired: string[]; readonly beganLate: string[]; readonly isDone: boolean } {
  const names = rows.map(({ length }, branch) => Array.from({ length }, (_, at) => `${branch}x${at}`));
  const edges = names.flatMap((branch) => [edge('in.out', branch[0]!), ...branch.map((name, at) => edge(name, branch[at + 1] ?? 'join'))]);
  const document = flowOf([node('in', 'in'), ...names.flat().map((name) => node(name, 'x')), node('join', 'join')], edges);
  const graph = buildGraph(document, (id) => ({
    role: id === 'n_in' ? 'trigger' : id === 'n_join' ? 'join' : 'action',
    effect: 'pure',
    outPorts: ['ok'],
    ...(id === 'n_join' ? { join: { need: 1, first } } : {}),
  }));
  const progress = new Progress<string>(graph, (message) => message);
  const fired: string[] = [];
  const beganLate: string[] = [];
  const open: { node: GraphNode; run: BodyRun<string> }[] = [];
  const take = (advance: Advance<string>): void => {
    for (const ready of advance.ready) {
      if (ready.node.role === 'join') fired.push(ready.isShort ? 'short' : 'run');
      else if (fired.length > 0) beganLate.push(ready.node.id);
      open.push(ready);
    }
    for (const lost of advance.lost) {
      const at = open.findIndex((one) => one.node === lost.node);
      // Half of them come to an end by themselves.
      if (pick(2) === 0 && at >= 0) {
        open.splice(at, 1);
        take(progress.abandon(lost.node, lost.run));
      }
    }
  };
  take(progress.start('out', 'm'));
  while (open.length > 0) {
    const [next] = open.splice(pick(open.length), 1);
    const [branch, at] = next!.node.id.slice(2).split('x').map(Number);
    const isFailing = next!.node.role !== 'join' && rows[branch!]!.failsAt === at;
    const route = isFailing
      ? progress.fail(
          next!.node,
          next!.run,
          'E',
          () => true,
          () => 'E',
        )
      : undefined;
    if (route === undefined) take(progress.settle(next!.node, next!.run, { ok: next!.node.id }));
    else {
      assert.ok(route.to === 'join');
      take(route.advance);
    }
  }
  return { fired, beganLate, isDone: progress.isDone };
}

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
