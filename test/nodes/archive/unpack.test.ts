import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { test } from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import archiveUnpack from '../../../nodes/archive/unpack.node.ts';
import { showsContract } from '../shows-contract.ts';
import { fileBlobs, growthDuring, megabytes } from '../support/file-blobs.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { contentOf, GBK_NAMES, once, unpack, zippedByPython } from './archives.ts';

showsContract(import.meta.url, {
  happy: 'unpacks archives of another program, with names in UTF-8 and GBK',
  slow: '10 MB unfold while others go on',
  refusal: 'refuses the whole archive for a name that leads out of it, occurs twice or is none',
  duplicate: 'a second run unpacks the same again',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB unfold while others go on',
});

const MEGABYTES = Number(process.env['KQ_TEST_MEGABYTES'] ?? 100);

test('unpacks archives of another program, with names in UTF-8 and GBK', async () => {
  const archive = zippedByPython(`${GBK_NAMES}
z.writestr('plain.txt', 'one')
z.writestr('报告/胸片.pdf', b'%PDF')
z.writestr('empty/', '')
z.writestr(Gbk('检验/血常规.csv'), 'a,b', zipfile.ZIP_DEFLATED)
z.writestr(Gbk('windows\\\\张三.txt'), '', zipfile.ZIP_STORED)
`);
  const { files, blobs } = await unpack(archive);
  assert.deepEqual(
    files.map(({ path, name, sizeBytes, mediaType }) => [path, name, sizeBytes, mediaType]),
    [
      ['plain.txt', 'plain.txt', 3, 'text/plain'],
      ['报告/胸片.pdf', '胸片.pdf', 4, 'application/pdf'],
      ['检验/血常规.csv', '血常规.csv', 3, 'text/csv'],
      ['windows/张三.txt', '张三.txt', 0, 'text/plain'],
    ],
  );
  assert.equal(String(await contentOf(blobs, files[2]!.blobId)), 'a,b');
  await assert.rejects(unpack(archive, { charset: 'UTF-8' }), { code: 'ARCHIVE_NAME_REFUSED', values: { problem: 'charset', entry: 4 } });
});

