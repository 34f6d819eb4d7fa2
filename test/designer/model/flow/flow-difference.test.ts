import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAfter } from '../../../../designer/src/model/commands/add-node.ts';
import { setConfig } from '../../../../designer/src/model/commands/change-node.ts';
import { changeSettings } from '../../../../designer/src/model/commands/flow-settings.ts';
import { move } from '../../../../designer/src/model/commands/move.ts';
import { addNote } from '../../../../designer/src/model/commands/notes.ts';
import { remove } from '../../../../designer/src/model/commands/remove.ts';
import { flowDifference, overlaidFlow } from '../../../../designer/src/model/flow/flow-difference.ts';
import { apply, begin, type Command } from '../../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { exampleFlow, types } from '../sample-types.ts';

function after(document: FlowDocument, ...deeds: ((document: FlowDocument) => Command | { readonly command: Command } | object)[]) {
  let history = begin(document);
  for (const deed of deeds) {
    const made = deed(history.document);
    history = apply(history, 'change' in made ? (made as Command) : (made as { readonly command: Command }).command);
  }
  return history.document;
}

test('tells nodes and wires that came, went and changed, with both sides of each field', () => {
  const before = exampleFlow('appointment');
  const now = after(
    before,
    (document) => setConfig(document, types, 'n_book_a', { ...document.nodes[4]!.config, path: '/v2/orders' }),
    (document) => remove(document, { nodes: ['n_unknown'] }),
    (document) => addAfter(document, types, { type: 'transform.set@1', after: { node: 'n_reply' } }),
    () => changeSettings({ deadlineMs: 9000 }),
  );
  const found = flowDifference(before, now);
  assert.deepEqual(
    found.nodes.changed.map(({ id, changes }) => [id, changes.map(({ path, after: value }) => [path, value])]),
    [['n_book_a', [['/config/path', '/v2/orders']]]],
  );
  assert.deepEqual([found.nodes.added.length, found.nodes.removed[0]?.id], [1, 'n_unknown']);
  assert.deepEqual([found.edges.added.length, found.edges.removed.length], [1, 1]);
  assert.deepEqual(found.settings, [{ path: '/deadlineMs', before: before.deadlineMs, after: 9000 }]);
  assert.deepEqual(
    ['n_unknown', 'n_book_a', 'n_call', found.nodes.added[0]!.id].map((id) => found.nodes.stateOf(id)),
    ['removed', 'changed', 'same', 'added'],
  );
  assert.equal(found.count, 1 + 1 + 1 + 2 + 1);
});

test('what was only moved is told apart from what a run would notice', () => {
  const before = exampleFlow('appointment');
  const now = after(
    before,
    () => move(new Map([['n_call', { x: 4, y: 4 }]])),
    (document) => addNote(document, { x: 0, y: 0 }),
  );
  const { isSame, count, layout } = flowDifference(before, now);
  assert.deepEqual([isSame, count], [true, 0]);
  assert.deepEqual(layout, { isChanged: true, moved: ['n_call'], areNotesChanged: true, areGroupsChanged: false });
  assert.equal(flowDifference(before, structuredClone(before)).layout.isChanged, false);
});

test('of a first version everything is new', () => {
  const found = flowDifference(undefined, exampleFlow('admission'));
  assert.equal(found.nodes.added.length, exampleFlow('admission').nodes.length);
  assert.equal(found.isSame, false);
});

test('both versions lie on one canvas, what is gone where it stood', () => {
  const before = exampleFlow('appointment');
  const now = after(before, (document) => remove(document, { nodes: ['n_check'] }));
  const both = overlaidFlow(before, now);
  assert.deepEqual(both.nodes.map(({ id }) => id).sort(), before.nodes.map(({ id }) => id).sort());
  assert.equal(both.edges.length, before.edges.length);
  assert.deepEqual(both.layout.nodes, before.layout.nodes);
});
