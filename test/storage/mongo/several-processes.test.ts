/** What only a store can do wrong that several processes have open at once. Each client here is what a process would be to the server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Collection, Documents } from '../../../engine/contract/ports/documents.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { startAnswerCutter } from '../../servers/answer-cutter.ts';
import { freshDatabase, onEachMongo, openMongo } from './open-mongo.ts';

onEachMongo('several processes', ({ start }) => {
  let server: Awaited<ReturnType<typeof start>>;
  let address: string;
  const ends: (() => Promise<unknown>)[] = [];
  before(async () => void (server = await start()));
  after(() => server.stop());
  afterEach(async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  });

  async function open(at = address) {
    const opened = await openMongo(at, systemClock);
    ends.push(() => opened.documents.close());
    return opened;
  }

  async function visitsOf(...processes: readonly { readonly documents: Documents }[]) {
    return Promise.all(processes.map(({ documents }) => documents.open(visitsSpec('visits'))));
  }

  async function twoProcesses() {
    address = freshDatabase(server.address);
    const [one, two] = [await open(), await open()];
    ends.push(() => one.database.dropDatabase());
    const [ours, theirs] = await visitsOf(one, two);
    return { ours: ours!, theirs: theirs!, database: one.database };
  }

  it('lose none of 2,000 conditional updates of one document', async () => {
    const { ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    const won = await Promise.all([ours, theirs].map((visits) => countUp(visits, 2000)));
    assert.equal(won[0]! + won[1]!, 2000);
    assert.equal((await ours.get('a'))?.bed, 2000);
  });

  it('may open a new collection all at once', async () => {
    const { database } = await twoProcesses();
    const processes = await Promise.all(Array.from({ length: 6 }, () => open()));
    const collections = await Promise.all(processes.map(({ documents }) => documents.open(visitsSpec('fresh'))));
    const inserted = await Promise.all(collections.map((visits, i) => visits.insert({ _id: `v${i}`, card: 'same' })));
    assert.equal(inserted.filter((answer) => answer.inserted).length, 1);
    const names = (await database.collection('fresh').listIndexes().toArray()).map(({ name }) => name as string).sort();
    assert.deepEqual(names, [
      ':expiry',
      '_id_',
      'badge',
      'badge:key',
      'by_bed',
      'by_bed:elements',
      'card',
      'card:key',
      'lane',
      'tags',
      'tags:elements',
    ]);
  });

  it('are refused where an index is not as they would make it, and told which; a missing one is made', async () => {
    const { database } = await twoProcesses();
    await database.collection('visits').dropIndex('by_bed');
    await visitsOf(await open());
    const indexes = () => database.collection('visits').listIndexes().toArray();
    assert.ok((await indexes()).some(({ name }) => name === 'by_bed'));
    await database.collection('visits').dropIndex('by_bed');
    await database.collection('visits').createIndex({ c9: 1 }, { name: 'by_bed' });
    await assert.rejects(visitsOf(await open()), (error) => {
      assert.ok(error instanceof AppError && error.code === 'STORE_SCHEMA_MISMATCH');
      assert.match(error.message, /index "by_bed" is on \(c9\), not on \(c\d, _id\)/);
      return true;
    });
  });

  it('add once, and insert once, when the answer is cut off', async () => {
    const { theirs } = await twoProcesses();
    const cutter = await startAnswerCutter(Number(new URL(server.address).port));
    ends.push(() => cutter.stop());
    const [ours] = await visitsOf(await open(address.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${cutter.port}`)));
    cutter.cutAnswerTo('insert-1');
    assert.deepEqual(await ours!.insert({ _id: 'insert-1', bed: 0 }), { inserted: true });
    cutter.cutAnswerTo('insert-1');
    const patched = await ours!.patchIf('insert-1', {}, { inc: { bed: 1 } });
    assert.equal(patched.outcome, 'patched');
    assert.equal((await theirs.get('insert-1'))?.bed, 1);
    assert.equal(cutter.cuts, 2);
  });

  it('know their own write again under what others wrote before they heard of the cut', async () => {
    const { theirs } = await twoProcesses();
    const cutter = await startAnswerCutter(Number(new URL(server.address).port));
    ends.push(() => cutter.stop());
    const [ours] = await visitsOf(await open(address.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${cutter.port}`)));
    await ours!.insert({ _id: 'claim-1', bed: 0 });
    cutter.cutAnswerTo('claim-1', () => theirs.patchIf('claim-1', {}, { inc: { staff: 1 } }));
    const claimed = await ours!.patchIf('claim-1', { bed: 0 }, { set: { bed: 1 } });
    assert.equal(claimed.outcome, 'patched');
    assert.deepEqual(await theirs.get('claim-1'), { _id: 'claim-1', bed: 1, staff: 1 });
    assert.equal(cutter.cuts, 1);
  });
});

/** Increments the number whenever no one else did it first, until it is `end`; returns how often. */
async function countUp(visits: Collection<{ readonly _id: string; readonly bed?: number | null }>, end: number): Promise<number> {
  let won = 0;
  for (let at = 0; at < end;) {
    const { outcome } = await visits.patchIf('a', { bed: at }, { set: { bed: at + 1 } });
    if (outcome === 'patched') won++;
    at = outcome === 'patched' ? at + 1 : ((await visits.get('a'))?.bed ?? 0);
  }
  return won;
}
