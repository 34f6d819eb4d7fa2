/** What becomes of an edit: kept in the browser at once, saved on the server after a pause, whatever comes between. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { createDraftKeeper } from '../../../../designer/src/editor/draft/draft-keeper.ts';
import { createEditorStore } from '../../../../designer/src/editor/state/editor-store.ts';
import { setLabel } from '../../../../designer/src/model/commands/change-node.ts';
import { recoverDraft, type KeptDraft, type Recovered } from '../../../../designer/src/model/history/draft-recovery.ts';
import { begin } from '../../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { exampleFlow, types } from '../../model/sample-types.ts';

const base: FlowDocument = { ...exampleFlow('appointment'), revision: 3 };
const PAUSE_MS = 800;

test('every edit is kept in the browser at once, and the last one saved on the server after a pause', async (t) => {
  const { type, kept, calls, tick } = open(t);
  type('a');
  type('ab');
  assert.equal(labelOf(keptDocument(kept)), 'ab');
  await tick(PAUSE_MS - 1);
  type('abc');
  await tick(PAUSE_MS - 1);
  assert.equal(calls.length, 0);
  await tick(1);
  assert.deepEqual([calls.length, calls[0]!.line], [1, `PUT /api/v1/flows/${base.flowId}`]);
  assert.deepEqual([labelOf(calls[0]!.document), calls[0]!.document.revision], ['abc', 3]);
});

test('what is typed while a save runs is saved after it, under the new revision, never beside it', async (t) => {
  const { type, calls, tick, store, keeper } = open(t);
  type('first');
  await tick(PAUSE_MS);
  type('second');
  await tick(10 * PAUSE_MS);
  assert.equal(calls.length, 1);
  await calls[0]!.answer(200, { revision: 4 });
  await tick(PAUSE_MS);
  assert.deepEqual([calls.length, labelOf(calls[1]!.document), calls[1]!.document.revision], [2, 'second', 4]);
  await calls[1]!.answer(200, { revision: 5 });
  assert.deepEqual([keeper.state.getState().status, store.getState().history.document.revision], ['saved', 5]);
});

test('a page that is closed during a save recognises its own save when it opens again', async (t) => {
  const { type, kept, tick } = open(t);
  type('mine');
  await tick(PAUSE_MS);
  assert.equal(kept.at(-1)!.sent?.length, 1);
  const again = recoverDraft(kept.at(-1), { ...keptDocument(kept), revision: 4 });
  assert.ok(again?.kind === 'continue' && !again.hasUnsaved);
});

test('while the server fails nothing typed is lost, the page warns before it is left, and the newest is saved at last', async (t) => {
  const { type, kept, calls, tick, keeper, isLeavingWarned } = open(t);
  assert.equal(isLeavingWarned(), false);
  type('a');
  assert.equal(isLeavingWarned(), true);
  await tick(PAUSE_MS);
  for (const answer of [503, 401, 429, 0]) {
    await (answer === 0 ? calls.at(-1)!.drop() : calls.at(-1)!.answer(answer, { code: 'AWAY' }));
    assert.equal(keeper.state.getState().status, 'offline', String(answer));
    type(`during ${answer}`);
    assert.equal(labelOf(keptDocument(kept)), `during ${answer}`);
    keeper.retryNow();
    await setImmediate();
  }
  assert.equal(labelOf(calls.at(-1)!.document), 'during 0');
  await calls.at(-1)!.answer(200, { revision: 4 });
  assert.deepEqual([keeper.state.getState().status, isLeavingWarned()], ['saved', false]);
});

test('what the server refuses waits for the next edit, and publishing learns that it is not saved', async (t) => {
  const { type, calls, tick, keeper } = open(t);
  type('bad');
  const flushed = keeper.flush();
  await calls[0]!.answer(422, { code: 'INPUT_INVALID' });
  assert.equal((await flushed).status, 'refused');
  await tick(60_000);
  assert.equal(calls.length, 1);
  type('good');
  await tick(PAUSE_MS);
  assert.equal(labelOf(calls[1]!.document), 'good');
});

test("another user's save is merged with mine, and undo takes back mine only", async (t) => {
  const { type, calls, tick, store, keeper } = open(t);
  type('mine');
  await tick(PAUSE_MS);
  await calls[0]!.answer(409, { code: 'FLOW_STALE', theirs: { ...named(base, 'theirs', 'n_reply'), revision: 4 } });
  assert.deepEqual([labelOf(store.getState().history.document), labelOf(store.getState().history.document, 'n_reply')], ['mine', 'theirs']);
  assert.equal(labelOf(keeper.merged.getState().last?.document, 'n_reply'), 'theirs');
  await tick(PAUSE_MS);
  assert.deepEqual(
    [calls[1]!.document.revision, labelOf(calls[1]!.document), labelOf(calls[1]!.document, 'n_reply')],
    [4, 'mine', 'theirs'],
  );
  store.getState().undo();
  const { document } = store.getState().history;
  assert.deepEqual([labelOf(document), labelOf(document, 'n_reply')], [labelOf(base), 'theirs']);
});

test('an open flow takes in what others saved, once, and asks for nothing older', async (t) => {
  const { calls, store, keeper } = open(t);
  await keeper.follow(3);
  assert.equal(calls.length, 0);
  const following = keeper.follow(4);
  await calls[0]!.answer(200, { ...named(base, 'theirs', 'n_reply'), revision: 4 });
  await following;
  await keeper.follow(4);
  assert.equal(calls.length, 1);
  assert.deepEqual([labelOf(store.getState().history.document, 'n_reply'), store.getState().history.document.revision], ['theirs', 4]);
});

test('given up changes are first kept among the revisions; while that fails the conflict stays with all that was typed', async (t) => {
  const { type, calls, tick, store, keeper } = open(t);
  const theirs = { ...named(base, 'theirs'), revision: 4 };
  type('mine');
  await tick(PAUSE_MS);
  await calls[0]!.answer(409, { code: 'FLOW_STALE', theirs });
  assert.equal(keeper.state.getState().status, 'conflict');
  type('mine, more');
  const failing = assert.rejects(keeper.settle(theirs, true), { code: 'INTERNAL' });
  await calls[1]!.answer(500, { code: 'INTERNAL' });
  await failing;
  assert.deepEqual([keeper.state.getState().status, labelOf(store.getState().history.document)], ['conflict', 'mine, more']);
  const settled = keeper.settle(theirs, true);
  assert.equal(calls[2]!.line, `POST /api/v1/flows/${base.flowId}/set-aside`);
  assert.deepEqual([labelOf(calls[2]!.document), calls[2]!.document.revision], ['mine, more', 3]);
  await calls[2]!.answer(200, {});
  await settled;
  assert.deepEqual([keeper.state.getState().status, labelOf(store.getState().history.document), calls.length], ['saved', 'theirs', 3]);
});

test('a flow that somebody deleted is not lost: the author decides, and their version can be saved as it is', async (t) => {
  const { type, calls, keeper } = open(t);
  const mine = type('mine');
  keeper.removed();
  assert.equal(keeper.state.getState().conflict?.theirs, undefined);
  await keeper.settle(mine, false);
  assert.deepEqual([calls.length, labelOf(calls[0]!.document), calls[0]!.document.revision], [1, 'mine', 0]);
});

test('leaving the editor saves what is not saved yet', async (t) => {
  const { type, calls, stop, isLeavingWarned } = open(t);
  type('mine');
  stop();
  assert.deepEqual([calls.length, labelOf(calls[0]!.document)], [1, 'mine']);
  assert.equal(isLeavingWarned(), false, 'the page asks no longer');
});

test('a recovered draft is saved without another edit', async (t) => {
  const first = open(t);
  first.type('before the crash');
  const recovered = recoverDraft(JSON.parse(JSON.stringify(first.kept.at(-1))), base);
  const { calls, tick } = open(t, { recovered: recovered! });
  await tick(PAUSE_MS);
  assert.equal(labelOf(calls.at(-1)!.document), 'before the crash');
});

test('who may only look saves nothing and sees what others save', async (t) => {
  const { type, calls, kept, tick, store, keeper, stop } = open(t, { isReadOnly: true });
  type('not possible');
  keeper.removed();
  const following = keeper.follow(4);
  await calls[0]!.answer(200, { ...named(base, 'theirs'), revision: 4 });
  await following;
  await tick(60_000);
  stop();
  assert.deepEqual([labelOf(store.getState().history.document), keeper.state.getState().base.revision], ['theirs', 4]);
  assert.deepEqual([calls.length, kept.length], [1, 0]);
});

interface Call {
  readonly line: string;
  readonly document: FlowDocument;
  answer(status: number, body: object): Promise<void>;
  /** The connection breaks. */
  drop(): Promise<void>;
}

