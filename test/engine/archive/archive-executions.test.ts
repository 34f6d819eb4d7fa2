// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { itemsSpec } from '../../../engine/collections/collection-documents.ts';
import { fileURLToPath } from 'node:url';
import { archiveExecutions, type ArchiveDeps } from '../../../engine/archive/archive-executions.ts';
import { openArchiveRuns } from '../../../engine/archive/archive-runs.ts';
import { createArchiveReader } from '../../../engine/archive/read-archive.ts';
import { startArchive } from '../../../engine/archive/start-archive.ts';
import { createTimedId } from '../../../engine/contract/values/ids.ts';
import { createMessage, type BlobRef } from '../../../engine/contract/values/message.ts';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import {
  executionsSpec,
  lateOutcomesSpec,
  legsSpec,
  resumesSpec,
  type ExecutionDocument,
} from '../../../engine/execution/execution-document.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { sweepBlobs } from '../../../engine/worker/sweep-blobs.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { openLab, type Lab, type LabEngine } from '../../support/engine-lab.ts';
import { openSeal } from '../../support/model-engine.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const DAY_MS = 86_400_000;
const PROGRAM = fileURLToPath(new URL('archive-until-killed.ts', import.meta.url));

const feed = flowOf(
  [
    node('in', 'test.in'),
    node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 1 }),
    node('item', 'test.write'),
    node('last', 'test.write'),
  ],
  [edge('in.out', 'each'), edge('each.each', 'item'), edge('each.done', 'last')],
  {
    mode: 'durable',
    ingress: { keys: { patient: 'data.patient' }, dedupe: { key: 'data.id', windowSec: 12 * 86_400 } },
    recording: { level: 'full', retainDays: 90 },
  },
);

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-archive-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openFeed(t: TestContext) {
  const folder = await folderOf(t);
  const write = testAction('test.write', 'write', (ctx, message) => {
    ctx.beforeFirstByte();
    return message.data;
  });
  const lab = await openLab(feed, [write]);
  t.after(() => lab.close());
  const engine = await lab.start({ archiveFolder: folder });
  const stores = {
    executions: lab.executions,
    legs: await lab.documents.open(legsSpec),
    lateOutcomes: await lab.documents.open(lateOutcomesSpec),
    collectionItems: await lab.documents.open(itemsSpec),
    resumes: await lab.documents.open(resumesSpec),
  };
  const archive = (changes: Partial<ArchiveDeps> = {}, mayGoOn = () => true) =>
    archiveExecutions({ ...depsOf(lab, engine, folder, stores), ...changes }, { mayGoOn });
  return { lab, engine, folder, stores, archive };
}

function depsOf(
  { clock, blobs }: Lab,
  { flow }: LabEngine,
  folder: string,
  stores: Pick<ArchiveDeps, 'executions' | 'legs' | 'lateOutcomes'>,
): ArchiveDeps {
  return {
    ...stores,
    ...{ blobs, clock, folder, seal: openSeal, afterDays: 7, log: silentLogger, metrics: silentMetrics },
    published: { at: () => Promise.resolve(flow) },
  };
}

async function run(lab: Lab, engine: LabEngine, id: string, patient: string, text = 'x', file?: BlobRef): Promise<string> {
  const executionId = await engine.take({ id, patient, text, file, items: [1, 2] }, id);
  await lab.untilStatus(executionId, 'completed');
  return executionId;
}

test('an archived execution is shown as it was: steps, iterations, payloads above the size of a document, all by the same id', async (t) => {
  const { lab, engine, archive, stores } = await openFeed(t);
  const small = await run(lab, engine, 'm1', 'P1');
  const file = await lab.blobs.put(Readable.from([Buffer.from('a file')]), { limitBytes: 100 });
  const large = await run(lab, engine, 'm2', 'P2', '病'.repeat(300_000), file);
  const before = [await engine.catalog.get(small, { payload: true }), await engine.catalog.get(large, { payload: true })];
  lab.shiftWall(20 * DAY_MS);
  assert.deepEqual(await archive(), { archived: 2, changed: 0 });
  assert.equal(await lab.executions.count({}), 0);
  assert.equal(await stores.legs.count({}), 0);
  assert.ok((await sweepBlobs({ ...stores, blobs: lab.blobs, clock: lab.clock, log: silentLogger })) > 0);
  for await (const left of lab.blobs.list(0)) assert.fail(`${left}: files that a message only names are not archived`);
  for (const [index, id] of [small, large].entries()) {
    const shown = await engine.catalog.get(id, { payload: true });
    assert.deepEqual(shown, { ...before[index], isArchived: true });
  }
  assert.deepEqual(await archive(), { archived: 0, changed: 0 });
});

