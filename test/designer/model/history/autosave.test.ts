import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Autosave, isSame, type AutosaveState, type Merged, type SaveFailure } from '../../../../designer/src/model/history/autosave.ts';
import { setLabel } from '../../../../designer/src/model/commands/change-node.ts';
import { keepDraft, recoverDraft } from '../../../../designer/src/model/history/draft-recovery.ts';
import { apply, begin, seal, undo } from '../../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { seededRandom } from '../../../support/simulated-process.ts';
import { exampleFlow } from '../sample-types.ts';

class Failure extends Error {
  readonly failure: SaveFailure;
  constructor(failure: SaveFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** A server with one draft that responds when the test says so. */
function createServer(draft: FlowDocument | undefined) {
  const calls: { readonly document: FlowDocument; answer(): void; lose(): void; fail(failure: SaveFailure): void }[] = [];
  const server = {
    draft,
    /** By revision. */
    kept: new Map<number, FlowDocument>(draft === undefined ? [] : [[draft.revision, draft]]),
    calls,
    /** Somebody else saves. */
    put(document: FlowDocument) {
      server.draft = { ...document, revision: (server.draft?.revision ?? 0) + 1 };
      server.kept.set(server.draft.revision, server.draft);
    },
    underWay: 0,
    most: 0,
    save(document: FlowDocument): Promise<{ revision: number }> {
      server.underWay += 1;
      server.most = Math.max(server.most, server.underWay);
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          server.underWay -= 1;
          act();
        };
        const accept = (): number | undefined => {
          const current = server.draft?.revision ?? 0;
          if (current !== document.revision) return undefined;
          server.put(document);
          return current + 1;
        };
        calls.push({
          document,
          answer() {
            const revision = accept();
            settle(() =>
              revision === undefined ? reject(new Failure({ kind: 'conflict', theirs: server.draft })) : resolve({ revision }),
            );
          },
          lose() {
            accept();
            settle(() => reject(new Failure({ kind: 'offline' })));
          },
          fail(failure) {
            settle(() => reject(new Failure(failure)));
          },
        });
      });
    },
  };
  return server;
}

function start(draft: FlowDocument | undefined = { ...exampleFlow('appointment'), revision: 3 }, base = draft!) {
  const clock = fakeClock();
  const server = createServer(draft);
  const states: AutosaveState[] = [];
  const merged: Merged[] = [];
  const autosave = new Autosave(base, {
    clock,
    read: (revision) => Promise.resolve(server.kept.get(revision)),
    onMerged: (one) => merged.push(one),
    save: (document) => server.save(document),
    judge: (error) => (error instanceof Failure ? error.failure : { kind: 'offline' }),
    onState: (state) => states.push(state),
  });
  const edit = (label: string): FlowDocument => {
    const document = named(base, label);
    autosave.edited(document);
    return document;
  };
  return { clock, server, autosave, edit, states, merged, statuses: () => states.map(({ status }) => status) };
}

function named(document: FlowDocument, label: string): FlowDocument {
  return { ...document, nodes: document.nodes.map((node, index) => (index === 0 ? { ...node, label } : node)) };
}

function labelOf(document: FlowDocument | undefined, index = 0): string | undefined {
  return document?.nodes[index]?.label;
}

/** Another node than the one that `edit` names. */
function named2(document: FlowDocument, label: string): FlowDocument {
  return { ...document, nodes: document.nodes.map((node, index) => (index === 1 ? { ...node, label } : node)) };
}

test('saves once, 800 ms after the last edit, under the revision of the server', async () => {
  const { clock, server, autosave, edit, statuses } = start();
  edit('a');
  await clock.advance(700);
  edit('ab');
  await clock.advance(700);
  assert.equal(server.calls.length, 0);
  assert.equal(autosave.hasUnsaved, true);
  await clock.advance(100);
  assert.equal(server.calls.length, 1);
  assert.equal(server.calls[0]!.document.revision, 3);
  server.calls[0]!.answer();
  await clock.advance(0);
  assert.deepEqual(statuses(), ['dirty', 'dirty', 'saving', 'saved']);
  assert.equal(autosave.state.base.revision, 4);
  assert.equal(autosave.state.savedAtMs, clock.now());
  assert.equal(autosave.hasUnsaved, false);
});

test('an edit during a save is saved after it, never beside it', async () => {
  const { clock, server, autosave, edit } = start();
  edit('first');
  await clock.advance(800);
  edit('second');
  await clock.advance(5000);
  assert.equal(server.calls.length, 1);
  server.calls[0]!.answer();
  await clock.advance(0);
  assert.equal(autosave.state.status, 'dirty');
  await clock.advance(800);
  assert.equal(server.calls[1]!.document.revision, 4);
  server.calls[1]!.answer();
  await clock.advance(0);
  assert.equal(labelOf(server.draft), 'second');
  assert.equal(autosave.state.status, 'saved');
});