test('an empty ZIP archive gives an empty list', async () => {
  assert.deepEqual((await unpack(Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex'))).files, []);
});

test('a second run unpacks the same again', async () => {
  const blobs = memoryBlobs();
  const ref = await blobs.put(once(zippedByPython(`z.writestr('a', 'b' * 70000)`)), { limitBytes: 1e6 });
  const runs = [await unpack({ file: ref }, { source: { path: 'data.file' } }, { blobs }), await unpack(ref, {}, { blobs, attempt: 2 })];
  for (const { files } of runs) assert.equal(files[0]?.sizeBytes, 70_000);
});

test('unpacks gzip, named as its source', async () => {
  const blobs = memoryBlobs();
  const bytes = Buffer.concat([gzipSync('one'), gzipSync('two')]);
  const ref = await blobs.put(once(bytes), { limitBytes: 1000 });
  const { files } = await unpack({ ...ref, name: 'ward/list.csv.gz' }, {}, { blobs });
  assert.deepEqual(
    files.map(({ name, sizeBytes, mediaType }) => [name, sizeBytes, mediaType]),
    [['list.csv', 6, 'text/csv']],
  );
  await assert.rejects(unpack(bytes.subarray(0, -1)), { code: 'ARCHIVE_INVALID' });
  assert.equal((await unpack(gzipSync(''))).files[0]?.name, 'content');
});

test('refuses the whole archive for a name that leads out of it, occurs twice or is none', async () => {
  const names: readonly [name: string, problem: string][] = [
    ['../evil', 'escape'],
    ['a/../../evil', 'escape'],
    ['/etc/passwd', 'escape'],
    ['..\\\\evil', 'escape'],
    ['C:\\\\evil', 'escape'],
    ['a//b', 'name'],
    ['a/./b', 'name'],
    ['a\\nb', 'name'],
    ['x' + 'y'.repeat(300), 'name'],
    ['../folder/', 'escape'],
    ['good', 'twice'],
  ];
  for (const [name, problem] of names) {
    const blobs = memoryBlobs();
    const archive = zippedByPython(`import warnings; warnings.simplefilter('ignore')\nz.writestr('good', '1')\nz.writestr('${name}', '2')`);
    const refused = { code: 'ARCHIVE_NAME_REFUSED', kind: 'input', values: { problem, entry: 2 } };
    await assert.rejects(unpack(archive, {}, { blobs }), refused, name);
    for await (const blobId of blobs.list(-1000)) assert.fail(blobId);
  }
});

test('refuses what is no archive, is damaged, encrypted or packed by another method', async () => {
  const archive = zippedByPython(`z.writestr('a', os.urandom(5000), zipfile.ZIP_STORED)`);
  const changed = Buffer.from(archive);
  changed[2000]! ^= 1;
  const cases: readonly [bytes: Buffer, code: string, problem: string][] = [
    [Buffer.from('no archive'), 'ARCHIVE_INVALID', 'form'],
    [Buffer.alloc(0), 'ARCHIVE_INVALID', 'form'],
    [archive.subarray(0, -30), 'ARCHIVE_INVALID', 'form'],
    [archive.subarray(100), 'ARCHIVE_INVALID', 'damaged'],
    [changed, 'ARCHIVE_INVALID', 'damaged'],
    [zippedByPython(`z.writestr('a', 'b' * 100, zipfile.ZIP_LZMA)`), 'ARCHIVE_UNSUPPORTED', 'method'],
    [encrypted(zippedByPython(`z.writestr('a', 'b')`)), 'ARCHIVE_UNSUPPORTED', 'encrypted'],
  ];
  for (const [bytes, code, problem] of cases)
    await assert.rejects(unpack(bytes), (error: { code: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.values.problem], [code, problem]);
      return true;
    });
  await assert.rejects(unpack({ text: 'x' }), { code: 'ARCHIVE_CONTENT' });
  await assert.rejects(unpack({ blobId: 'blb_none', sizeBytes: 1 }), { code: 'BLOB_UNKNOWN', kind: 'input' });
});

test('counts what unfolds, also if the archive declares something else', async () => {
  const archive = zippedByPython(`for n in range(4): z.writestr(f'f{n}', os.urandom(1000))`);
  const cases: readonly [limits: Record<string, unknown>, values: object][] = [
    [{ maxFiles: 3 }, { problem: 'files', limit: 3 }],
    [{ maxFileBytes: 999 }, { problem: 'file', entry: 1, limit: 999 }],
    [{ maxTotalBytes: 3999 }, { problem: 'total', limit: 3999 }],
  ];
  for (const [limits, values] of cases) await assert.rejects(unpack(archive, limits), { code: 'ARCHIVE_TOO_LARGE', kind: 'input', values });
  assert.equal((await unpack(archive, { maxFiles: 4, maxFileBytes: 1000, maxTotalBytes: 4000 })).files.length, 4);

  const bomb = zippedByPython(`z.writestr('zeros', bytes(50_000_000))`);
  const ratio = { code: 'ARCHIVE_TOO_LARGE', values: { problem: 'ratio', limit: 100 } };
  await assert.rejects(unpack(bomb), ratio);
  await assert.rejects(unpack(gzipSync(Buffer.alloc(50_000_000))), ratio);
  assert.equal((await unpack(bomb, { maxRatio: 1100 })).files[0]?.sizeBytes, 50_000_000);
  // Both entries of the list have the same member.
  const overlapping = zippedByPython(`z.writestr('a1', os.urandom(100_000) + bytes(6_000_000))
import copy
for n in range(2, 30):
    e = copy.copy(z.filelist[0])
    e.filename = f'a{n}'
    z.filelist.append(e)`);
  await assert.rejects(unpack(overlapping), overlap(1));
  const folders = zippedByPython(`for n in range(4): z.writestr(f'd{n}/', '')`);
  await assert.rejects(unpack(folders, { maxFiles: 3 }), { values: { problem: 'files', limit: 3 } });
});

const overlap = (entry: number) => ({ code: 'ARCHIVE_INVALID', kind: 'input', values: { problem: 'overlap', entry } });

test('members that overlap are refused before any is read, and a header that reaches into the next one before it is', async () => {
  const archive = zippedByPython(`for n in range(3): z.writestr(f'f{n}', 'x' * 1000, zipfile.ZIP_STORED)`);
  const second = archive.indexOf('f1') - 30;
  // The length of its extra fields.
  archive.writeUInt16LE(50, second + 28);
  const blobs = memoryBlobs();
  await assert.rejects(unpack(archive, {}, { blobs }), overlap(2));
  for await (const blobId of blobs.list(-1000)) assert.fail(blobId);
});

test('nothing of an archive that is refused in the middle stays stored', async () => {
  const archive = zippedByPython(`for n in range(3): z.writestr(f'f{n}', 'x' * 1000, zipfile.ZIP_STORED)`);
  archive[archive.indexOf('f2') + 500] = 0x79;
  const blobs = memoryBlobs();
  await assert.rejects(unpack(archive, {}, { blobs }), { code: 'ARCHIVE_INVALID', values: { problem: 'damaged' } });
  for await (const blobId of blobs.list(-1000)) assert.fail(blobId);
});

test('the file of a gzip file has a safe name, however its source is called', async () => {
  const blobs = memoryBlobs();
  const ref = await blobs.put(once(gzipSync('one')), { limitBytes: 1000 });
  const names = ['...gz', 'x\0.gz', '.gz', 'a/', '../../etc/x.GZ', 'c:\\b\\y.gz', 'C:z.gz', `${'n'.repeat(300)}.gz`];
  const found: string[] = [];
  for (const name of names) found.push((await unpack({ ...ref, name }, {}, { blobs })).files[0]!.path);
  assert.deepEqual(found, ['content', 'content', 'content', 'content', 'x', 'y', 'content', 'content']);
});

test('10 MB unfold while others go on', async () => {
  const data = zippedByPython(`z.writestr('large', os.urandom(10_000_000))`);
  await whileOthersGoOn(archiveUnpack, { data, blobs: memoryBlobs() });
});

test('a cancel ends it', async () => {
  const data = zippedByPython(`z.writestr('large', os.urandom(10_000_000))`);
  await endsOnCancel(archiveUnpack, { data, blobs: memoryBlobs() });
});

test('large archives unfold within bounded memory', async (t) => {
  const blobs = await fileBlobs(t);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('first'), 'a/first.txt');
  zip.addReadStream(Readable.from(megabytes(MEGABYTES)), 'a/large.bin', { compressionLevel: 1 });
  zip.addBuffer(Buffer.from('last'), 'a/last.txt');
  zip.end();
  const gzip = pipeline(Readable.from(megabytes(MEGABYTES)), createGzip({ level: 1 }), () => undefined);
  const expected = createHash('sha256');
  for await (const chunk of megabytes(MEGABYTES)) expected.update(chunk);
  const digest = expected.digest('hex');
  for (const archive of [zip.outputStream as Readable, gzip]) {
    const source = await blobs.put(archive, { limitBytes: 2 ** 32 });
    let large: { readonly blobId: string; readonly sizeBytes: number } | undefined;
    const growth = await growthDuring(async () => {
      const { files } = await unpack(source, { maxFileBytes: 2 ** 32, maxTotalBytes: 2 ** 32, maxRatio: 1100 }, { blobs });
      large = files.find(({ sizeBytes }) => sizeBytes > 1_000_000);
    });
    assert.equal(large?.sizeBytes, MEGABYTES * 1_048_576);
    const actual = createHash('sha256');
    for await (const chunk of blobs.get(large.blobId)) actual.update(chunk);
    assert.equal(actual.digest('hex'), digest);
    assert.ok(growth < 120_000_000, `${growth}`);
  }
});

/** Sets the mark of an encrypted member in the list. */
function encrypted(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  bytes[bytes.indexOf('PK\u0001\u0002', 0, 'latin1') + 8]! |= 1;
  return bytes;
}