test('an archived message is sent anew as a new execution, once for each request; the old one leads to it and stays as it was', async (t) => {
  const { lab, engine, archive } = await openFeed(t);
  const old = await run(lab, engine, 'm1', 'P1', '病'.repeat(300_000));
  lab.shiftWall(20 * DAY_MS);
  await archive();
  const resend = (seen: 'completed' | 'failed') =>
    engine.catalog.resend(old, { actor: 'ann', seen, edit: (message) => message, acceptUnknown: false, requestId: 'rsd_once' });
  await assert.rejects(resend('failed'), { code: 'RESEND_GONE_ON' });
  const [one, two] = await Promise.all([resend('completed'), resend('completed')]);
  assert.equal(one.executionId, two.executionId);
  assert.equal(one.replaced, false);
  await lab.untilStatus(one.executionId, 'completed');
  const anew = await engine.catalog.get(one.executionId, { payload: true });
  const before = await engine.catalog.get(old, { payload: true });
  assert.deepEqual([anew?.replayOf, anew?.input?.data], [old, before?.input?.data]);
  assert.deepEqual([before?.isArchived, before?.status, before?.replays], [true, 'completed', [one.executionId]]);
});

test('the archive is listed by the same questions as the store, page by page', async (t) => {
  const { lab, engine, archive } = await openFeed(t);
  const ids: string[] = [];
  for (let day = 0; day < 3; day++) {
    for (let index = 0; index < 4; index++) ids.push(await run(lab, engine, `m${day}-${index}`, `P${index}`));
    lab.shiftWall(DAY_MS);
  }
  lab.shiftWall(20 * DAY_MS);
  assert.equal((await archive()).archived, 12);
  const list = async (query: Partial<Parameters<typeof engine.catalog.list>[0]>) =>
    engine.catalog.list({ archived: true, limit: 100, ...query });
  const newestFirst = (await list({})).items.map(({ executionId }) => executionId);
  assert.equal(newestFirst.length, 12);
  assert.deepEqual(new Set(newestFirst), new Set(ids));
  assert.deepEqual(
    new Set((await list({ key: { name: 'patient', value: 'P2' } })).items.map(({ executionId }) => executionId)),
    new Set([ids[2], ids[6], ids[10]]),
  );
  assert.deepEqual(
    (await list({ text: ids[5]! })).items.map(({ executionId }) => executionId),
    [ids[5]],
  );
  assert.equal((await list({ status: ['failed'] })).items.length, 0);
  assert.equal((await list({ flowIds: ['flw_other'] })).items.length, 0);
  const paged: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await list({ limit: 5, ...(after === undefined ? {} : { after }) });
    paged.push(...page.items.map(({ executionId }) => executionId));
    if (page.next === undefined) break;
    after = page.next;
  }
  assert.deepEqual(paged, newestFirst);
  const { items } = await list({});
  const middle = items[5]!.acceptedAt;
  assert.equal((await list({ from: middle })).items.length + (await list({ to: middle - 1 })).items.length, 12);
});

test('nothing is archived that is young, open, or still refuses its repetition', async (t) => {
  const { lab, engine, archive } = await openFeed(t);
  const id = await run(lab, engine, 'm1', 'P1');
  lab.shiftWall(6 * DAY_MS);
  assert.equal((await archive()).archived, 0);
  // Seven days are over, the twelve of its dedupe window are not.
  lab.shiftWall(5 * DAY_MS);
  assert.equal((await archive()).archived, 0);
  assert.equal(await engine.take({ id: 'm1', patient: 'P1', text: 'x', items: [1, 2] }, 'm1'), id);
  lab.shiftWall(3 * DAY_MS);
  assert.ok((await archive()).archived >= 1);
});

test('the first under a key is not archived before the window of another content that came under it', async (t) => {
  const { lab, engine, archive } = await openFeed(t);
  const first = await run(lab, engine, 'm1', 'P1');
  lab.shiftWall(11 * DAY_MS);
  const second = await engine.take({ id: 'm1', patient: 'P2', text: 'x', items: [] }, 'm1');
  await lab.untilStatus(second, 'completed');
  lab.shiftWall(3 * DAY_MS);
  assert.equal((await archive()).archived, 0);
  assert.equal(await engine.take({ id: 'm1', patient: 'P2', text: 'x', items: [] }, 'm1'), second);
  assert.ok(await lab.executions.get(first));
});

