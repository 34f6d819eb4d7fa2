import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { visitsSpec } from '../../conformance/documents.ts';

const note = 'x'.repeat(10_000);
type Visits = Collection<NonNullable<ReturnType<typeof visitsSpec>['document']>>;

it('says that it is full at its limit, goes on reading, and writes again when there is space', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-limit-'));
  const documents = await openEmbeddedDocuments({ folder, clock: fakeClock(), logger: silentLogger, limitBytes: 2_000_000 });
  const visits = await documents.open(visitsSpec('visits'));
  const written = await fill(visits);
  assert.ok(written > 100);
  await proveReadable(visits, written);
  for (let i = 0; i < 20; i++) assert.equal(await visits.remove(`a${i}`), true);
  assert.deepEqual(await visits.insert({ _id: 'again', note }, { durability: 'full' }), { inserted: true });
  await documents.close();
  await rm(folder, { recursive: true });
});

it('says that the disk is full, goes on reading, and writes again by itself when there is space', { timeout: 240_000 }, async (t) => {
  const disk = await mkdtemp(join(tmpdir(), 'kq-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    await rm(disk, { recursive: true });
    return t.skip('allowed: mounting a small disk needs root');
  }
  try {
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(2_000_000));
    const documents = await openEmbeddedDocuments({ folder: join(disk, 'data'), clock: fakeClock(), logger: silentLogger });
    const visits = await documents.open(visitsSpec('visits'));
    const written = await fill(visits);
    await proveReadable(visits, written);
    await assert.rejects(visits.patchIf('a0', {}, { set: { bed: 1, note: note + note } }), isFull);
    assert.equal((await visits.get('a0'))?.bed, undefined);
    await rm(filler);
    assert.deepEqual(await visits.insert({ _id: 'again', note }, { durability: 'full' }), { inserted: true });
    assert.equal((await visits.patchIf('a0', {}, { set: { bed: 2 } })).outcome, 'patched');
    await documents.close();
    const reopened = await openEmbeddedDocuments({ folder: join(disk, 'data'), clock: fakeClock(), logger: silentLogger });
    assert.equal(await (await reopened.open(visitsSpec('visits'))).count({}), written + 1);
    await reopened.close();
  } finally {
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  }
});

/** Writes until it is refused, and answers how many documents were stored. */
async function fill(visits: Visits): Promise<number> {
  for (let i = 0; i < 10_000; i++) {
    try {
      await visits.insert({ _id: `a${i}`, note }, { durability: i % 2 === 0 ? 'full' : 'light' });
    } catch (error) {
      assert.ok(isFull(error), String(error));
      return i;
    }
  }
  throw new Error('it never became full');
}

async function proveReadable(visits: Visits, written: number): Promise<void> {
  for (let i = 0; i < 3; i++) await assert.rejects(visits.insert({ _id: `more${i}`, note: note.repeat(20) }), isFull);
  assert.equal(await visits.count({}), written);
  assert.equal((await visits.get('a0'))?.note, note);
  assert.equal((await visits.find({}, { limit: 1000 })).length, Math.min(written, 1000));
}

function isFull(error: unknown): boolean {
  return error instanceof AppError && error.code === 'STORE_FULL' && error.kind === 'transient' && error.fix !== undefined;
}
