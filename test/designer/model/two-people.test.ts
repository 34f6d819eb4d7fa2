/** Two people at one flow, each with a browser that may crash, behind a network that loses answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Autosave, type SaveFailure } from '../../../designer/src/model/history/autosave.ts';
import { setLabel } from '../../../designer/src/model/commands/change-node.ts';
import { insertOnEdge } from '../../../designer/src/model/commands/add-node.ts';
import { remove } from '../../../designer/src/model/commands/remove.ts';
import { connect } from '../../../designer/src/model/commands/connect.ts';
import { keepDraft, recoverDraft } from '../../../designer/src/model/history/draft-recovery.ts';
import {
  apply,
  begin,
  redo,
  seal,
  undo,
  withRevision,
  type Command,
  type History,
} from '../../../designer/src/model/history/flow-history.ts';
import { keyOf, mergeFlows, type MergeSide } from '../../../designer/src/model/history/merge-flows.ts';
import { rebaseHistory } from '../../../designer/src/model/history/rebase-history.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { canonicalJson } from '../../../engine/flow/content-hash.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { seededRandom, type Random } from '../../support/simulated-process.ts';
import { randomCommand } from './random-commands.ts';
import { exampleFlow, types } from './sample-types.ts';

const flow = (): FlowDocument => ({ ...exampleFlow('appointment'), revision: 1 });

const done = (history: History, made: { readonly command: Command } | { readonly refusal: unknown } | Command): History => {
  assert.ok(!('refusal' in made), 'the command is refused');
  return seal(apply(history, 'command' in made ? made.command : made));
};

test('edits of different nodes are both there; of one node, or of one wire, a person is asked', () => {
  const base = flow();
  const [one, other] = [base.nodes[0]!, base.nodes[1]!];
  const label = (id: string, text: string) => done(begin(base), setLabel(base, id, text)).document;
  const merged = mergeFlows(base, label(one.id, 'mine'), label(other.id, 'theirs'));
  assert.deepEqual(merged.conflicts, []);
  assert.deepEqual(
    merged.document.nodes.slice(0, 2).map((node) => node.label),
    ['mine', 'theirs'],
  );
  const same = mergeFlows(base, label(one.id, 'mine'), label(one.id, 'theirs'), () => 'theirs');
  assert.deepEqual(same.conflicts, [{ kind: 'node', id: one.id }]);
  assert.equal(same.document.nodes[0]?.label, 'theirs');
  const edge = base.edges[0]!;
  const insert = () => done(begin(base), insertOnEdge(base, types, edge.id, { type: 'transform.set@1' })).document;
  const twice = mergeFlows(base, insert(), insert());
  assert.deepEqual(twice.conflicts, [{ kind: 'wires', id: edge.from.node, port: edge.from.port }]);
  assert.equal(twice.document.edges.filter(({ from }) => from.node === edge.from.node && from.port === edge.from.port).length, 1);
});

test('a node that one removes and the other wires to is no silent loss', () => {
  const base = flow();
  const gone = base.edges.at(-1)!.to.node;
  const from = base.nodes.find(({ id }) => id !== gone && !base.edges.some((edge) => edge.from.node === id && edge.to.node === gone))!;
  const mine = done(begin(base), remove(base, { nodes: [gone], edges: [], notes: [], groups: [] })).document;
  const port = base.edges.find((edge) => edge.from.node === from.id)?.from.port ?? 'ok';
  const theirs = done(begin(base), connect(base, types, { node: from.id, port }, { node: gone, port: 'in' })).document;
  const merged = mergeFlows(base, mine, theirs, () => 'theirs');
  assert.ok(merged.conflicts.some(({ kind, id }) => kind === 'node' && id === gone));
  assert.ok(merged.document.nodes.some(({ id }) => id === gone));
});

test('a node that one removes and the other keeps stands as it stood, with its wires and in its place', () => {
  const base = flow();
  const { id } = base.nodes.find(
    (node) => base.edges.some(({ to }) => to.node === node.id) && base.edges.some(({ from }) => from.node === node.id),
  )!;
  const removed = done(begin(base), remove(base, { nodes: [id], edges: [], notes: [], groups: [] })).document;
  const named = done(begin(base), setLabel(base, id, 'kept')).document;
  const ends = ({ edges }: FlowDocument) => edges.map(({ from, to }) => [from.node, from.port, to.node].join(' ')).sort();
  for (const [mine, theirs, side] of [
    [named, removed, 'mine'],
    [removed, named, 'theirs'],
  ] as const) {
    const { document } = mergeFlows(base, mine, theirs, () => side);
    assert.equal(document.nodes.find((node) => node.id === id)?.label, 'kept');
    assert.deepEqual(ends(document), ends(base));
    assert.deepEqual(document.layout.nodes[id], base.layout.nodes[id]);
  }
  const gone = mergeFlows(base, named, removed, () => 'theirs').document;
  assert.deepEqual(ends(gone), ends(removed));
  assert.ok(!gone.nodes.some((node) => node.id === id));
});

test('who removes a node and leads its wire elsewhere is asked about the wire too', () => {
  const base = flow();
  const edge = base.edges.find(({ from, to }) => base.edges.some((next) => next.from.node === to.node) && from.node !== to.node)!;
  const id = edge.to.node;
  const behind = base.edges.find(({ from }) => from.node === id)!.to;
  const without = done(begin(base), remove(base, { nodes: [id], edges: [], notes: [], groups: [] })).document;
  const removed = { ...without, edges: [...without.edges, { ...edge, id: 'e_around', to: behind }] };
  const named = done(begin(base), setLabel(base, id, 'kept')).document;
  const { document, conflicts } = mergeFlows(base, named, removed, () => 'mine');
  assert.deepEqual(
    conflicts.map(({ kind }) => kind),
    ['node', 'wires'],
  );
  const leads = document.edges.filter(({ from }) => from.node === edge.from.node && from.port === edge.from.port);
  assert.deepEqual(
    leads.map(({ to }) => to.node),
    [id],
  );
});

test('undo takes back what I did and nothing of what the other did meanwhile', () => {
  const base = flow();
  const [one, other] = [base.nodes[0]!, base.nodes[1]!];
  let mine = done(begin(base), setLabel(base, one.id, 'mine 1'));
  mine = done(mine, setLabel(mine.document, one.id, 'mine 2'));
  const theirs = done(begin(base), setLabel(base, other.id, 'theirs')).document;
  mine = rebaseHistory(mine, base, theirs, mergeFlows(base, mine.document, theirs).document);
  const labels = (history: History) => history.document.nodes.slice(0, 2).map((node) => node.label);
  assert.deepEqual(labels(mine), ['mine 2', 'theirs']);
  assert.deepEqual(labels(undo(mine)), ['mine 1', 'theirs']);
  assert.deepEqual(labels(undo(undo(mine))), [one.label, 'theirs']);
  assert.deepEqual(labels(redo(undo(undo(mine)))), ['mine 1', 'theirs']);
});

test('undo goes on after a person decided what both changed, and never brings back what was given up', () => {
  const base = flow();
  const [one, other] = [base.nodes[0]!, base.nodes[1]!];
  let mine = done(begin(base), setLabel(base, one.id, 'mine 1'));
  mine = done(mine, setLabel(mine.document, one.id, 'mine 2'));
  mine = done(mine, setLabel(mine.document, other.id, 'mine too'));
  const theirs = done(begin(base), setLabel(base, one.id, 'theirs')).document;
  const settled = (side: MergeSide) =>
    rebaseHistory(mine, base, theirs, mergeFlows(base, mine.document, theirs, () => side).document, ({ id }) =>
      id === one.id ? side : undefined,
    );
  const way = (history: History): string[] => {
    const labels = history.document.nodes.slice(0, 2).map((node) => node.label);
    return history.past.length === 0 ? [labels.join()] : [labels.join(), ...way(undo(history))];
  };
  assert.deepEqual(way(settled('mine')), ['mine 2,mine too', `mine 2,${other.label}`, `mine 1,${other.label}`, `theirs,${other.label}`]);
  assert.deepEqual(way(settled('theirs')), ['theirs,mine too', `theirs,${other.label}`]);
});

test('what a saved test answers for a node is there again with the node that the other kept', () => {
  const mocked = { name: 'books', input: { data: {} }, mocks: {}, expect: [] };
  const plain = flow();
  const { id } = plain.nodes[1]!;
  const base = { ...plain, tests: [{ ...mocked, mocks: { [id]: { emit: { ok: { said: 'yes' } } } } }] } as FlowDocument;
  const removed = done(begin(base), remove(base, { nodes: [id], edges: [], notes: [], groups: [] })).document;
  const named = done(begin(base), setLabel(base, id, 'kept')).document;
  assert.deepEqual(mergeFlows(base, removed, named, () => 'theirs').document.tests, base.tests);
  assert.deepEqual(mergeFlows(base, named, removed, () => 'mine').document.tests, base.tests);
});

test('undo stops where it would take back what the other changed too', () => {
  const base = flow();
  const [one, other] = [base.nodes[0]!, base.nodes[1]!];
  let mine = done(begin(base), setLabel(base, one.id, 'mine'));
  const saved = mine.document;
  mine = done(mine, setLabel(saved, other.id, 'mine too'));
  const theirs = done(begin(saved), setLabel(saved, one.id, 'theirs')).document;
  mine = rebaseHistory(mine, saved, theirs, mergeFlows(saved, mine.document, theirs).document);
  assert.equal(mine.past.length, 1);
  assert.equal(undo(undo(mine)).document.nodes[0]?.label, 'theirs');
});

class Failure extends Error {
  readonly failure: SaveFailure;
  constructor(failure: SaveFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

type Units = ReadonlyMap<string, string>;

/** The parts that can be changed separately, each as a text. Positions of boxes do not count. */
function unitsOf({ nodes, edges, tests, layout, revision: _revision, ...settings }: FlowDocument): Units {
  const units = new Map<string, string>();
  for (const node of nodes) units.set(`node ${node.id}`, canonicalJson(node));
  for (const [key, wires] of Map.groupBy(edges, ({ from }) => `wires ${from.node} ${from.port}`))
    units.set(key, JSON.stringify(wires.map(({ to }) => `${to.node} ${to.port}`).sort()));
  // Two may have one name: then their order tells them apart.
  for (const [name, some] of Map.groupBy(tests, (one) => one.name))
    for (const [index, one] of some.entries()) units.set(`test ${name} ${index}`, canonicalJson(one));
  for (const note of layout.notes) units.set(`note ${note.id}`, canonicalJson(note));
  for (const [name, value] of Object.entries(settings)) units.set(`setting ${name}`, canonicalJson(value));
  return units;
}