test('who may not go on removes nothing; the next one does, and writes nothing twice', async (t) => {
  const { lab, engine, archive, folder } = await openFeed(t);
  for (let index = 0; index < 5; index++) await run(lab, engine, `m${index}`, 'P1');
  lab.shiftWall(20 * DAY_MS);
  let asked = 0;
  // Lost in the middle of removing.
  await archive({}, () => ++asked < 5);
  const left = await lab.executions.count({});
  assert.ok(left > 0 && left < 5, `${left} left`);
  assert.equal(globSync('*/*.removing', { cwd: folder }).length, 1);
  await archive();
  assert.equal(await lab.executions.count({}), 0);
  assert.equal(globSync('*/*.removing', { cwd: folder }).length, 0);
  const reader = createArchiveReader({ folder, seal: openSeal, clock: lab.clock });
  assert.deepEqual(
    (await reader.days()).map(({ executions }) => executions),
    [5],
  );
});

test('what changes while it is archived stays in the store, and its last state counts', async (t) => {
  const { lab, engine, archive, folder } = await openFeed(t);
  const id = await run(lab, engine, 'm1', 'P1');
  lab.shiftWall(20 * DAY_MS);
  let isChanged = false;
  const executions: ArchiveDeps['executions'] = {
    ...lab.executions,
    find: (filter, options) => lab.executions.find(filter, options),
    remove: (one, match) => lab.executions.remove(one, match),
    async get(one) {
      // Someone resends its message between writing and removing.
      if (!isChanged) await lab.executions.patchIf(one, {}, { set: { replays: { exe_new: 1 } } });
      isChanged = true;
      return lab.executions.get(one);
    },
  };
  assert.deepEqual(await archive({ executions }), { archived: 1, changed: 1 });
  assert.equal((await engine.catalog.get(id, { payload: false }))?.isArchived, undefined);
  lab.shiftWall(3_600_000);
  await archive();
  const shown = await engine.catalog.get(id, { payload: false });
  assert.deepEqual([shown?.isArchived, shown?.replays], [true, ['exe_new']]);
  const reader = createArchiveReader({ folder, seal: openSeal, clock: lab.clock });
  const { found } = await reader.list({ limit: 10 });
  assert.deepEqual(
    found.map(({ _id }) => _id),
    [id],
  );
});

test('a run that is asked for begins within seconds, is told how far it came, and refuses a second one', async (t) => {
  const { lab, engine, folder, stores } = await openFeed(t);
  for (const id of ['m1', 'm2', 'm3']) await run(lab, engine, id, 'P1');
  const clock = fakeClock(lab.clock.now() + 20 * DAY_MS);
  const runs = await openArchiveRuns(lab.documents, clock);
  const leases = { acquire: () => Promise.resolve({ fencing: 1, isHeld: () => true }) };
  const worker = startArchive({ ...depsOf(lab, engine, folder, stores), clock, leases, runs });
  const { runId } = await runs.request('ann');
  await assert.rejects(runs.request('bob'), { code: 'ARCHIVE_RUNNING' });
  await clock.advance(3_000);
  while ((await runs.latest())?.status !== 'done') await new Promise((resolve) => setImmediate(resolve));
  const { by, archived, candidates, ...rest } = (await runs.latest())!;
  assert.deepEqual([by, archived, candidates, rest.runId], ['ann', 3, 3, runId]);
  assert.equal(await lab.executions.count({}), 0);
  await worker.stop();
  // A run whose worker was killed does not block others for long.
  await runs.request('ann');
  await runs.begin(0);
  await clock.advance(61_000);
  assert.equal((await runs.request('bob')).by, 'bob');
});

test('a run that is stopped leaves each execution in the store or in the archive, never in both, and the next one ends it', async (t) => {
  const { lab, engine, folder, stores, archive } = await openFeed(t);
  for (const id of ['m1', 'm2', 'm3', 'm4']) await run(lab, engine, id, 'P1');
  lab.shiftWall(20 * DAY_MS);
  let looks = 0;
  const isStopWanted = () => (looks += 1) > 2;
  const { archived } = await archiveExecutions(depsOf(lab, engine, folder, stores), { mayGoOn: () => true, isStopWanted });
  assert.deepEqual([archived, await lab.executions.count({})], [0, 4], 'the file in hand is given up');
  assert.deepEqual(globSync('*/*', { cwd: folder }), []);
  assert.deepEqual(await archive(), { archived: 4, changed: 0 });
});