test('going back to what is saved needs no save', async () => {
  const { clock, server, autosave, edit } = start();
  const base = autosave.state.base;
  edit('x');
  autosave.edited({ ...base });
  assert.equal(autosave.state.status, 'saved');
  await clock.advance(2000);
  assert.equal(server.calls.length, 0);
});

test('without the server it tries again, later and later, and then saves the newest', async () => {
  const { clock, server, autosave, edit } = start();
  edit('a');
  await clock.advance(800);
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    server.calls.at(-1)!.fail({ kind: 'offline' });
    await clock.advance(0);
    assert.equal(autosave.state.status, 'offline');
    assert.equal(autosave.state.retryAtMs, clock.monotonic() + waitMs);
    const before = server.calls.length;
    await clock.advance(waitMs - 1);
    edit(`after ${before}`);
    assert.equal(server.calls.length, before);
    await clock.advance(1);
    assert.equal(server.calls.length, before + 1);
  }
  server.calls.at(-1)!.answer();
  await clock.advance(0);
  assert.equal(labelOf(server.draft), 'after 7');
  assert.equal(autosave.state.status, 'saved');
});

test('waits as long as the server asks, and not at all when the network is back', async () => {
  const { clock, server, autosave, edit } = start();
  edit('a');
  await clock.advance(800);
  server.calls[0]!.fail({ kind: 'offline', retryAfterMs: 20_000 });
  await clock.advance(19_999);
  assert.equal(server.calls.length, 1);
  autosave.retryNow();
  assert.equal(server.calls.length, 2);
});

test('a server that gives no answer is given up after 30 s, and the save tried again', async () => {
  const { clock, server, autosave, edit } = start();
  edit('a');
  await clock.advance(800 + 30_000);
  assert.equal(autosave.state.status, 'offline');
  await clock.advance(1000);
  assert.equal(server.calls.length, 2);
});

test('a save whose answer was lost is no conflict', async () => {
  const { clock, server, autosave, edit, statuses } = start();
  edit('a');
  await clock.advance(800);
  server.calls[0]!.lose();
  await clock.advance(0);
  edit('ab');
  await clock.advance(1000);
  server.calls[1]!.answer();
  await clock.advance(0);
  await clock.advance(800);
  assert.ok(!statuses().includes('conflict'));
  server.calls[2]!.answer();
  await clock.advance(0);
  assert.equal(labelOf(server.draft), 'ab');
  assert.equal(autosave.state.status, 'saved');
});

test('what somebody else changed in another node is merged, and saved together', async () => {
  const { clock, server, autosave, edit, merged, statuses } = start();
  const base = autosave.state.base;
  server.put(named2(base, 'theirs'));
  edit('mine');
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  await clock.advance(800);
  server.calls[1]!.answer();
  await clock.advance(0);
  assert.deepEqual([labelOf(server.draft), labelOf(server.draft, 1), server.draft?.revision], ['mine', 'theirs', 5]);
  assert.equal(autosave.state.status, 'saved');
  assert.ok(!statuses().includes('conflict'));
  assert.equal(merged.length, 1);
  assert.deepEqual(
    [labelOf(merged[0]!.base), labelOf(merged[0]!.document), labelOf(merged[0]!.document, 1)],
    [labelOf(base), 'mine', 'theirs'],
  );
});

test('an open flow follows what others save, with nothing to save itself', async () => {
  const { clock, server, autosave, merged } = start();
  server.put(named2(autosave.state.base, 'theirs'));
  autosave.newer(server.draft!);
  await clock.advance(2000);
  assert.equal(autosave.state.status, 'saved');
  assert.equal(autosave.state.base.revision, 4);
  assert.equal(labelOf(merged[0]!.document, 1), 'theirs');
  assert.equal(server.calls.length, 0);
  autosave.newer(server.draft!);
  assert.equal(merged.length, 1, 'once');
});

test('what was saved from here by a page that was just left is no change of somebody else', async () => {
  const { clock, server, autosave, edit, merged } = start();
  const mine = edit('mine');
  server.put(mine);
  autosave.newer(server.draft!);
  await clock.advance(2000);
  assert.deepEqual([autosave.state.status, autosave.state.base.revision, merged.length, server.calls.length], ['saved', 4, 0, 0]);
});