function changedUnits(before: FlowDocument, after: FlowDocument): readonly string[] {
  const [old, now] = [unitsOf(before), unitsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
}

/** The draft on the server, with all that it ever was. */
class Server {
  readonly kept: FlowDocument[] = [];
  get draft(): FlowDocument {
    return this.kept.at(-1)!;
  }
  constructor(draft: FlowDocument) {
    this.kept.push(draft);
  }
}

/** A person at a browser. */
class Person {
  readonly name: string;
  readonly server: Server;
  readonly clock = fakeClock();
  history!: History;
  autosave!: Autosave;
  /** What this person worked on, by commands and decisions. */
  readonly touched = new Set<string>();
  #call: { readonly document: FlowDocument; settle(error?: Failure): void } | undefined;

  constructor(name: string, server: Server) {
    this.name = name;
    this.server = server;
    this.open();
  }

  /** Opens the page: with what the browser kept before a crash, if any. */
  open(kept?: unknown): void {
    const recovered = recoverDraft(kept, this.server.draft)!;
    const base = recovered.kind === 'conflict' ? recovered.conflict.base : recovered.base;
    const sent = 'sent' in recovered ? recovered.sent : [];
    this.history = recovered.history;
    this.autosave = new Autosave(
      base,
      {
        clock: this.clock,
        save: (document) =>
          new Promise((resolve, reject) => {
            this.#call = {
              document,
              settle: (error) => (error === undefined ? resolve({ revision: this.server.draft.revision }) : reject(error)),
            };
          }),
        read: (revision) => Promise.resolve(this.server.kept.find((draft) => draft.revision === revision)),
        judge: (error) => (error instanceof Failure ? error.failure : { kind: 'offline' }),
        onMerged: (merged) => (this.history = rebaseHistory(this.history, merged.base, merged.theirs, merged.document)),
        onState: (state) => (this.history = withRevision(this.history, state.base.revision)),
      },
      sent,
    );
    this.autosave.edited(this.history.document);
  }

  crash(): void {
    this.open(this.leave());
  }

  /** What the browser keeps of a page that ends. */
  leave(): unknown {
    this.autosave.stop();
    this.#call = undefined;
    return JSON.parse(JSON.stringify(keepDraft(this.history, this.autosave.state.base, 0, this.autosave.sent)));
  }

  async rename(id: string, label: string): Promise<void> {
    const before = this.history.document;
    this.#go(done(this.history, setLabel(before, id, label)));
    for (const unit of changedUnits(before, this.history.document)) this.touched.add(unit);
    await this.clock.advance(1500);
  }

  command(random: Random): void {
    const made = randomCommand(this.history.document, random);
    if (made === undefined || made.kind === 'replaceDocument') return;
    const before = this.history.document;
    this.#go(seal(apply(this.history, made.command)));
    for (const unit of changedUnits(before, this.history.document)) this.touched.add(unit);
  }

  goBack(step: typeof undo): void {
    const before = this.history.document;
    this.#go(step(this.history));
    for (const unit of changedUnits(before, this.history.document))
      assert.ok(this.touched.has(unit), `undo of ${this.name} changed ${unit}, which is somebody else's`);
  }

  /** The request that is under way reaches the server, or its answer is lost. */
  answer(how: 'answer' | 'lose' | 'fail'): void {
    const call = this.#call;
    if (call === undefined) return;
    this.#call = undefined;
    if (how === 'fail') return call.settle(new Failure({ kind: 'offline' }));
    const { draft } = this.server;
    if (draft.revision !== call.document.revision) return call.settle(new Failure({ kind: 'conflict', theirs: draft }));
    for (const unit of changedUnits(draft, call.document))
      assert.ok(this.touched.has(unit), `a save of ${this.name} changed ${unit}, which is somebody else's`);
    this.server.kept.push({ ...call.document, revision: draft.revision + 1 });
    call.settle(how === 'lose' ? new Failure({ kind: 'offline' }) : undefined);
  }

  decide(choose: () => MergeSide): void {
    const { conflict } = this.autosave.state;
    if (conflict?.theirs === undefined) return;
    const choices = new Map<string, MergeSide>();
    const { document } = mergeFlows(conflict.base, conflict.mine, conflict.theirs, (one) => {
      const side = choices.get(keyOf(one)) ?? choose();
      choices.set(keyOf(one), side);
      return side;
    });
    for (const unit of changedUnits(conflict.theirs, document)) this.touched.add(unit);
    this.history = begin(document);
    void this.autosave.settle(document);
  }

  #go(history: History): void {
    this.history = history;
    this.autosave.edited(history.document);
  }
}