test('a file that was damaged on the disk is told, not shown', async (t) => {
  const { lab, engine, archive, folder } = await openFeed(t);
  const id = await run(lab, engine, 'm1', 'P1');
  lab.shiftWall(20 * DAY_MS);
  await archive();
  const [file = ''] = globSync('*/*.kqa', { cwd: folder });
  const bytes = await readFile(join(folder, file));
  bytes[20]! ^= 0xff;
  await writeFile(join(folder, file), bytes);
  await assert.rejects(engine.catalog.get(id, { payload: true }), { code: 'ARCHIVE_DAMAGED' });
});

test(
  'killed at any moment, again and again: every execution is in the store or in the archive, and none twice',
  { timeout: 150_000 },
  async (t) => {
    const folder = await folderOf(t);
    const store = join(folder, 'store');
    const archive = join(folder, 'archive');
    const ids = await fill(store, 1_500);
    const reader = createArchiveReader({ folder: archive, seal: openSeal, clock: wallClock() });
    let kills = 0;
    for (let round = 0; ; round++) {
      const child = spawn(process.execPath, [PROGRAM, store, archive], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        // The first ones early, later ones late: while it writes, and while it removes.
        if (said === 'begun\n' && round < 8) setTimeout(() => child.kill('SIGKILL'), 20 + round * 60);
      });
      await once(child, 'close');
      const archived = await listAll(reader);
      const stored = await storedIds(store);
      const missing = ids.filter((id) => !archived.has(id) && !stored.has(id));
      assert.deepEqual(missing, [], `round ${round}: lost`);
      if (said.includes('done')) break;
      kills += 1;
    }
    assert.ok(kills > 3, `${kills} kills hit`);
    assert.equal((await storedIds(store)).size, 0);
    assert.equal((await listAll(reader)).size, ids.length);
    assert.equal(
      (await reader.days()).reduce((sum, { executions }) => sum + executions, 0),
      ids.length,
      'each in one segment alone',
    );
  },
);

async function fill(store: string, count: number): Promise<readonly string[]> {
  const documents = await openEmbeddedDocuments({ folder: store, clock: wallClock(), logger: silentLogger });
  const executions = await documents.open(executionsSpec);
  const begin = Date.now() - 40 * DAY_MS;
  const ids = Array.from({ length: count }, (_, index) => createTimedId('exe', begin + index * 100_000));
  await Promise.all(ids.map((id, index) => executions.insert(executionOf(id, begin + index * 100_000))));
  await documents.close();
  return ids;
}

function executionOf(_id: string, acceptedAt: number): ExecutionDocument {
  return {
    ...{
      _id,
      origin: _id,
      flowId: 'flw_a',
      version: 1,
      trigger: 'in',
      status: 'completed',
      part: 1,
      lane: null,
      dedupe: `x:${_id}`,
      digest: 'd',
    },
    ...{ keys: [], tables: 't', acceptedAt, finishedAt: acceptedAt + 10, epoch: 1, expiresAt: acceptedAt + 400 * DAY_MS },
    legs: { 0: { epoch: 1, payload: { sealed: Buffer.from(JSON.stringify(createMessage(_id))).toString('base64') } } },
  };
}

async function storedIds(store: string): Promise<ReadonlySet<string>> {
  const documents = await openEmbeddedDocuments({ folder: store, clock: wallClock(), logger: silentLogger });
  const executions = await documents.open(executionsSpec);
  const ids = new Set<string>();
  for (let after: string | undefined; ;) {
    const page = await executions.find({}, { limit: 1000, ...(after === undefined ? {} : { after }) });
    for (const { _id } of page) ids.add(_id);
    if (page.length < 1000) break;
    after = page.at(-1)!._id;
  }
  await documents.close();
  return ids;
}

async function listAll(reader: ReturnType<typeof createArchiveReader>): Promise<ReadonlySet<string>> {
  const { found } = await reader.list({ limit: 1_000_000 });
  return new Set(found.map(({ _id }) => _id));
}
