import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxOf, groupFrame, overlaps } from '../../../../designer/src/model/flow/card-geometry.ts';
import { addGroup } from '../../../../designer/src/model/commands/groups.ts';
import { apply, begin, undo } from '../../../../designer/src/model/history/flow-history.ts';
import { layOutFlow, suggestLayout, withPlaces } from '../../../../designer/src/model/layout/layout.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';
import { seededRandom } from '../../../support/simulated-process.ts';
import { emptyFlow, exampleFlow, exampleFlows, types } from '../sample-types.ts';

/** A flow of so many nodes in which each leads on to later ones, with some error wires that go far. */
function largeFlow(count: number, seed: number): FlowDocument {
  const random = seededRandom(seed);
  const flow = emptyFlow();
  for (let index = 0; index < count; index += 1) {
    flow.nodes.push({ id: `n_${index}`, type: index === 0 ? 'interface.call@1' : 'http.call@1', label: `${index}`, config: {} });
    if (index === 0) continue;
    const edge = (from: number, port: string) =>
      flow.edges.push({ id: `e_${flow.edges.length}`, from: { node: `n_${from}`, port }, to: { node: `n_${index}`, port: 'in' } });
    const from = Math.max(0, index - 1 - random.below(6));
    edge(from, from === 0 ? 'out' : 'ok');
    if (index > 30 && random.chance(0.6)) edge(index - 2 - random.below(28), 'error');
  }
  return flow;
}

function laidOut(flow: FlowDocument): FlowDocument {
  return apply(begin(flow), layOutFlow(flow, types)).document;
}

function assertApart(flow: FlowDocument): void {
  const boxes = flow.nodes.map((node) => boxOf(flow, node, types));
  boxes.forEach((box, index) => assert.ok(!boxes.slice(index + 1).some((other) => overlaps(box, other)), 'cards do not lie on each other'));
}

function assertReadable(flow: FlowDocument): void {
  assertApart(flow);
  const boxes = new Map(flow.nodes.map((node) => [node.id, boxOf(flow, node, types)]));
  for (const { from, to } of flow.edges) {
    const [a, b] = [boxes.get(from.node)!, boxes.get(to.node)!];
    const isInNextRow = b.y > a.y + a.height && b.x <= a.x;
    assert.ok(a.x + a.width < b.x || isInNextRow, `${from.node} stands left of ${to.node}, or in a row above it`);
  }
}

test('wires lead from left to right and no card lies on another', () => {
  for (const flow of exampleFlows) assertReadable(laidOut(flow));
  for (let seed = 1; seed <= 10; seed += 1) assertReadable(laidOut(largeFlow(20 + seed * 12, seed)));
});

/** Calls one after the other; each of `failing` leads to one node that takes the error. */
function chain(count: number, failing: readonly number[] = []): FlowDocument {
  const flow = emptyFlow();
  for (let index = 0; index < count; index += 1) {
    flow.nodes.push({ id: `n_${index}`, type: index === 0 ? 'interface.call@1' : 'http.call@1', label: `${index}`, config: {} });
    if (index === 0) continue;
    const from = { node: `n_${index - 1}`, port: index === 1 ? 'out' : 'ok' };
    flow.edges.push({ id: `e_${index}`, from, to: { node: `n_${index}`, port: 'in' } });
  }
  if (failing.length === 0) return flow;
  flow.nodes.push({ id: 'n_alert', type: 'http.call@1', label: 'alert', config: {} });
  for (const index of failing)
    flow.edges.push({ id: `e_error${index}`, from: { node: `n_${index}`, port: 'error' }, to: { node: 'n_alert', port: 'in' } });
  return flow;
}

/** Left edges of the cards of each row, from the top. */
function rowsOf(flow: FlowDocument): readonly (readonly number[])[] {
  const places = [...suggestLayout(flow, types).values()];
  return [...Map.groupBy(places, ({ y }) => y)].sort(([a], [b]) => a - b).map(([, row]) => row.map(({ x }) => x).sort((a, b) => a - b));
}

test('cards stand 260 apart, and a long chain is broken into rows of about the same length', () => {
  assert.deepEqual(rowsOf(chain(5)), [[0, 260, 520, 780, 1040]]);
  assert.deepEqual(
    rowsOf(chain(12)),
    Array.from({ length: 3 }, () => [0, 260, 520, 780]),
  );
  assert.equal(rowsOf(chain(500)).length, 100);
});

test('branches are not torn apart by the end of a row, and what takes errors does not keep a chain in one', () => {
  const flow = exampleFlow('appointment');
  const places = suggestLayout(flow, types);
  const y = (id: string) => places.get(id)!.y;
  assert.ok(Math.max(y('n_call'), y('n_check')) < Math.min(y('n_to_a'), y('n_where'), y('n_unknown')));
  assert.ok([...places.values()].every(({ x }) => x <= 4 * 260));
  const failing = suggestLayout(chain(12, [1, 4, 7, 10]), types);
  assert.ok([...failing.values()].every(({ x }) => x <= 4 * 260));
  assertReadable(laidOut(chain(12, [10])));
});

