import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import archivePack from '../../../nodes/archive/pack.node.ts';
import { showsContract } from '../shows-contract.ts';
import { fileBlobs, growthDuring, megabytes } from '../support/file-blobs.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { contentOf, once, unpack } from './archives.ts';

showsContract(import.meta.url, {
  happy: 'packs files into an archive that another program reads',
  slow: '10 MB are packed while others go on',
  refusal: 'refuses what is no list of files, and names that lead out or occur twice',
  duplicate: 'a second run packs the same bytes again',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are packed while others go on',
});

const MEGABYTES = Number(process.env['KQ_TEST_MEGABYTES'] ?? 100);

test('packs files into an archive that another program reads', async () => {
  const blobs = memoryBlobs();
  const image = await blobs.put(once(Buffer.from([1, 2, 3])), { limitBytes: 10 });
  const files = [
    { ...image, name: '胸片.jpg', path: '影像/胸片.jpg' },
    { name: 'note.txt', content: '张三' },
    { name: 'raw', content: new Uint8Array(5) },
  ];
  for (const compress of [true, false]) {
    const packed = await pack({ files }, { source: { path: 'data.files' }, name: 'reports.zip', compress }, { blobs });
    assert.deepEqual([packed.name, packed.mediaType], ['reports.zip', 'application/zip']);
    const bytes = await contentOf(blobs, packed.blobId);
    assert.equal(bytes.byteLength, packed.sizeBytes);
    const read = { '影像/胸片.jpg': '010203', 'note.txt': Buffer.from('张三').toString('hex'), raw: '0000000000' };
    assert.deepEqual(await readByPython(bytes), read);
  }
});

test('what is packed unpacks to the same', async () => {
  const blobs = memoryBlobs();
  const first = await pack(
    [
      { name: 'a/b.txt', content: 'x' },
      { name: 'c', content: '' },
    ],
    {},
    { blobs },
  );
  const { files } = await unpack(first, {}, { blobs });
  const again = await unpack(await pack(files, {}, { blobs }), {}, { blobs });
  assert.deepEqual(
    again.files.map(({ path, sizeBytes }) => [path, sizeBytes]),
    [
      ['a/b.txt', 1],
      ['c', 0],
    ],
  );
});

test('a second run packs the same bytes again', async () => {
  const options = { blobs: memoryBlobs(), clock: fakeClock() };
  const [one, two] = [await pack({ name: 'a', content: 'x' }, {}, options), await pack({ name: 'a', content: 'x' }, {}, options)];
  assert.deepEqual(await contentOf(options.blobs, one.blobId), await contentOf(options.blobs, two.blobId));
});

test('refuses what is no list of files, and names that lead out or occur twice', async () => {
  const named = (...names: readonly string[]) => names.map((name) => ({ name, content: '' }));
  const cases: readonly [data: unknown, code: string, values: object][] = [
    ['text', 'ARCHIVE_CONTENT', { problem: 'list' }],
    [[1], 'ARCHIVE_CONTENT', { problem: 'item', entry: 1 }],
    [[{ name: 'a', content: 5 }], 'ARCHIVE_CONTENT', { problem: 'item', entry: 1 }],
    [[{ content: 'x' }], 'ARCHIVE_CONTENT', { problem: 'item', entry: 1 }],
    [named('ok', '../x'), 'ARCHIVE_NAME_REFUSED', { problem: 'escape', entry: 2 }],
    [named('a', 'a'), 'ARCHIVE_NAME_REFUSED', { problem: 'twice', entry: 2 }],
  ];
  for (const [data, code, values] of cases) await assert.rejects(pack(data), { code, kind: 'input', values });
  await assert.rejects(pack([{ name: 'a', blobId: 'blb_none', sizeBytes: 1 }]), { code: 'BLOB_UNKNOWN', kind: 'input' });
  for (const name of ['../a.zip', 'a/b.zip']) await assert.rejects(pack([], { name }), { code: 'NODE_CONFIG_WRONG' });
});

test('an archive beyond the limit is refused, and its source is closed', async () => {
  const closed = Promise.withResolvers<void>();
  const endless = {
    ...memoryBlobs(),
    async *get() {
      try {
        for (;;) yield* megabytes(1);
      } finally {
        closed.resolve();
      }
    },
  };
  const files = [{ name: 'a', blobId: 'blb_x', sizeBytes: 1 }];
  await assert.rejects(pack(files, { maxBytes: 5_000_000, compress: false }, { blobs: endless }), {
    code: 'ARCHIVE_TOO_LARGE',
    values: { problem: 'packed', limit: 5_000_000 },
  });
  await closed.promise;
});

test('10 MB are packed while others go on', async () => {
  await whileOthersGoOn(archivePack, { data: [{ name: 'a', content: 'x'.repeat(10_000_000) }], blobs: memoryBlobs() });
});

test('a cancel ends it', async () => {
  await endsOnCancel(archivePack, { data: [{ name: 'a', content: 'x'.repeat(10_000_000) }], blobs: memoryBlobs() });
});

test('large files are packed within bounded memory', async (t) => {
  const blobs = await fileBlobs(t);
  const large = await blobs.put(megabytes(MEGABYTES), { limitBytes: 2 ** 32 });
  const files = ['a', 'b'].map((name) => ({ ...large, name }));
  const growth = await growthDuring(() => pack(files, { maxBytes: 2 ** 33, compress: false }, { blobs }));
  assert.ok(growth < 120_000_000, `${growth}`);
});

interface Packed {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly name: string;
  readonly mediaType: string;
}

async function pack(data: unknown, config: Record<string, unknown> = {}, options: RunNodeOptions = {}): Promise<Packed> {
  const outcome = await runNode(archivePack, { config, data, blobs: memoryBlobs(), ...options });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as Packed;
}

async function readByPython(bytes: Buffer): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-zip-'));
  try {
    await writeFile(join(folder, 'a.zip'), bytes);
    const script = `import zipfile, json
z = zipfile.ZipFile('a.zip')
assert z.testzip() is None
print(json.dumps({n: z.read(n).hex() for n in z.namelist()}))`;
    const { stdout, stderr } = spawnSync('python3', ['-c', script], { cwd: folder, encoding: 'utf8' });
    assert.equal(stderr, '');
    return JSON.parse(stdout) as unknown;
  } finally {
    await rm(folder, { recursive: true });
  }
}