test('a save whose answer was lost is what both began with, when somebody else saved on top of it', async () => {
  const { clock, server, autosave, edit, statuses } = start();
  edit('a');
  await clock.advance(800);
  server.calls[0]!.lose();
  await clock.advance(0);
  server.put(named2(server.draft!, 'theirs'));
  // Back to what it was before the save that was lost: no change to the one that is known here, and yet one to be saved.
  autosave.edited({ ...autosave.state.base });
  await clock.advance(1000);
  server.calls[1]!.answer();
  await clock.advance(0);
  await clock.advance(800);
  server.calls[2]!.answer();
  await clock.advance(0);
  assert.ok(!statuses().includes('conflict'));
  assert.deepEqual([labelOf(server.draft), labelOf(server.draft, 1)], [labelOf(exampleFlow('appointment')), 'theirs']);
});

test('a conflict keeps both versions and the one they began with; edits go on and nothing is sent', async () => {
  const { clock, server, autosave, edit } = start();
  const base = autosave.state.base;
  server.put(named(base, 'theirs'));
  edit('mine');
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  edit('mine, more');
  await clock.advance(60_000);
  assert.equal(server.calls.length, 1);
  const { conflict, status } = autosave.state;
  assert.equal(status, 'conflict');
  assert.deepEqual([labelOf(conflict?.mine), labelOf(conflict?.theirs), conflict?.base], ['mine, more', 'theirs', base]);
  assert.equal(autosave.hasUnsaved, true);
  assert.equal((await autosave.flush()).status, 'conflict');
});

test('what is decided on is saved on top of theirs, unless somebody saved again', async () => {
  const { clock, server, autosave, edit } = start();
  server.put(named(autosave.state.base, 'theirs'));
  edit('mine');
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  const first = autosave.settle(autosave.state.conflict!.mine);
  server.put(named(server.draft!, 'theirs again'));
  server.calls[1]!.answer();
  assert.equal((await first).status, 'conflict');
  assert.equal(labelOf(autosave.state.conflict?.theirs), 'theirs again');
  const second = autosave.settle(autosave.state.conflict!.mine);
  server.calls[2]!.answer();
  assert.equal((await second).status, 'saved');
  assert.equal(labelOf(server.draft), 'mine');
  assert.equal(server.draft?.revision, 6);
});

test('theirs can be taken as it is: nothing is sent', async () => {
  const { clock, server, autosave, edit } = start();
  server.put(named(autosave.state.base, 'theirs'));
  edit('mine');
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  assert.equal((await autosave.settle(server.draft!)).status, 'saved');
  await clock.advance(60_000);
  assert.equal(server.calls.length, 1);
  assert.equal(autosave.hasUnsaved, false);
});

test('a flow that was deleted meanwhile can be saved again', async () => {
  const { clock, server, autosave, edit } = start();
  server.draft = undefined;
  edit('mine');
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  assert.equal(autosave.state.status, 'conflict');
  assert.equal(autosave.state.conflict?.theirs, undefined);
  const kept = autosave.settle(autosave.state.conflict!.mine);
  server.calls[1]!.answer();
  assert.equal((await kept).status, 'saved');
  assert.equal(labelOf(server.draft), 'mine');
});

test('what the server refuses is not sent again by itself, but with the next edit', async () => {
  const { clock, server, autosave, edit } = start();
  edit('bad');
  await clock.advance(800);
  server.calls[0]!.fail({ kind: 'refused' });
  await clock.advance(60_000);
  assert.equal(autosave.state.status, 'refused');
  assert.equal(server.calls.length, 1);
  assert.equal(autosave.hasUnsaved, true);
  edit('good');
  await clock.advance(800);
  server.calls[1]!.answer();
  await clock.advance(0);
  assert.equal(autosave.state.status, 'saved');
});

test('flush saves at once, also what was edited during the save', async () => {
  const { clock, server, autosave, edit } = start();
  edit('a');
  const flushed = autosave.flush();
  assert.equal(server.calls.length, 1);
  edit('b');
  server.calls[0]!.answer();
  await clock.advance(0);
  assert.equal(server.calls.length, 2);
  server.calls[1]!.answer();
  assert.equal((await flushed).status, 'saved');
  assert.equal(labelOf(server.draft), 'b');
  assert.equal((await autosave.flush()).status, 'saved');
  assert.equal(server.calls.length, 2);
});

test('stopped, it leaves no timer behind and tells nothing more', async () => {
  const { clock, server, autosave, edit, states } = start();
  edit('a');
  await clock.advance(800);
  autosave.stop();
  const told = states.length;
  server.calls[0]!.answer();
  await clock.advance(60_000);
  assert.equal(states.length, told);
  assert.equal(clock.pending(), 0);
});

