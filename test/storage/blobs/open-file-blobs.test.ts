import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openFileBlobs } from '../../../storage/blobs/open-file-blobs.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { blobsConformance, chunks, collect, pattern } from '../../conformance/blobs.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

blobsConformance('files', async () => {
  const { blobs, clock } = await open();
  return { blobs, passTime: (ms) => clock.advance(ms), close: () => blobs.close() };
});

it('finds every cut, changed, doubled or moved frame before its bytes leave', async () => {
  const { blobs, pathOf } = await open();
  const plain = pattern(100_000);
  const { blobId } = await blobs.put(chunks(plain), { limitBytes: 100_000 });
  const other = await blobs.put(chunks(plain), { limitBytes: 100_000 });
  const whole = await readFile(await pathOf(blobId));
  const frame = 4 + 32_768 + 32;
  const head = whole.subarray(0, 24);
  const [first, second, rest] = [
    whole.subarray(24, 24 + frame),
    whole.subarray(24 + frame, 24 + 2 * frame),
    whole.subarray(24 + 2 * frame),
  ];
  const damaged: Readonly<Record<string, Uint8Array>> = {
    'cut within a frame': whole.subarray(0, -1),
    'cut at a frame': Buffer.concat([head, first, second]),
    'cut to its head': head,
    empty: Buffer.alloc(0),
    swapped: Buffer.concat([head, second, first, rest]),
    doubled: Buffer.concat([head, first, first, second, rest]),
    'made longer': Buffer.concat([whole, Buffer.from([0])]),
    'of another blob': await readFile(await pathOf(other.blobId)),
    ...Object.fromEntries([0, 9, 24, 30, 24 + frame - 1, whole.length - 1].map((at) => [`changed at ${at}`, flipped(whole, at)])),
  };
  for (const [title, bytes] of Object.entries(damaged)) {
    await writeFile(await pathOf(blobId), bytes);
    const seen: Uint8Array[] = [];
    await assert.rejects(
      async () => {
        for await (const part of blobs.get(blobId)) seen.push(part);
      },
      (error) => error instanceof AppError && error.code === 'BLOB_DAMAGED',
      title,
    );
    const yielded = Buffer.concat(seen);
    assert.ok(yielded.equals(plain.subarray(0, yielded.length)), title);
  }
});

it('leaves nothing readable on the disk, and removes at the start what an earlier process left half-written', async () => {
  const { blobs, folder, pathOf, reopen } = await open();
  const { blobId } = await blobs.put(chunks(Buffer.from('Zhang San '.repeat(5000))), { limitBytes: 1e6 });
  assert.ok(!(await readFile(await pathOf(blobId))).includes('Zhang'));
  await writeFile(join(folder, 'unfinished', 'blob_x'), 'half');
  const again = await reopen();
  assert.deepEqual(await readdir(join(folder, 'unfinished')), []);
  assert.equal((await collect(again.get(blobId))).length, 50_000);
});

it('streams 100 MB in constant memory', async () => {
  const { blobs } = await open();
  const piece = new Uint8Array(1024 * 1024);
  const source = async function* () {
    for (let i = 0; i < 100; i++) yield piece;
  };
  const { blobId, sizeBytes } = await blobs.put(source(), { limitBytes: 1e9 });
  let read = 0;
  let peak = 0;
  const start = process.memoryUsage.rss();
  for await (const part of blobs.get(blobId)) {
    read += part.length;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  assert.equal(read, sizeBytes);
  assert.ok(peak - start < 60 * 1024 * 1024, `${(peak - start) / 1e6} MB more`);
  await blobs.remove(blobId);
});

async function open() {
  const clock = fakeClock();
  const folder = await mkdtemp(join(tmpdir(), 'kq-blobs-'));
  folders.push(folder);
  const dataKeys = await openDataKeys({ documents: createMemoryDocuments({ clock }), kek: new Uint8Array(32), clock });
  const reopen = () => openFileBlobs({ folder, dataKeys, clock, logger: silentLogger });
  return {
    clock,
    folder,
    reopen,
    blobs: await reopen(),
    async pathOf(blobId: string): Promise<string> {
      const found = (await readdir(folder, { recursive: true })).find((name) => name.endsWith(blobId));
      assert.ok(found);
      return join(folder, found);
    },
  };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
