import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clipboardText,
  copySelection,
  freshCopy,
  readClipboard,
  type Clipboard,
} from '../../../../designer/src/model/commands/clipboard.ts';
import { addGroup } from '../../../../designer/src/model/commands/groups.ts';
import { addNote } from '../../../../designer/src/model/commands/notes.ts';
import { duplicate, paste } from '../../../../designer/src/model/commands/paste.ts';
import { boxOf, overlaps } from '../../../../designer/src/model/flow/card-geometry.ts';
import { apply, begin, undo } from '../../../../designer/src/model/history/flow-history.ts';
import { canonicalJson } from '../../../../engine/flow/content-hash.ts';
import { seededRandom } from '../../../support/simulated-process.ts';
import { emptyFlow, exampleFlow, exampleFlows, types } from '../sample-types.ts';

function read(text: string): Clipboard {
  const found = readClipboard(text);
  assert.ok('clipboard' in found, 'refusal' in found ? found.refusal.code : '');
  return found.clipboard;
}

/** Ids replaced by position, labels left out: what a copy must have in common with what was copied. */
function essence(clipboard: Clipboard): string {
  const ids = clipboard.nodes.map(({ id }) => id);
  const text = canonicalJson({
    nodes: clipboard.nodes.map(({ label: _label, ...node }) => node),
    edges: clipboard.edges.map(({ from, to }) => [from, to]),
    groups: clipboard.layout.groups.map(({ nodes, label }) => ({ nodes, label })),
    notes: clipboard.layout.notes.map(({ text: written, colour }) => ({ written, colour })),
  });
  const renamed = ids.reduce((now, id, index) => now.replaceAll(new RegExp(`${id}(?![A-Za-z0-9_])`, 'g'), `#${index}`), text);
  return canonicalJson(JSON.parse(renamed));
}

test('what is copied, written as text, read and pasted into another flow is the same again', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seededRandom(seed);
    const flow = structuredClone(exampleFlows[random.below(exampleFlows.length)]!);
    const chosen = flow.nodes.map(({ id }) => id).filter(() => random.chance(0.6));
    const copied = copySelection(flow, { nodes: chosen });
    if (copied === undefined) continue;
    const clipboard = read(clipboardText(copied));
    assert.deepEqual(clipboard, copied, `seed ${seed}`);
    const planned = paste(emptyFlow(), types, clipboard, { x: 40, y: 80 });
    assert.ok('command' in planned);
    const pasted = apply(begin(emptyFlow()), planned.command).document;
    const again = copySelection(pasted, { nodes: pasted.nodes.map(({ id }) => id) })!;
    assert.equal(essence(again), essence(copied), `seed ${seed}`);
    assert.ok(pasted.nodes.every(({ id }) => !chosen.includes(id)));
    const [x, y] = [0, 1].map((axis) => Math.min(...Object.values(pasted.layout.nodes).map((place) => place[axis]!)));
    assert.deepEqual([x, y], [40, 80]);
  }
});

test('notes and whole groups come along, adapters by name', () => {
  let history = begin(exampleFlow('appointment'));
  for (const planned of [
    addGroup(history.document, ['n_to_a', 'n_book_a'], '甲院'),
    addNote(history.document, { x: 5, y: 5 }, { text: '夜间停用' }),
  ]) {
    assert.ok('command' in planned);
    history = apply(history, planned.command);
  }
  const { document } = history;
  const copied = copySelection(document, { groups: [document.layout.groups[0]!.id], notes: [document.layout.notes[0]!.id] })!;
  assert.deepEqual(
    copied.nodes.map(({ id }) => id),
    ['n_to_a', 'n_book_a'],
  );
  const copy = freshCopy(copied, document, types, { x: 0, y: 0 });
  assert.deepEqual(
    copy.layout.groups[0]?.nodes,
    copy.nodes.map(({ id }) => id),
  );
  assert.notEqual(copy.layout.groups[0]?.id, document.layout.groups[0]?.id);
  assert.equal(copy.layout.notes[0]?.text, '夜间停用');
  assert.equal(copy.nodes[1]?.adapter, document.nodes.find(({ id }) => id === 'n_book_a')!.adapter);
});