test('whatever the network and other people do, nothing is lost and one save is under way at most', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    try {
      await playSession(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});

/** At the end what I edited last, or decided on, is what the server has. */
async function playSession(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { clock, server, autosave, edit, merged } = start();
  let last = labelOf(autosave.state.base)!;
  let others = 0;
  /** Someone knowingly replaced what I had saved. */
  const follow = () => {
    const latest = merged.at(-1);
    if (latest !== undefined && labelOf(latest.base) === last) last = labelOf(latest.document)!;
  };
  for (let step = 0; step < 40; step += 1) {
    const call = server.underWay > 0 ? server.calls.at(-1) : undefined;
    const deed = random.below(7);
    if (deed <= 1) edit((last = `mine ${step}`));
    else if (deed === 2) await clock.advance(random.below(3000));
    else if (deed === 3 && call !== undefined) call.answer();
    else if (deed === 4 && call !== undefined) call.lose();
    else if (deed === 5 && call !== undefined) call.fail(random.chance(0.5) ? { kind: 'offline' } : { kind: 'refused' });
    else if (deed === 6 && random.chance(0.3)) {
      others += 1;
      server.put(named(autosave.state.base, `theirs ${others}`));
    }
    await clock.advance(0);
    follow();
    if (autosave.state.status !== 'conflict') continue;
    assert.equal(labelOf(autosave.state.conflict!.mine), last);
    const { mine, theirs } = autosave.state.conflict!;
    const decided = random.chance(0.5) ? mine : theirs!;
    last = labelOf(decided)!;
    void autosave.settle(decided);
  }
  for (let turn = 0; autosave.hasUnsaved; turn += 1) {
    assert.ok(turn < 50, 'comes to rest');
    if (autosave.state.status === 'conflict') void autosave.settle(autosave.state.conflict!.mine);
    void autosave.flush();
    if (server.underWay > 0) server.calls.at(-1)!.answer();
    await clock.advance(0);
    follow();
  }
  assert.equal(server.most, 1);
  assert.equal(labelOf(autosave.state.base), last);
  assert.ok(isSame(server.draft!, autosave.state.base) || labelOf(server.draft)!.startsWith('theirs'));
}

test('a draft that was kept goes on after a crash: unsaved changes and undo are there', () => {
  const base = { ...exampleFlow('appointment'), revision: 3 };
  let history = begin(base);
  history = seal(apply(history, setLabel(history.document, 'n_call', 'mine')));
  const kept: unknown = JSON.parse(JSON.stringify(keepDraft(history, base, 1)));
  const unsaved = recoverDraft(kept, base);
  assert.ok(unsaved?.kind === 'continue' && unsaved.hasUnsaved);
  assert.deepEqual(undo(unsaved.history).document, base);

  const savedAfterAll = recoverDraft(kept, { ...history.document, revision: 4 });
  assert.ok(savedAfterAll?.kind === 'continue' && !savedAfterAll.hasUnsaved);
  assert.equal(savedAfterAll.history.document.revision, 4);

  const clash = recoverDraft(kept, { ...named(base, 'theirs'), revision: 4 });
  assert.ok(clash?.kind === 'conflict');
  assert.deepEqual(
    [labelOf(clash.conflict.mine), labelOf(clash.conflict.theirs), labelOf(clash.conflict.base)],
    ['mine', 'theirs', '接口请求触发'],
  );

  const deleted = recoverDraft(kept, undefined);
  assert.ok(deleted?.kind === 'conflict' && deleted.conflict.theirs === undefined);

  const untouched = recoverDraft(keepDraft(begin(base), base, 1), { ...named(base, 'theirs'), revision: 4 });
  assert.ok(untouched?.kind === 'fresh' && labelOf(untouched.history.document) === 'theirs');

  const neverSaved = recoverDraft(keepDraft(begin({ ...base, revision: 0 }), { ...base, revision: 0 }, 1), undefined);
  assert.ok(neverSaved?.kind === 'continue' && neverSaved.hasUnsaved);

  assert.equal(recoverDraft('damaged', base)?.kind, 'fresh');
  assert.equal(recoverDraft({ schema: 'kangqiao/draft-1', history: {}, base: 7 }, undefined), undefined);
});

test('what was kept from before somebody else saved meets theirs at the first save', async () => {
  const base = { ...exampleFlow('appointment'), revision: 3 };
  const { clock, server, autosave } = start({ ...named2(base, 'theirs'), revision: 4 }, base);
  autosave.edited(named(base, 'mine'));
  await clock.advance(800);
  server.calls[0]!.answer();
  await clock.advance(0);
  await clock.advance(800);
  server.calls[1]!.answer();
  await clock.advance(0);
  assert.deepEqual([labelOf(server.draft), labelOf(server.draft, 1), server.draft?.revision], ['mine', 'theirs', 5]);
});
