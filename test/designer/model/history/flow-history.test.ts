import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import { setConfig, setLabel } from '../../../../designer/src/model/commands/change-node.ts';
import { move } from '../../../../designer/src/model/commands/move.ts';
import { remove } from '../../../../designer/src/model/commands/remove.ts';
import {
  apply,
  begin,
  HISTORY_LIMIT,
  nodesTouched,
  redo,
  seal,
  undo,
  withRevision,
  type History,
} from '../../../../designer/src/model/history/flow-history.ts';
import { fromStored, toStored } from '../../../../designer/src/model/history/stored-history.ts';
import { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import { seededRandom } from '../../../support/simulated-process.ts';
import { ATTEMPTS, randomCommand } from '../random-commands.ts';
import { emptyFlow, exampleFlow, exampleFlows, types } from '../sample-types.ts';

const isFlow = Compile(FlowDocument);
const SEQUENCES = 300;
const COMMANDS = 30;

/** More by hand: `SEED=7 node --test test/designer/model/history/flow-history.test.ts` plays one sequence. */
const seeds =
  process.env['SEED'] === undefined ? Array.from({ length: SEQUENCES }, (_, index) => index + 1) : [Number(process.env['SEED'])];

test('undo to the start and redo to the end give identical documents, through storage in the middle', () => {
  const kinds = new Map<string, number>();
  for (const seed of seeds) {
    try {
      playSequence(seed, kinds);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (seeds.length === SEQUENCES) assert.deepEqual([...kinds.keys()].sort(), Object.keys(ATTEMPTS).sort());
});

function playSequence(seed: number, kinds: Map<string, number>): void {
  const random = seededRandom(seed);
  const start = structuredClone(random.chance(0.2) ? emptyFlow() : exampleFlows[random.below(exampleFlows.length)]!);
  let history = begin(start);
  /** The document before each entry. */
  const states: FlowDocument[] = [];
  for (let done = 0; done < COMMANDS;) {
    const next = randomCommand(history.document, random);
    if (next === undefined) continue;
    const before = history;
    history = apply(history, next.command);
    if (random.chance(0.5)) history = seal(history);
    if (history === before || history.document === before.document) continue;
    done += 1;
    kinds.set(next.kind, (kinds.get(next.kind) ?? 0) + 1);
    if (!isFlow.Check(history.document)) assert.deepEqual(schemaIssues(FlowDocument, history.document, 'FLOW_SCHEMA'), [], next.kind);
    keepsIdentity(before.document, history.document, next.kind);
    states.length = Math.min(states.length, history.past.length);
    states[history.past.length] = history.document;
    states[0] = start;
    if (random.chance(0.15)) history = seal(undo(history));
  }
  states[history.past.length] = history.document;
  while (history.future.length > 0) history = redo(history);
  goesBackAndForth(history, start, random.below(COMMANDS));
}

function goesBackAndForth(history: History, start: FlowDocument, storedAt: number): void {
  const end = structuredClone(history.document);
  const seen: FlowDocument[] = [history.document];
  const steps = history.past.length;
  let now = history;
  for (let step = 0; step < steps; step += 1) {
    if (step === storedAt % steps) now = restored(now);
    now = undo(now);
    seen.unshift(now.document);
  }
  assert.deepEqual(now.document, start);
  assert.equal(undo(now), now);
  for (let step = 0; step < steps; step += 1) {
    if (step === storedAt % steps) now = restored(now);
    assert.deepEqual(now.document, seen[step]);
    assert.ok(isFlow.Check(now.document));
    now = redo(now);
  }
  assert.deepEqual(now.document, end);
  assert.equal(JSON.stringify(now.document).length, JSON.stringify(end).length);
  assert.equal(redo(now), now);
}

function restored(history: History): History {
  const stored = fromStored(JSON.parse(JSON.stringify(toStored(history))));
  assert.deepEqual(stored, seal(history));
  return stored!;
}

/** A node that reads the same is the same object. */
function keepsIdentity(before: FlowDocument, after: FlowDocument, kind: string): void {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  for (const node of after.nodes) {
    const was = old.get(node.id);
    if (was !== undefined && was !== node) assert.notDeepEqual(node, was, `${kind} made a new object of an unchanged node`);
  }
}

test('nodes that a command leaves alone stay the same objects, also through undo', () => {
  const first = begin(exampleFlow('appointment'));
  const [gone, ...others] = first.document.nodes;
  const second = apply(first, remove(first.document, { nodes: [gone!.id] }));
  assert.ok(others.every((node, index) => second.document.nodes[index] === node));
  assert.equal(second.document.tests, first.document.tests);
  const third = undo(second);
  assert.ok(third.document.nodes.every((node, index) => node === first.document.nodes[index]));
});

test('typing into one field is one entry until the gesture is sealed', () => {
  let history = begin(exampleFlow('appointment'));
  const type = (text: string) => (history = apply(history, setConfig(history.document, types, 'n_call', { note: text }, 'note')));
  type('a');
  type('ab');
  assert.equal(history.past.length, 1);
  history = seal(history);
  type('abc');
  assert.equal(history.past.length, 2);
  history = undo(undo(history));
  assert.deepEqual(history.document.nodes[0]!.config, {});
  history = redo(history);
  assert.deepEqual(history.document.nodes[0]!.config, { note: 'ab' });
});

test('a gesture that ends where it began leaves no entry', () => {
  const first = begin(exampleFlow('appointment'));
  const away = apply(first, move(new Map([['n_call', { x: 50, y: 50 }]])));
  const [x, y] = first.document.layout.nodes['n_call']!;
  const back = apply(away, move(new Map([['n_call', { x, y }]])));
  assert.equal(away.past.length, 1);
  assert.equal(back.past.length, 0);
  assert.deepEqual(back.document, first.document);
});

test('a command that changes nothing is no entry', () => {
  const history = begin(exampleFlow('appointment'));
  assert.equal(apply(history, setLabel(history.document, 'n_call', '接口请求触发')), history);
  assert.equal(apply(history, remove(history.document, {})), history);
});

test('a new revision is no entry and outlives undo', () => {
  let history = begin(exampleFlow('appointment'));
  history = apply(history, setLabel(history.document, 'n_call', 'x'));
  history = withRevision(history, 9);
  assert.equal(history.past.length, 1);
  assert.equal(undo(history).document.revision, 9);
});

test('keeps the last 500 entries', () => {
  let history = begin(exampleFlow('appointment'));
  for (let count = 0; count < HISTORY_LIMIT + 20; count += 1) {
    history = seal(apply(history, setLabel(history.document, 'n_call', `name ${count}`)));
  }
  assert.equal(history.past.length, HISTORY_LIMIT);
  for (let count = 0; count < HISTORY_LIMIT; count += 1) history = undo(history);
  assert.equal(history.document.nodes[0]!.label, 'name 19');
});

test('says which nodes an entry is about', () => {
  let history = begin(exampleFlow('appointment'));
  history = apply(history, setLabel(history.document, 'n_check', 'x'));
  assert.deepEqual(nodesTouched(history.past.at(-1)!, history.document), ['n_check']);
  history = undo(apply(history, remove(history.document, { nodes: ['n_check', 'n_call'] })));
  assert.deepEqual(nodesTouched(history.future[0]!, history.document), ['n_call', 'n_check']);
});

test('of a damaged history the document comes back alone; of a damaged document nothing', () => {
  let history = begin(exampleFlow('appointment'));
  history = apply(history, remove(history.document, { nodes: ['n_check'] }));
  const stored = JSON.parse(JSON.stringify(toStored(history))) as { document: object; past: object[]; future: object[] };
  assert.equal(fromStored(stored)!.past.length, 1);
  for (const past of [
    [{ name: 'node.move', changes: [{ path: ['nodes', 999, 'label'], after: 'x' }] }],
    [{ name: 'node.move', changes: [{ path: ['nodes'], removed: [], inserted: [[0, {}]] }] }],
    [{ name: 'what.is-this', changes: [] }],
    'nonsense',
  ]) {
    const found = fromStored({ ...stored, past });
    assert.deepEqual(found?.document, history.document);
    assert.deepEqual(found?.past, []);
  }
  for (const wrong of [undefined, null, 7, [], {}, { ...stored, document: { schema: 'flow/1' } }])
    assert.equal(fromStored(wrong), undefined);
});