/** An editor with this flow open; control answers when the test says so. */
function open(t: TestContext, { isReadOnly = false, recovered = fresh() }: { isReadOnly?: boolean; recovered?: Recovered } = {}) {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const calls: Call[] = [];
  t.mock.method(globalThis, 'fetch', (path: string, { method, body }: { method: string; body?: string }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    calls.push({
      line: `${method} ${path}`,
      document: (body === undefined ? undefined : JSON.parse(body)) as FlowDocument,
      answer: (status, answer) => (resolve(new Response(JSON.stringify(answer), { status })), setImmediate()),
      drop: () => (reject(new TypeError('fetch failed')), setImmediate()),
    });
    return promise;
  });
  const page = new EventTarget();
  Object.assign(globalThis, { window: page });
  const kept: KeptDraft[] = [];
  const drafts = { read: () => Promise.resolve(undefined), write: (draft: KeptDraft) => void kept.push(draft) };
  const store = createEditorStore({ history: recovered.history, types, isReadOnly });
  const keeper = createDraftKeeper(store, { flowId: base.flowId, types, recovered, drafts });
  const stop = keeper.start();
  const type = (label: string): FlowDocument => {
    store.getState().run(setLabel(store.getState().history.document, 'n_check', label));
    store.getState().seal();
    return store.getState().history.document;
  };
  const tick = async (ms: number) => {
    t.mock.timers.tick(ms);
    await setImmediate();
  };
  const isLeavingWarned = () => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  return { store, keeper, stop, calls, kept, type, tick, isLeavingWarned };
}

function fresh(): Recovered {
  return { kind: 'fresh', history: begin(base), base };
}

function keptDocument(kept: readonly KeptDraft[]): FlowDocument {
  return kept.at(-1)!.history.document as FlowDocument;
}

function named(document: FlowDocument, label: string, nodeId = 'n_check'): FlowDocument {
  return { ...document, nodes: document.nodes.map((node) => (node.id === nodeId ? { ...node, label } : node)) };
}

function labelOf(document: FlowDocument | undefined, nodeId = 'n_check'): string | undefined {
  return document?.nodes.find(({ id }) => id === nodeId)?.label;
}
