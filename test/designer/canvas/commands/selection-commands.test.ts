import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  alignSelected,
  askToExtract,
  bypassSelected,
  copyToClipboard,
  cutToClipboard,
  disableSelected,
  duplicateSelected,
  groupsConcerned,
  groupSelected,
  nudgeSelected,
  pasteFromClipboard,
  pasteText,
  removeSelected,
  selectAll,
  ungroupSelected,
} from '../../../../designer/src/canvas/commands/selection-commands.ts';
import { select, selectionOf } from '../../../../designer/src/canvas/state/selection.ts';
import { emptyFlow, exampleFlow } from '../../model/sample-types.ts';
import { canvasOf } from '../canvas-tools.ts';

test('deleting a selection takes its wires along, selects nothing, and is one undo step', () => {
  const { tools, flowNow, undo } = canvasOf();
  const before = flowNow();
  select(tools, { nodes: ['n_to_a', 'n_book_a'], edges: ['e_1'] });
  removeSelected(tools);
  assert.ok(!flowNow().nodes.some(({ id }) => id === 'n_to_a' || id === 'n_book_a'));
  assert.deepEqual(
    flowNow().edges.map(({ id }) => id),
    before.edges.map(({ id }) => id).filter((id) => !['e_1', 'e_3', 'e_4', 'e_5'].includes(id)),
  );
  assert.deepEqual(selectionOf(tools), { nodes: [], edges: [], notes: [], groups: [] });
  undo();
  assert.deepEqual(flowNow(), before);
});

test('a copy can be pasted without a clipboard, as on a page without TLS, and the copies are selected', async (t) => {
  const { tools, told, flowNow } = canvasOf();
  clipboard(t, undefined);
  await pasteFromClipboard(tools);
  assert.match(told.pop()!, /no nodes/);
  select(tools, { nodes: ['n_to_a', 'n_book_a'] });
  await copyToClipboard(tools);
  assert.match(told.pop()!, /Copied 2 items/);
  await pasteFromClipboard(tools, { x: 2000, y: 900 });
  const { nodes } = selectionOf(tools);
  const pasted = nodes.map((id) => flowNow().nodes.find((node) => node.id === id)!);
  assert.deepEqual(
    pasted.map(({ type }) => type),
    ['transform.map@1', 'http.call@1'],
  );
  assert.ok(
    flowNow().edges.some(({ from, to }) => from.node === nodes[0] && to.node === nodes[1]),
    'with the wire between them',
  );
  assert.deepEqual(flowNow().layout.nodes[nodes[0]!], [2000, 900]);
});

test('the clipboard of the browser comes first: it may hold nodes of another page', async (t) => {
  const { tools, told, flowNow } = canvasOf();
  const system = clipboard(t, '');
  select(tools, { nodes: ['n_check'] });
  await copyToClipboard(tools);
  assert.equal(told.pop(), 'Copied 1 item');
  assert.match(system.text, /n_check/);
  const count = flowNow().nodes.length;
  system.text = 'a letter';
  await pasteFromClipboard(tools);
  assert.equal(told.length, 1, 'it says that this is no flow');
  system.refuses = true;
  await pasteFromClipboard(tools);
  assert.deepEqual([flowNow().nodes.length, told.length], [count + 1, 1], 'a page that may not read it uses its own copy');
});

test('what is cut is away and can be pasted', async (t) => {
  const { tools, flowNow } = canvasOf();
  clipboard(t, undefined);
  select(tools, { nodes: ['n_unknown'] });
  await cutToClipboard(tools);
  assert.ok(!flowNow().nodes.some(({ id }) => id === 'n_unknown'));
  await pasteFromClipboard(tools);
  assert.ok(flowNow().nodes.some(({ label }) => label === '没有这家医院'));
});

test('a paste by keys lands under the pointer, or in the middle of the view, and is brought into view', () => {
  const { tools, flowNow, views } = canvasOf(emptyFlow());
  const text = JSON.stringify({
    kind: 'kangqiao/clipboard-1',
    nodes: exampleFlow('appointment').nodes.filter(({ id }) => id === 'n_unknown'),
    edges: [],
    layout: { nodes: { n_unknown: [0, 0] }, groups: [], notes: [] },
  });
  const place = () => flowNow().layout.nodes[selectionOf(tools).nodes[0]!];
  pasteText(tools, text);
  assert.deepEqual(place(), [392, 268]);
  assert.equal(views.length, 0);
  tools.pointer.current = { x: 2050, y: 820 };
  pasteText(tools, text);
  assert.deepEqual(place(), [1892, 768]);
  assert.equal(views.length, 1);
});

test('a duplicate is selected instead of its original', () => {
  const { tools, flowNow, undo } = canvasOf();
  const before = flowNow();
  select(tools, { nodes: ['n_check'] });
  duplicateSelected(tools);
  const { nodes } = selectionOf(tools);
  assert.ok(nodes.length === 1 && nodes[0] !== 'n_check' && flowNow().nodes.length === before.nodes.length + 1);
  undo();
  assert.deepEqual(flowNow(), before);
});

