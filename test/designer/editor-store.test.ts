import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEditorStore } from '../../designer/src/editor/state/editor-store.ts';
import { setLabel } from '../../designer/src/model/commands/change-node.ts';
import { begin } from '../../designer/src/model/history/flow-history.ts';
import { collectProblems } from '../../designer/src/model/problems/issues.ts';
import type { Issue } from '../../engine/contract/values/errors.ts';
import { exampleFlow, types } from './model/sample-types.ts';

test('what changes nothing is told to nobody: hundreds of cards would ask whether it concerns them', () => {
  const store = createEditorStore({ history: begin(exampleFlow('appointment')), types, isReadOnly: false });
  const { run, seal, setProblems, setRevision } = store.getState();
  const { document } = store.getState().history;
  const problems = () => collectProblems([{ path: '/nodes/1', code: 'X', severity: 'error', message: 'x' } as Issue], document);
  let told = 0;
  store.subscribe(() => (told += 1));
  setRevision(document.revision);
  seal();
  assert.equal(told, 0);
  run(setLabel(document, 'n_check', '新'));
  seal();
  seal();
  assert.equal(told, 2);
  setProblems(problems());
  setProblems(problems());
  setRevision(document.revision + 1);
  assert.equal(told, 4);
  assert.equal(store.getState().history.document.revision, document.revision + 1);
});