test('a copy that reads the output of a node reads that of its copy; of a node that was not copied, the node itself', () => {
  const flow = exampleFlow('appointment');
  flow.nodes.find(({ id }) => id === 'n_from_a')!.config = {
    path: 'nodes.n_book_a.body',
    expression: 'nodes.n_book_a-1 + nodes.`n_book_a` & nodes.n_call.x & "n_book_ab"',
    names: { n_book_a: 'a', n_call: 'c' },
  };
  const copied = copySelection(flow, { nodes: ['n_book_a', 'n_from_a'] })!;
  const [book, from] = freshCopy(copied, flow, types, { x: 0, y: 0 }).nodes;
  assert.deepEqual(from!.config, {
    path: `nodes.${book!.id}.body`,
    expression: `nodes.${book!.id}-1 + nodes.\`${book!.id}\` & nodes.n_call.x & "n_book_ab"`,
    names: { [book!.id]: 'a', n_call: 'c' },
  });
});

test('a duplicate lies below, covers nothing, has labels of its own, and is one step to undo', () => {
  const flow = exampleFlow('appointment');
  const planned = duplicate(flow, types, { nodes: ['n_to_a', 'n_book_a'] });
  assert.ok('command' in planned);
  const history = apply(begin(flow), planned.command);
  const made = history.document.nodes.filter(({ id }) => planned.pasted.nodes.includes(id));
  assert.equal(new Set(history.document.nodes.map(({ label }) => label)).size, history.document.nodes.length);
  for (const node of made) {
    const own = boxOf(history.document, node, types);
    assert.ok(flow.nodes.every((other) => !overlaps(own, boxOf(history.document, other, types))));
  }
  assert.deepEqual(undo(history).document, flow);
});

test('refuses what is no clipboard of ours, and leaves out wires that lead nowhere', () => {
  const copied = copySelection(exampleFlow('appointment'), { nodes: ['n_call', 'n_check'] })!;
  const wrong: unknown[] = [
    {},
    [],
    null,
    'text',
    { ...copied, kind: 'kangqiao/clipboard-2' },
    { ...copied, nodes: [] },
    { ...copied, nodes: [copied.nodes[0], copied.nodes[0]] },
    { ...copied, nodes: [{ ...copied.nodes[0], id: '<script>' }] },
    { ...copied, extra: 1 },
  ];
  for (const one of wrong) {
    const found = readClipboard(JSON.stringify(one));
    assert.ok('refusal' in found && found.refusal.code === 'CLIPBOARD_UNREADABLE', JSON.stringify(one).slice(0, 80));
  }
  assert.ok('refusal' in readClipboard('hello'));
  const tooLarge = readClipboard(' '.repeat(17_000_000));
  assert.ok('refusal' in tooLarge && tooLarge.refusal.code === 'CLIPBOARD_TOO_LARGE');
  const dangling = {
    ...copied,
    edges: [...copied.edges, { id: 'e_x', from: { node: 'n_call', port: 'out' }, to: { node: 'n_gone', port: 'in' } }],
  };
  assert.deepEqual(read(JSON.stringify(dangling)).edges, copied.edges);
});

test('a paste that would make the flow too large is refused', () => {
  const flow = emptyFlow();
  for (let index = 0; index < 999; index += 1) flow.nodes.push({ id: `n_${index}`, type: 'transform.set@1', label: '', config: {} });
  const copied = copySelection(exampleFlow('appointment'), { nodes: ['n_call', 'n_check'] })!;
  const planned = paste(flow, types, copied, { x: 0, y: 0 });
  assert.ok('refusal' in planned && planned.refusal.code === 'TOO_LARGE');
});
