/** Random events against the transitions of an execution: in any order, and with any delay, its document stays valid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, matchesFilter } from '../../../engine/contract/ports/document-semantics.ts';
import { TERMINAL, type ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { RESEND_PREPARED, settles, transition, type ExecutionEvent, type RunEvent } from '../../../engine/execution/transition.ts';
import { seededRandom, type Random } from '../../support/simulated-process.ts';

const STEPS = 60;
const ERROR = { code: 'HTTP_CONNECT', kind: 'transient' } as const;

const accepted: ExecutionDocument = {
  ...{ _id: 'exe_1', origin: 'exe_1', flowId: 'flw_1', version: 1, trigger: 'n_in', status: 'queued', part: 3, open: true },
  ...{ lane: { key: 'lane', seq: '1' }, dedupe: 'flw_1|key', digest: 'd', input: { sealed: 'in' }, keys: [], tables: 'tab_1' },
  ...{ acceptedAt: 1, epoch: 0, legs: {}, blobs: ['blob_in'] },
};

test('one claim of two wins, and what the loser writes later is refused', () => {
  const claim = (owner: string) => transition(accepted, { kind: 'claimed', owner, first: { kind: 'checkpoint' } });
  const claimed = write(accepted, claim('a'));
  assert.equal(claimed?.lease?.owner, 'a');
  assert.equal(claimed?.epoch, 1);
  assert.equal(write(claimed!, claim('b')), undefined);
  const late = transition({ status: 'running', epoch: 0 }, { kind: 'waiting', waits: [{ node: 'n', scope: '', untilMs: 5, epoch: 1 }] });
  assert.equal(write(claimed!, late), undefined);
});

test('an execution that a person cancelled is claimed only by who has seen that', () => {
  const request = { by: 'op', reason: 'sealed', at: 2 };
  const cancelled = write(accepted, transition(accepted, { kind: 'cancel-requested', request }))!;
  const first: RunEvent = { kind: 'checkpoint' };
  assert.equal(write(cancelled, transition(accepted, { kind: 'claimed', owner: 'a', first })), undefined);
  assert.ok(write(cancelled, transition(cancelled, { kind: 'claimed', owner: 'a', first })));
});

test('of a held one a retry, an end and a resend in its place exclude one another', () => {
  const held = heldOne();
  const request = { by: 'op', reason: 'sealed', at: 3 };
  const decisions: readonly ExecutionEvent[] = [
    { kind: 'retried', by: 'op' },
    { kind: 'hold-ended', request },
    { kind: 'replaced', by: 'exe_2', request },
  ];
  for (const first of decisions)
    for (const second of decisions) {
      const decided = write(held, transition(held, first))!;
      assert.equal(write(decided, transition(held, second)), undefined, `${second.kind} after ${first.kind}`);
    }
});

test('an end that keeps no input keeps no blob but those that it refers to itself', () => {
  const running = write(accepted, transition(accepted, { kind: 'claimed', owner: 'a', first: { kind: 'checkpoint' } }))!;
  const end = { kind: 'ended', end: { status: 'completed' }, at: 5, expiresAt: 9, isOverQuota: false, keepsInput: false } as const;
  assert.equal(write(running, transition(running, end))?.blobs, undefined);
  assert.deepEqual(write(running, transition(running, { ...end, blobs: ['blob_legs'] }))?.blobs, ['blob_legs']);
});

test('500 random histories of 60 events keep every rule of the document', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 500; seed += 1) playHistory(seededRandom(seed), seed, seen);
  const rare = [
    'claimed',
    'waiting',
    'held',
    'ended',
    'retried',
    'replaced',
    'hurried',
    'unloadable',
    'claim-returned',
    'hold-released',
    'key-freed',
  ];
  for (const kind of rare) assert.ok(seen.has(kind), `${kind} was never written`);
});

function playHistory(random: Random, seed: number, seen: Set<string>): void {
  let now = accepted;
  // An earlier read on which someone acts late.
  const read = [accepted];
  for (let step = 0; step < STEPS; step += 1) {
    const state = random.chance(0.7) ? now : read[random.below(read.length)]!;
    const event = randomEvent(state, random, step);
    const next = write(now, transition(state, event));
    if (next === undefined) continue;
    seen.add(event.kind);
    assertSound(now, next, event, `seed ${seed}, step ${step}: ${event.kind} on ${now.status}`);
    now = next;
    read.push(next);
  }
}

function assertSound(before: ExecutionDocument, after: ExecutionDocument, event: ExecutionEvent, place: string): void {
  const { status } = after;
  const isOver = TERMINAL.includes(status);
  assert.equal(after.open === true, !isOver, `${place}: open until the end`);
  assert.equal(after.lease !== undefined, status === 'running', `${place}: a lease while it runs`);
  assert.equal(after.held !== undefined, status === 'held', `${place}: held says why`);
  if (status === 'waiting') assert.ok(after.due !== undefined && after.waits !== undefined, `${place}: a wait has an end`);
  if (status === 'held') assert.ok(after.firstHeldAt !== undefined && after.error !== undefined, place);
  if (isOver) {
    assert.ok(after.finishedAt !== undefined && after.expiresAt !== undefined, `${place}: an end is dated`);
    for (const field of ['due', 'waits', 'wake'] as const)
      assert.equal(after[field], undefined, `${place}: nothing is awaited after the end`);
  }
  assert.ok(after.epoch === before.epoch || after.epoch === before.epoch + 1, `${place}: claims are counted one by one`);
  if (TERMINAL.includes(before.status)) assert.equal(status, before.status, `${place}: an end is the end`);
  if (before.cancelRequested !== undefined) assert.notEqual(event.kind, 'retried', `${place}: what is to end does not go on`);
  if (before.firstHeldAt !== undefined) assert.equal(after.firstHeldAt, before.firstHeldAt, `${place}: the first hold stays`);
  if (!isOver) assert.equal(after.dedupe, before.dedupe, `${place}: an open execution keeps its dedupe key`);
  if (event.kind === 'claimed' && !settles(event.first)) assert.equal(status, 'running', place);
}

function randomEvent(state: ExecutionDocument, random: Random, step: number): ExecutionEvent {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const waits = [{ node: 'n_wait', scope: '', untilMs: step + 10, epoch: state.epoch + 1, attempts: 1 }];
  const request = { by: 'op', reason: 'sealed', at: step, ...(random.chance(0.3) ? { isDone: true as const } : {}) };
  const intent = { node: 'n_send', scope: '', key: 'k', digest: 'd', at: step };
  const leg = { key: String(Object.keys(state.legs).length), record: { epoch: state.epoch + 1, intent } };
  const run: readonly RunEvent[] = [
    { kind: 'checkpoint' },
    { kind: 'checkpoint', leg, blobs: ['blob_in', `blob_${step}`] },
    { kind: 'replied', reply: { sealed: 'reply' } },
    { kind: 'waiting', waits },
    {
      kind: 'held',
      hold: { node: 'n_send', reason: pick(['HTTP_CONNECT', RESEND_PREPARED]), outcomeKnown: random.chance(0.5), at: step },
      ...{ error: ERROR, hasWritten: random.chance(0.3), waits: random.chance(0.3) ? waits : [], notDone: [] },
    },
    {
      kind: 'ended',
      end: pick([
        { status: 'completed' },
        { status: 'failed', error: ERROR, isDeadLetter: false },
        { status: 'cancelled', isUnknown: false, hasWritten: true },
      ]),
      ...{ at: step, expiresAt: step + 100, isOverQuota: false, keepsInput: random.chance(0.5) },
    },
  ];
  const first = random.chance(0.7) ? pick(run.slice(0, 5)) : pick(run);
  return pick<ExecutionEvent>([
    ...[first, first, first],
    { kind: 'claimed', owner: pick(['a', 'b']), first },
    { kind: 'claimed', owner: 'c', first: run[0]! },
    { kind: 'claim-returned', owner: pick(['a', 'b', 'c']), notDone: [] },
    { kind: 'unloadable', error: ERROR, at: step, epoch: state.epoch + 1, outcomeKnown: true },
    { kind: 'retried', by: 'op', tables: random.chance(0.5) ? 'tab_2' : undefined },
    { kind: 'hold-released', notDone: Object.keys(state.legs) },
    { kind: 'hurried', waits },
    { kind: 'resumed', at: step },
    ...(random.chance(0.1) ? [{ kind: 'cancel-requested', request } as const] : []),
    ...(random.chance(0.1) ? [{ kind: 'hold-ended', request } as const, { kind: 'replaced', by: 'exe_2', request } as const] : []),
    { kind: 'resent', by: 'exe_3', at: step },
    { kind: 'moved', seq: `1.r${step}` },
    { kind: 'resend-released', by: 'op' },
    { kind: 'tables-moved', tables: 'tab_2' },
    { kind: 'kept-longer', dedupe: state.dedupe, until: step + 50 },
    ...(TERMINAL.includes(state.status) ? [{ kind: 'key-freed', id: state._id, dedupe: state.dedupe } as const] : []),
  ]);
}

function heldOne(): ExecutionDocument {
  const hold = { node: 'n_send', reason: 'HTTP_CONNECT', outcomeKnown: true, at: 2 };
  const first: RunEvent = { kind: 'held', hold, error: ERROR, hasWritten: false, waits: [], notDone: [] };
  return write(accepted, transition(accepted, { kind: 'claimed', owner: 'a', first }))!;
}

/** As a store does it; undefined where it is refused. */
function write(document: ExecutionDocument, { match, patch }: ReturnType<typeof transition>): ExecutionDocument | undefined {
  return matchesFilter(document, match) ? applyPatch(document, patch) : undefined;
}
