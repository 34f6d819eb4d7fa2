import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { Header } from 'tar/header';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { fileBlobs, growthDuring, megabytes } from '../support/file-blobs.ts';
import { contentOf, once, unpack } from './archives.ts';

const MEGABYTES = Number(process.env['KQ_TEST_MEGABYTES'] ?? 100);

/** Runs a script of Python in which `add(name, content, **fields)` adds a member to a tar archive; returns it packed by gzip. */
function tarByPython(script: string, format = 'PAX_FORMAT'): Buffer {
  const whole = `
import io, sys, tarfile
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w:gz', format=tarfile.${format}) as t:
    def add(name, content=b'', **fields):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        for key, value in fields.items(): setattr(info, key, value)
        t.addfile(info, io.BytesIO(content))
${script.trim().replace(/^/gm, '    ')}
sys.stdout.buffer.write(out.getvalue())
`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', whole], { maxBuffer: 2 ** 28 });
  assert.equal(status, 0, String(stderr));
  return stdout;
}

const LONG = `${'长'.repeat(60)}/${'x'.repeat(200)}.csv`;

test('unpacks tar archives of other programs, packed by gzip or plain, with long names', async () => {
  for (const format of ['PAX_FORMAT', 'GNU_FORMAT']) {
    const packed = tarByPython(
      `
add('./', type=tarfile.DIRTYPE)
add('./报告/', type=tarfile.DIRTYPE)
add('./报告/胸片.pdf', b'%PDF' * 1000)
add('empty.txt')
add('${LONG}', b'a,b')
`,
      format,
    );
    for (const archive of [packed, gunzipSync(packed)]) {
      const { files, blobs } = await unpack(archive);
      assert.deepEqual(
        files.map(({ path, name, sizeBytes, mediaType }) => [path, name, sizeBytes, mediaType]),
        [
          ['报告/胸片.pdf', '胸片.pdf', 4000, 'application/pdf'],
          ['empty.txt', 'empty.txt', 0, 'text/plain'],
          [LONG, LONG.slice(LONG.indexOf('/') + 1), 3, 'text/csv'],
        ],
      );
      assert.equal(String(await contentOf(blobs, files[0]!.blobId)), '%PDF'.repeat(1000));
      assert.equal(String(await contentOf(blobs, files[2]!.blobId)), 'a,b');
    }
  }
});

test('refuses the whole archive for a bad name, a link, a device, or too many members, and keeps nothing of it', async () => {
  const refused: readonly [script: string, code: string, problem: string, config?: Record<string, unknown>][] = [
    [`add('a', b'x')\nadd('../evil')`, 'ARCHIVE_NAME_REFUSED', 'escape'],
    [`add('a', b'x')\nadd('/etc/passwd')`, 'ARCHIVE_NAME_REFUSED', 'escape'],
    [`add('a', b'x')\nadd('./a')`, 'ARCHIVE_NAME_REFUSED', 'twice'],
    [`add('a', b'x')\nadd('../b/', type=tarfile.DIRTYPE)`, 'ARCHIVE_NAME_REFUSED', 'escape'],
    [`add('a', b'x')\nadd('b', type=tarfile.SYMTYPE, linkname='/etc/passwd')`, 'ARCHIVE_UNSUPPORTED', 'kind'],
    [`add('a', b'x')\nadd('b', type=tarfile.LNKTYPE, linkname='a')`, 'ARCHIVE_UNSUPPORTED', 'kind'],
    [`add('a', b'x')\nadd('b', type=tarfile.CHRTYPE)`, 'ARCHIVE_UNSUPPORTED', 'kind'],
    [`for n in range(4): add('f%d' % n, b'x')`, 'ARCHIVE_TOO_LARGE', 'files', { maxFiles: 3 }],
    [`for n in range(4): add('d%d' % n, type=tarfile.DIRTYPE)`, 'ARCHIVE_TOO_LARGE', 'files', { maxFiles: 3 }],
    [`add('a', b'x' * 101)`, 'ARCHIVE_TOO_LARGE', 'file', { maxFileBytes: 100 }],
    [`for n in range(4): add('f%d' % n, b'x' * 30)`, 'ARCHIVE_TOO_LARGE', 'total', { maxTotalBytes: 100 }],
    [`add('a', b'x' * 12_000_000)`, 'ARCHIVE_TOO_LARGE', 'ratio'],
    [`add('a', b'x')\nadd('n' * 70_000, b'x')`, 'ARCHIVE_UNSUPPORTED', 'kind'],
  ];
  for (const [script, code, problem, config] of refused) {
    const blobs = memoryBlobs();
    const attempt = unpack(tarByPython(script), config, { blobs });
    await assert.rejects(attempt, (error: { code: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.values.problem], [code, problem], script);
      return true;
    });
    for await (const blobId of blobs.list(-1000)) assert.fail(`${script}: ${blobId}`);
  }
  const latin = gunzipSync(tarByPython(`add('a.txt')`));
  const gbk = tarByPython(`add('\\udcd5\\udcc5.txt')`, 'GNU_FORMAT');
  await assert.rejects(unpack(gbk), { code: 'ARCHIVE_NAME_REFUSED', values: { problem: 'utf-8', entry: 1 } });
  assert.equal((await unpack(latin)).files[0]?.name, 'a.txt');
});