async function playSession(seed: number): Promise<number> {
  const random = seededRandom(seed);
  const server = new Server(flow());
  const people = [new Person('ann', server), new Person('bob', server)];
  let conflicts = 0;
  for (let step = 0; step < 60; step += 1) {
    const person = people[random.below(2)]!;
    const act = random.below(12);
    if (act <= 3) person.command(random);
    else if (act === 4) person.goBack(undo);
    else if (act === 5 && random.chance(0.5)) person.goBack(redo);
    else if (act <= 7) person.answer('answer');
    else if (act === 8) person.answer(random.chance(0.5) ? 'lose' : 'fail');
    else if (act === 9 && random.chance(0.2)) person.crash();
    else if (act === 10) person.autosave.newer(server.draft);
    await person.clock.advance(random.below(1500));
    if (person.autosave.state.status !== 'conflict') continue;
    conflicts += 1;
    if (random.chance(0.7)) person.decide(() => (random.chance(0.5) ? 'mine' : 'theirs'));
  }
  for (
    let turn = 0;
    people.some(({ autosave }) => autosave.hasUnsaved || autosave.state.base.revision !== server.draft.revision);
    turn += 1
  ) {
    assert.ok(turn < 200, 'both come to rest');
    for (const person of people) {
      person.autosave.newer(server.draft);
      if (person.autosave.state.status === 'conflict') person.decide(() => 'mine');
      person.answer('answer');
      await person.clock.advance(1500);
    }
  }
  for (const { history } of people) assert.deepEqual(changedUnits(history.document, server.draft), []);
  return conflicts;
}

test('a save whose answer a crash lost, and which the other took back, is not done again by the page that comes back', async () => {
  const server = new Server(flow());
  const [ann, bob] = [new Person('ann', server), new Person('bob', server)];
  const { id, label } = server.draft.nodes[0]!;
  await ann.rename(id, 'ann');
  ann.answer('lose');
  await ann.clock.advance(1);
  const kept = ann.leave();
  bob.autosave.newer(server.draft);
  await bob.rename(id, label);
  bob.answer('answer');
  await bob.clock.advance(1500);
  assert.equal(server.draft.nodes[0]?.label, label);
  ann.open(kept);
  for (let turn = 0; turn < 5; turn += 1) {
    await ann.clock.advance(1500);
    ann.answer('answer');
  }
  assert.equal(server.draft.nodes[0]?.label, label);
  assert.equal(ann.history.document.nodes[0]?.label, label);
});

test('of 300 random sessions of two people none loses what somebody saved, nor changes what its person did not touch', async () => {
  let conflicts = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    try {
      conflicts += await playSession(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  assert.ok(conflicts > 50, `${conflicts} conflicts`);
});
