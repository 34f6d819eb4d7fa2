import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxOf, groupFrame, overlaps } from '../../../../designer/src/model/flow/card-geometry.ts';
import { createCanvasView } from '../../../../designer/src/model/layout/canvas-view.ts';
import { flowFrames } from '../../../../designer/src/model/flow/flow-frames.ts';
import { withPlaces } from '../../../../designer/src/model/layout/layout.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { emptyFlow, types } from '../sample-types.ts';

/** A call, a loop of two nodes, what comes after it, and a catch that leads to an alert. */
function looping(): FlowDocument {
  const flow = emptyFlow();
  const node = (id: string, type: string) => flow.nodes.push({ id: `n_${id}`, type, label: id, config: {} });
  const edge = (from: string, port: string, to: string) =>
    flow.edges.push({ id: `e_${flow.edges.length}`, from: { node: `n_${from}`, port }, to: { node: `n_${to}`, port: 'in' } });
  node('call', 'interface.call@1');
  node('loop', 'control.for-each@1');
  for (const id of ['one', 'two', 'after', 'alert']) node(id, 'http.call@1');
  node('catch', 'control.catch@1');
  edge('call', 'out', 'loop');
  edge('loop', 'each', 'one');
  edge('one', 'ok', 'two');
  edge('loop', 'done', 'after');
  edge('catch', 'out', 'alert');
  return flow;
}

test('the body of a loop and what takes errors are framed, and laid out so that nothing else lies in their frames', () => {
  const bare = looping();
  assert.deepEqual(
    flowFrames(bare, types).map(({ kind, owner, nodes }) => [kind, owner, nodes]),
    [
      ['loop', 'n_loop', ['n_one', 'n_two']],
      ['catch', 'n_catch', ['n_catch', 'n_alert']],
    ],
  );
  const flow = withPlaces(bare, types);
  for (const { nodes } of flowFrames(flow, types)) {
    const boxes = new Map(flow.nodes.map((node) => [node.id, boxOf(flow, node, types)]));
    const frame = groupFrame(nodes.map((id) => boxes.get(id)!))!;
    for (const [id, box] of boxes) assert.equal(overlaps(frame, box), nodes.includes(id), id);
  }
});

test('frames are drawn below the cards, and stay the same objects while nothing in them moves', () => {
  const flow = withPlaces(looping(), types);
  const view = createCanvasView(types);
  const frames = (document: FlowDocument) => view(document).nodes.filter(({ type }) => type === 'frame');
  const first = frames(flow);
  assert.deepEqual(
    first.map(({ id }) => id),
    ['loop n_loop', 'catch n_catch'],
  );
  const second = frames({ ...flow, nodes: flow.nodes.map((node) => (node.id === 'n_after' ? { ...node, label: 'other' } : node)) });
  second.forEach((frame, index) => assert.equal(frame, first[index]));
});