test('what a node leads to stands from top to bottom as its ports do', () => {
  for (const flow of exampleFlows) {
    const places = suggestLayout(flow, types);
    for (const node of flow.nodes) {
      const ports = (types.outPorts(node) ?? []).map(({ name }) => name);
      const wires = flow.edges.filter(({ from }) => from.node === node.id);
      const targets = wires
        .toSorted((a, b) => ports.indexOf(a.from.port) - ports.indexOf(b.from.port))
        .map(({ to }) => places.get(to.node)!);
      for (const column of Map.groupBy(targets, ({ x }) => x).values())
        assert.deepEqual(
          column.map(({ y }) => y),
          column.map(({ y }) => y).sort((a, b) => a - b),
          `${flow.flowId} ${node.id}`,
        );
    }
  }
});

test('branches stand in the order of their ports, error branches below', () => {
  const places = suggestLayout(exampleFlow('appointment'), types);
  const y = (id: string) => places.get(id)!.y;
  assert.ok(y('n_to_a') < y('n_to_b') && y('n_to_b') < y('n_unknown'));

  const flow = emptyFlow();
  for (const id of ['a', 'bad', 'good', 'end']) flow.nodes.push({ id: `n_${id}`, type: 'http.call@1', label: id, config: {} });
  const edge = (from: string, port: string, to: string) =>
    flow.edges.push({ id: `e_${from}${port}`, from: { node: `n_${from}`, port }, to: { node: `n_${to}`, port: 'in' } });
  edge('a', 'error', 'bad');
  edge('a', 'ok', 'good');
  edge('good', 'ok', 'end');
  const placed = suggestLayout(flow, types);
  assert.ok(placed.get('n_bad')!.y > placed.get('n_good')!.y);
});

test('the same flow gets the same layout, and a second time changes nothing', () => {
  const flow = largeFlow(60, 3);
  const history = apply(begin(flow), layOutFlow(flow, types));
  assert.equal(apply(history, layOutFlow(history.document, types)), history);
  assert.deepEqual(undo(history).document, flow);
});

test('nodes of a group stay together and others out of its frame', () => {
  const flow = exampleFlow('appointment');
  const planned = addGroup(flow, ['n_to_b', 'n_book_b', 'n_from_b'], '乙院');
  assert.ok('command' in planned);
  const document = laidOut(apply(begin(flow), planned.command).document);
  assertReadable(document);
  const inside = document.layout.groups[0]!.nodes;
  const box = (id: string) =>
    boxOf(
      document,
      document.nodes.find((node) => node.id === id)!,
      types,
    );
  const frame = groupFrame(inside.map(box))!;
  for (const { id } of document.nodes) assert.equal(overlaps(frame, box(id)), inside.includes(id), id);
});

test('a part is laid out where it lies, and the rest stays', () => {
  const flow = exampleFlow('appointment');
  const part = ['n_to_b', 'n_book_b', 'n_from_b'];
  for (const id of part) flow.layout.nodes[id] = [2000, 1000];
  const { document } = apply(begin(flow), layOutFlow(flow, types, part));
  assert.deepEqual(document.layout.nodes['n_to_b'], [2000, 1000]);
  assert.ok(document.layout.nodes['n_from_b']![0] > 2400);
  for (const { id } of flow.nodes) if (!part.includes(id)) assert.deepEqual(document.layout.nodes[id], flow.layout.nodes[id]);
});

test('parts that do not hang together stand below each other; nothing has a layout too', () => {
  const flow = emptyFlow();
  flow.nodes.push({ id: 'n_a', type: 'http.call@1', label: '', config: {} }, { id: 'n_b', type: 'control.catch@1', label: '', config: {} });
  assertReadable(laidOut(flow));
  assert.deepEqual([...suggestLayout(emptyFlow(), types)], []);
});

test('a flow that came without any places is shown as it is laid out', () => {
  for (const flow of [...exampleFlows, largeFlow(150, 4), emptyFlow()]) {
    const bare = { ...flow, layout: { ...flow.layout, nodes: {} } };
    assert.deepEqual(withPlaces(bare, types), laidOut(bare));
  }
});

test('what has a place stays, and what has none is shown beside it and on nothing', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const random = seededRandom(seed);
    const flow = laidOut(largeFlow(30, seed));
    const kept = Object.entries(flow.layout.nodes).filter(() => random.chance(seed / 12));
    const shown = withPlaces({ ...flow, layout: { ...flow.layout, nodes: Object.fromEntries(kept) } }, types);
    assertApart(shown);
    for (const [id, place] of kept) assert.deepEqual(shown.layout.nodes[id], place);
  }
  const flow = exampleFlow('appointment');
  for (const place of Object.values(flow.layout.nodes)) place.splice(0, 2, place[0] * 2 + 5000, place[1] * 2);
  delete flow.layout.nodes['n_book_b'];
  const shown = withPlaces(flow, types);
  const [before, own, after] = ['n_to_b', 'n_book_b', 'n_from_b'].map((id) => shown.layout.nodes[id]!);
  assert.ok(before![0] < own![0] && own![0] < after![0], 'it stands between those that it is wired to');
});

test('a flow in which every node has a place is shown as it is', () => {
  const flow = exampleFlow('appointment');
  assert.equal(withPlaces(flow, types), flow);
});

test('500 nodes and 800 wires take a few seconds of computing at most, on a slow machine too', async () => {
  const flow = largeFlow(500, 7);
  suggestLayout(largeFlow(50, 1), types);
  const [ms] = await cpuMsOf(() => suggestLayout(flow, types));
  assert.ok(flow.edges.length > 700);
  assert.ok(ms < 5_000, `${ms} ms`);
});