test('a sparse file of GNU tar is refused, since its content is stored in parts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-tar-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sp');
  await writeFile(file, '');
  await truncate(file, 1_000_000);
  const { status, stdout } = spawnSync('tar', ['--format=pax', '-S', '-cf', '-', 'sp'], { cwd: folder });
  assert.equal(status, 0);
  await assert.rejects(unpack(stdout), { code: 'ARCHIVE_UNSUPPORTED', values: { problem: 'sparse', entry: 1 } });
});

test('an archive that is cut off or damaged is refused', async () => {
  const whole = gunzipSync(tarByPython(`add('a', b'x' * 5000)\nadd('b', b'y' * 5000)`));
  for (const broken of [whole.subarray(0, 3000), whole.subarray(0, 5632), whole.subarray(0, 5700), flipped(whole, 5650)])
    for (const archive of [broken, gzipSync(broken)]) await assert.rejects(unpack(archive), { code: 'ARCHIVE_INVALID', kind: 'input' });
  const packed = gzipSync(whole);
  await assert.rejects(unpack(flipped(packed, packed.length - 6)), { code: 'ARCHIVE_INVALID' });
});

test('an empty archive gives an empty list; zeros before other bytes are no archive', async () => {
  const blobs = memoryBlobs();
  const named = async (content: Uint8Array, name: string) => {
    const ref = await blobs.put(once(content), { limitBytes: 100_000 });
    return (await unpack({ ...ref, name }, {}, { blobs })).files;
  };
  const packed = tarByPython('pass');
  const archive = gunzipSync(packed);
  assert.deepEqual((await unpack(archive)).files, []);
  assert.deepEqual((await unpack(archive.subarray(0, 1024))).files, []);
  for (const name of ['empty.tar.gz', '空.TGZ']) assert.deepEqual(await named(packed, name), []);
  for (const broken of [Buffer.alloc(600), Buffer.concat([archive, Buffer.from('x')])])
    await assert.rejects(unpack(broken), { code: 'ARCHIVE_INVALID', kind: 'input' });
});

test('what is packed beside the files is bounded too', async () => {
  const { code, values } = await unpack(gzipSync(Buffer.concat([gunzipSync(tarByPython(`add('a')`)), Buffer.alloc(2 ** 21)])), {
    ...{ maxFiles: 1, maxTotalBytes: 1 },
  }).then(
    () => assert.fail('refused'),
    (error: unknown) => error as { code: string; values: object },
  );
  assert.deepEqual([code, values], ['ARCHIVE_TOO_LARGE', { problem: 'total', limit: 1 }]);
});

test('a file that only begins like a tar archive, and one of gzip in gzip, stay the files that they are', async () => {
  const blobs = memoryBlobs();
  for (const content of [Buffer.alloc(2000), Buffer.from('a'.repeat(1000)), gzipSync('inner')]) {
    const ref = await blobs.put(once(gzipSync(content)), { limitBytes: 10_000 });
    const { files } = await unpack({ ...ref, name: 'x.gz' }, {}, { blobs });
    assert.deepEqual([files.length, files[0]?.name, files[0]?.sizeBytes], [1, 'x', content.length]);
  }
});

test('a large archive unfolds within bounded memory', async (t) => {
  const blobs = await fileBlobs(t);
  const size = MEGABYTES * 1_048_576;
  const head = Buffer.alloc(512);
  new Header({ path: 'large.bin', size, type: 'File', mode: 0o644 }).encode(head);
  async function* archive(): AsyncIterable<Uint8Array> {
    yield head;
    yield* megabytes(MEGABYTES);
    yield Buffer.alloc(1024);
  }
  const packed = pipeline(Readable.from(archive()), createGzip({ level: 1 }), () => undefined);
  const source = await blobs.put(packed, { limitBytes: 2 ** 32 });
  let found: readonly { readonly sizeBytes: number }[] = [];
  const limits = { maxFileBytes: 2 ** 32, maxTotalBytes: 2 ** 32, maxRatio: 1100 };
  const growth = await growthDuring(async () => void (found = (await unpack(source, limits, { blobs })).files));
  assert.deepEqual(
    found.map(({ sizeBytes }) => sizeBytes),
    [size],
  );
  assert.ok(growth < 120_000_000, `${growth}`);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0xff;
  return copy;
}
