/** Processes apart on one store, whose audit trail is not the one that was written: who begins work, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { accountsSpec, openInstallation, type GuardedProcess, type Installation } from '../../support/guarded-processes.ts';

const auditSpec = {
  name: 'audit',
  schema: Type.Object({}),
  indexes: [
    { name: 'chain', fields: ['chain', 'number'], unique: true },
    { name: 'by_actor', fields: ['actor', 'at'] },
    { name: 'by_action', fields: ['action', 'at'] },
  ],
};
const LOOK_AGAIN_MS = 15_000;
const idOf = (number: number) => `main-${String(number).padStart(12, '0')}`;

/** A control has made accounts and ended; its head is signed. */
async function openUsed(): Promise<Installation> {
  const installation = openInstallation();
  const control = await installation.start('control');
  const accounts = await control.integrity.documents.open(accountsSpec);
  for (const id of ['li', 'wang']) await control.act('accounts.create', id, () => accounts.insert({ _id: id }));
  await control.stop();
  return installation;
}

async function cutTail({ documents }: Installation, lines = 2): Promise<void> {
  const audit = await documents.open(auditSpec);
  const found = await audit.find({}, { sort: ['-number'], limit: lines });
  for (const { _id } of found) await audit.remove(_id);
}

/** Whether it has begun its work. */
function follow({ guard }: GuardedProcess): { isReleased: boolean } {
  const seen = { isReleased: false };
  void guard.released(new AbortController().signal).then(() => (seen.isReleased = true));
  return seen;
}

test('a worker begins no work while control finds the trail cut, and begins when the trail is accepted', async () => {
  const installation = await openUsed();
  await cutTail(installation);
  const control = await installation.start('control');
  assert.equal(control.guard.trailProblem()?.why, 'older');
  const worker = await installation.start('worker');
  assert.equal(worker.guard.trailProblem()?.why, 'older');
  assert.match(worker.log(), /AUDIT_TRAIL_REFUSED/);
  const seen = follow(worker);
  await installation.clock.advance(10 * LOOK_AGAIN_MS);
  assert.equal(seen.isReleased, false);
  await control.accept();
  await installation.clock.advance(LOOK_AGAIN_MS);
  assert.deepEqual([seen.isReleased, worker.guard.trailProblem()], [true, undefined]);
  for (const process of [worker, control]) await process.stop();
});

test('a worker waits also while control is down: what control found stays until it is accepted, or disproved by its head', async () => {
  const installation = await openUsed();
  const removed = await (await installation.documents.open(auditSpec)).find({}, { limit: 100 });
  await cutTail(installation);
  await (await installation.start('control')).stop();
  const worker = await installation.start('worker');
  assert.equal(worker.guard.trailProblem()?.why, 'older');
  const seen = follow(worker);
  // The right store is put back.
  const audit = await installation.documents.open(auditSpec);
  for (const line of removed) await audit.insert(line);
  const control = await installation.start('control');
  assert.equal(control.guard.trailProblem(), undefined);
  await installation.clock.advance(LOOK_AGAIN_MS);
  assert.equal(seen.isReleased, true);
  for (const process of [worker, control]) await process.stop();
});

test('a worker that reads the same head file finds the cut by itself, before any control has looked', async () => {
  const installation = await openUsed();
  await cutTail(installation);
  const heads = { file: 'h', read: () => Promise.resolve(installation.file.head), newest: () => Promise.resolve(undefined), write: refuse };
  const worker = await installation.start('worker', { heads });
  assert.equal(worker.guard.trailProblem()?.why, 'older');
  await worker.stop();
  const unreadable = { ...heads, read: () => Promise.reject(new AppError('AUDIT_HEAD_BROKEN', 'bug', 'Not this user’s.')) };
  const other = await installation.start('worker', { heads: unreadable });
  assert.equal(other.guard.trailProblem(), undefined, 'a file of another user holds no worker up');
  await other.stop();
});

function refuse(): Promise<never> {
  throw new Error('a worker signs nothing');
}

test('a broken line holds a worker that starts, without any control', async () => {
  const installation = await openUsed();
  await (await installation.documents.open(auditSpec)).patchIf(idOf(5), {}, { set: { actor: 'somebody' } });
  const worker = await installation.start('worker');
  assert.deepEqual([worker.guard.trailProblem()?.why, worker.guard.trailProblem()?.line], ['broken', 5]);
  const seen = follow(worker);
  await installation.clock.advance(4 * LOOK_AGAIN_MS);
  assert.equal(worker.log().match(/AUDIT_CHAIN_BROKEN/g)?.length, 1, 'it is told once');
  const control = await installation.start('control');
  await control.accept();
  await installation.clock.advance(LOOK_AGAIN_MS);
  assert.equal(seen.isReleased, true);
  for (const process of [worker, control]) await process.stop();
});

test('a second control is read only too, and the acceptance at the first releases it', async () => {
  const installation = await openUsed();
  await cutTail(installation);
  const first = await installation.start('control');
  const ownHeads = { file: 'h', read: () => Promise.resolve(undefined), newest: () => Promise.resolve(undefined), write: keep };
  const second = await installation.start('control', { heads: ownHeads });
  assert.equal(second.guard.trailProblem()?.why, 'older');
  await first.accept();
  await installation.clock.advance(LOOK_AGAIN_MS);
  assert.equal(second.guard.trailProblem(), undefined);
  for (const process of [first, second]) await process.stop();
});

const keep = <T extends object>(head: T) => Promise.resolve({ ...head, signature: '' });

test('a hold that somebody else put into the store stops nobody, and is named', async () => {
  const installation = await openUsed();
  const stored = await installation.documents.open({ name: 'integrity', schema: Type.Object({}), indexes: [] });
  await stored.insert({ _id: 'hold', storeId: 'x', problem: { why: 'older', lines: 1 }, mac: 'AAAA' } as { _id: string });
  const worker = await installation.start('worker');
  assert.equal(worker.guard.trailProblem(), undefined);
  assert.match(worker.log(), /INTEGRITY_BROKEN/);
  await worker.stop();
});

test('a process that works when control finds a problem goes on', async () => {
  const installation = await openUsed();
  const worker = await installation.start('worker');
  await cutTail(installation);
  const control = await installation.start('control');
  assert.equal(control.guard.trailProblem()?.why, 'older');
  await installation.clock.advance(10 * LOOK_AGAIN_MS);
  assert.equal(worker.guard.trailProblem(), undefined);
  for (const process of [worker, control]) await process.stop();
});
