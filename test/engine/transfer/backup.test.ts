import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createNewFile } from '../../../engine/transfer/new-file.ts';
import { restoreBackup } from '../../../engine/transfer/restore-backup.ts';
import { writeBackup, type BackupProgress } from '../../../engine/transfer/write-backup.ts';
import type { Storage } from '../../../storage/open-storage.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { collect } from '../../conformance/blobs.ts';
import { clock, contents, fill, open, openEmpty } from './stores.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-backup-'));
after(() => rm(root, { recursive: true }));
const keyFile = join(root, 'backup.key');
await writeFile(keyFile, Buffer.alloc(32, 7));
const kek = join(root, 'installation.kek');
const source = await open(`embedded:${join(root, 'source')}`, kek);
after(() => source.close());
await fill(source, 200);

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}

const backup = (name: string, onProgress: (progress: BackupProgress) => void = () => undefined, signal = new AbortController().signal) =>
  writeBackup({
    source,
    documents: source.store.documents,
    create: () => createNewFile(join(root, name)),
    key: Buffer.alloc(32, 7),
    clock,
    signal,
    onProgress,
  });

async function restore(name: string, into: string, key = keyFile, kekFile = kek) {
  const target = await openEmpty(`embedded:${join(root, into)}`);
  try {
    return await restoreBackup({
      file: join(root, name),
      keyFile: key,
      target: { address: into, documents: target.store.documents, sharedState: target.sharedState },
      openSealed: () => target.openSealed(kekFile),
      clock,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
  } finally {
    await target.close();
  }
}

async function blobsOf(storage: Storage): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const id of storage.blobs.list(-60_000)) found.set(id, Buffer.from(await collect(storage.blobs.get(id))).toString('base64'));
  return found;
}

it('gives back the store as it was at one moment, though it was written to meanwhile', async () => {
  const visits = await source.documents.open(visitsSpec('visits'));
  const state = await contents(source.documents, 'visits');
  /** What the restored store may be: one after each write, and before the first. */
  const moments = [textOf(state)];
  const times = [clock.now()];
  let begunAt = clock.now();
  const done = (change: () => void) => {
    change();
    moments.push(textOf(state));
    times.push(begunAt);
    begunAt = clock.now();
  };
  let isOver = false;
  const writer = (async () => {
    for (let i = 0; !isOver; i++) {
      // A unique key goes from one to the other; each write in its turn, so that every moment is known.
      await visits.insert({ _id: `w${i}`, card: `w${i}` } as never);
      done(() => state.set(`w${i}`, { _id: `w${i}`, card: `w${i}` } as never));
      await visits.patchIf(`w${i}`, {}, { unset: ['card'] });
      done(() => state.set(`w${i}`, { _id: `w${i}` }));
      await visits.insert({ _id: `x${i}`, card: `w${i}` } as never);
      done(() => state.set(`x${i}`, { _id: `x${i}`, card: `w${i}` } as never));
      await visits.remove(`v${i % 200}`);
      done(() => state.delete(`v${i % 200}`));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const report = await backup('live.kqb');
  isOver = true;
  await writer;
  const { documents, written, at: shown } = await restore('live.kqb', 'live');
  assert.ok(documents < report.documents, 'what changed meanwhile was written more than once');
  assert.equal(written, report.documents);
  assert.equal(shown, report.at);

  const restored = await open(`embedded:${join(root, 'live')}`, kek);
  const at = moments.indexOf(textOf(await contents(restored.documents, 'visits')));
  assert.ok(at > 4, `moment ${at} of ${moments.length}`);
  assert.ok(times[at]! <= shown, 'it names the moment that it shows, not its begin');
  assert.deepEqual(await contents(restored.documents, 'executions'), await contents(source.documents, 'executions'));
  assert.deepEqual(await blobsOf(restored), await blobsOf(source));
  assert.equal(await restored.sharedState.claimOnce('nonce-1', 1000), false);
  assert.ok((await restored.sharedState.acquireLease('alarms', 'me', 1000))!.fencing > 1);
  await restored.close();
});

function textOf(documents: ReadonlyMap<string, object>): string {
  return JSON.stringify([...documents].sort(([a], [b]) => (a < b ? -1 : 1)));
}

it('gives back the same, to the last document, of a store that rests', async () => {
  await backup('rest.kqb');
  await restore('rest.kqb', 'rest');
  const restored = await open(`embedded:${join(root, 'rest')}`, kek);
  for (const name of ['visits', 'executions'])
    assert.deepEqual(await contents(restored.documents, name), await contents(source.documents, name));
  await restored.close();
});

it('holds nothing that can be read, neither a name nor a key', async () => {
  const report = await backup('closed.kqb');
  const bytes = await readFile(join(root, 'closed.kqb'));
  for (const text of ['张三', '影像', 'visits', 'executions', 'wrapped', 'nonce-1']) assert.ok(!bytes.includes(text), text);
  assert.ok(!bytes.includes(await readFile(kek)));
  assert.ok(report.blobs > 0);
});

it('is refused with another key, when it is cut, and when one bit was changed', async () => {
  await backup('whole.kqb');
  const whole = await readFile(join(root, 'whole.kqb'));
  const otherKey = join(root, 'other.key');
  await writeFile(otherKey, Buffer.alloc(32, 8));
  await assert.rejects(restore('whole.kqb', 'a', otherKey), isCode('BACKUP_UNREADABLE'));
  await writeFile(join(root, 'cut.kqb'), whole.subarray(0, whole.length - 1));
  await assert.rejects(restore('cut.kqb', 'b'), isCode('BACKUP_UNREADABLE'));
  const changed = Buffer.from(whole);
  changed[whole.length - 100]! ^= 1;
  await writeFile(join(root, 'changed.kqb'), changed);
  await assert.rejects(restore('changed.kqb', 'c'), isCode('BACKUP_UNREADABLE'));
  await assert.rejects(open(`embedded:${join(root, 'c')}`, kek), isCode('STORE_RECEIVING'));
  await writeFile(join(root, 'short.key'), 'short');
  await assert.rejects(restore('whole.kqb', 'd', join(root, 'short.key')), isCode('BACKUP_KEY'));
});

it('goes only into an empty store, and only with the key-encryption key of then', async () => {
  await backup('once.kqb');
  await restore('once.kqb', 'full');
  await assert.rejects(restore('once.kqb', 'full'), isCode('STORE_NOT_EMPTY'));
  await assert.rejects(restore('once.kqb', 'lost', keyFile, join(root, 'lost.kek')), isCode('SEAL_KEK_MISSING'));
  // Broken off, it is done again.
  assert.ok((await restore('once.kqb', 'lost')).documents > 0);
});

it('leaves nothing half when it is cancelled, and replaces no file', async () => {
  const abort = new AbortController();
  await assert.rejects(backup('cancelled.kqb', () => abort.abort(), abort.signal));
  assert.deepEqual(
    (await readdir(root)).filter((name) => name.startsWith('cancelled')),
    [],
  );
  await backup('there.kqb');
  await assert.rejects(backup('there.kqb'), isCode('BACKUP_EXISTS'));
});