test('nodes are switched off and on together, and bypassed one after the other', () => {
  const { tools, flowNow } = canvasOf();
  select(tools, { nodes: ['n_to_a', 'n_book_a'] });
  const off = () =>
    flowNow()
      .nodes.filter(({ disabled }) => disabled === true)
      .map(({ id }) => id);
  disableSelected(tools, true);
  assert.deepEqual(off(), ['n_to_a', 'n_book_a']);
  disableSelected(tools, false);
  assert.deepEqual(off(), []);
  bypassSelected(tools);
  assert.ok(flowNow().edges.some(({ from, to }) => from.node === 'n_where' && to.node === 'n_from_a'));
});

test('a new group is selected and waits for its name; removing the frame leaves its nodes', () => {
  const { tools, flowNow, told } = canvasOf();
  groupSelected(tools);
  assert.equal(told.length, 1, 'nothing selected is refused with a reason');
  select(tools, { nodes: ['n_to_a', 'n_book_a'] });
  groupSelected(tools);
  const [group] = flowNow().layout.groups;
  assert.deepEqual([group?.label, group?.nodes, tools.canvas.getState().writing], ['Group', ['n_to_a', 'n_book_a'], group?.id]);
  assert.deepEqual(selectionOf(tools).groups, [group?.id]);
  select(tools, { nodes: ['n_book_a'] });
  assert.deepEqual(groupsConcerned(tools), [group?.id], 'its frame is found by a node in it');
  ungroupSelected(tools);
  assert.deepEqual([flowNow().layout.groups, flowNow().nodes.length], [[], 11]);
  groupSelected(tools);
  removeSelected(tools);
  assert.deepEqual([flowNow().layout.groups, flowNow().nodes.length, selectionOf(tools).groups], [[], 10, []]);
});

test('moving by keys takes nodes and notes along, and many moves are one undo step', () => {
  const note = { x: 5, y: 6, width: 200, height: 80, text: 'x', colour: 'teal' as const };
  const flow = exampleFlow('appointment');
  flow.layout.notes.push({ ...note, id: 'note_1' }, { ...note, id: 'note_2' });
  const { tools, flowNow, undo } = canvasOf(flow);
  const before = flowNow();
  select(tools, { nodes: ['n_check'], notes: ['note_1'] });
  for (let times = 0; times < 3; times += 1) nudgeSelected(tools, { x: 10, y: -1 });
  const { nodes, notes } = flowNow().layout;
  assert.deepEqual(
    [nodes['n_check'], nodes['n_call']],
    [
      [290, -3],
      [0, 0],
    ],
  );
  assert.deepEqual(
    notes.map(({ x, y }) => [x, y]),
    [
      [35, 3],
      [5, 6],
    ],
  );
  undo();
  assert.deepEqual(flowNow(), before);
});

test('aligning puts cards on one line, and says why it does not', () => {
  const { tools, flowNow, told } = canvasOf();
  select(tools, { nodes: ['n_to_a', 'n_to_b', 'n_reply'] });
  alignSelected(tools, 'left');
  assert.deepEqual(
    ['n_to_a', 'n_to_b', 'n_reply'].map((id) => flowNow().layout.nodes[id]![0]),
    [260, 260, 260],
  );
  select(tools, { nodes: ['n_to_a'] });
  alignSelected(tools, 'left');
  assert.equal(told.pop(), 'TOO_FEW');
});

test('all means nodes, wires, notes and frames', () => {
  const { tools, flowNow } = canvasOf();
  select(tools, { nodes: ['n_to_a'] });
  groupSelected(tools);
  selectAll(tools);
  const { nodes, edges, groups } = selectionOf(tools);
  assert.deepEqual([nodes.length, edges.length, groups.length], [flowNow().nodes.length, flowNow().edges.length, 1]);
});

test('a part that can be a flow of its own asks for its name; another says why not', () => {
  const { tools, told } = canvasOf();
  select(tools, { nodes: ['n_to_a', 'n_book_a', 'n_from_a'] });
  askToExtract(tools);
  assert.deepEqual([tools.canvas.getState().extracting, told], [['n_to_a', 'n_book_a', 'n_from_a'], []]);
  tools.canvas.getState().set({ extracting: undefined });
  select(tools, { nodes: ['n_call', 'n_check'] });
  askToExtract(tools);
  assert.deepEqual([tools.canvas.getState().extracting, told.length], [undefined, 1]);
});

/** The clipboard of the browser, or none. */
function clipboard(t: TestContext, text: string | undefined) {
  const state = { text: text ?? '', refuses: false };
  const orRefuse = <T>(value: T) => (state.refuses ? Promise.reject(new Error('NotAllowedError')) : Promise.resolve(value));
  const value = { readText: () => orRefuse(state.text), writeText: (written: string) => orRefuse(void (state.text = written)) };
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: text === undefined ? undefined : value });
  t.after(() => Reflect.deleteProperty(navigator, 'clipboard'));
  return state;
}
