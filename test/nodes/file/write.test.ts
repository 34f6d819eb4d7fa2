import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import fileWrite from '../../../nodes/file/write.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { showsContract } from '../shows-contract.ts';
import { PLACES, type Place } from './places.ts';
import { cancels, localPlace, run, SLOW_MS, stalls } from './run.ts';
import { startStubFtp } from './stub-ftp.ts';
import { chunksOf } from './stores/conformance.ts';

showsContract(import.meta.url, {
  happy: 'text, bytes, JSON and blobs are written under the name of the message',
  slow: 'a slow server is waited for',
  'half-open': 'a server that stalls is given up, and nothing has got its name',
  refusal: 'a file that exists is not replaced, unless the node may',
  duplicate: 'a repetition after a cut leaves one file',
  cancel: 'a cancel ends the connection',
  '10 MB': 'a transfer that was cut is continued where it was cut',
});

for (const kind of PLACES)
  describe(`file.write on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    before(async () => (place = await kind.start()));
    after(() => place?.stop());
    const contentOf = (path: string) => readFileSync(join(place.files, path));

    test('text, bytes, JSON and blobs are written under the name of the message', async () => {
      const blobs = memoryBlobs();
      const { blobId } = await blobs.put(chunksOf(Buffer.from('from a blob')), { limitBytes: 100 });
      for (const [name, data, expected] of [
        ['文本', '内容', '内容'],
        ['bytes', new Uint8Array([1, 2, 255]), Buffer.from([1, 2, 255])],
        ['json', { a: ['甲'] }, '{"a":["甲"]}'],
        ['blob', { blobId, sizeBytes: 11, name: 'x' }, 'from a blob'],
      ] as const) {
        const config = { path: `out/{headers.name}.txt`, makeFolders: true };
        const message = { data, mediaType: 'text/plain', headers: { name }, keys: {}, lineage: [] };
        const written = await run(fileWrite, place, { config, blobs, message });
        const path = `out/${name}.txt`;
        assert.deepEqual(written.data, { path, name: `${name}.txt`, sizeBytes: Buffer.byteLength(expected) });
        assert.deepEqual(contentOf(path), Buffer.from(expected));
      }
      assert.deepEqual(readdirSync(join(place.files, 'out')).sort(), ['blob.txt', 'bytes.txt', 'json.txt', '文本.txt']);
    });

    test('a file that exists is not replaced, unless the node may', async () => {
      const write = (data: string, ifExists: string, attempt = 1) =>
        run(fileWrite, place, { config: { path: 'same.csv', ifExists }, data, attempt, idempotencyKey: `${data} ${ifExists}` });
      await write('first', 'refuse');
      await assert.rejects(write('second', 'refuse'), { code: 'FILE_EXISTS', kind: 'input' });
      await assert.rejects(write('second', 'refuse', 2), { code: 'FILE_EXISTS', kind: 'input' });
      assert.equal(String(contentOf('same.csv')), 'first');
      assert.deepEqual((await write('third', 'number')).data, { path: 'same.2.csv', name: 'same.2.csv', sizeBytes: 5 });
      assert.deepEqual((await write('fourth', 'number')).data, { path: 'same.3.csv', name: 'same.3.csv', sizeBytes: 6 });
      await write('fifth', 'replace');
      assert.equal(String(contentOf('same.csv')), 'fifth');
      assert.deepEqual(
        readdirSync(place.files).filter((name) => name.startsWith('.kq-')),
        [],
      );
    });

    test('nothing remains of a file that the place refuses', async () => {
      mkdirSync(join(place.files, 'folder'));
      for (const ifExists of ['refuse', 'replace'])
        await assert.rejects(run(fileWrite, place, { config: { path: 'folder', ifExists }, data: 'x' }), { kind: 'input' });
      assert.deepEqual(
        readdirSync(place.files).filter((name) => name.startsWith('.kq-')),
        [],
      );
    });

    test('a repetition after a cut leaves one file', async () => {
      const write = (ifExists: string, attempt: number) =>
        run(fileWrite, place, { config: { path: `repeated-${ifExists}.csv`, ifExists }, data: 'once', attempt });
      for (const ifExists of ['refuse', 'replace']) {
        await write(ifExists, 1);
        await write(ifExists, 2);
        assert.deepEqual(
          readdirSync(place.files).filter((name) => name.startsWith(`repeated-${ifExists}`)),
          [`repeated-${ifExists}.csv`],
        );
      }
    });

    test('a transfer that was cut is continued where it was cut', async () => {
      const bytes = randomBytes(12_000_000);
      let attempt = 1;
      let sent = 0;
      const blobs = {
        ...memoryBlobs(),
        async *get() {
          for await (const chunk of chunksOf(bytes)) {
            if (attempt === 1 && (sent += chunk.length) > 8_000_000) throw new AppError('TEST_CUT', 'transient', 'Cut.');
            yield chunk;
          }
        },
      };
      const write = () => run(fileWrite, place, { config: { path: 'large.bin' }, data: { blobId: 'blob_1' }, blobs, attempt });
      await assert.rejects(write(), { code: 'TEST_CUT' });
      const [part] = readdirSync(place.files).filter((name) => name.endsWith('.part'));
      assert.ok(part, 'the part is kept');
      assert.ok(!readdirSync(place.files).includes('large.bin'));
      // Mark what is there, to see that it is kept.
      const before = contentOf(part!);
      writeFileSync(join(place.files, part!), Buffer.concat([Buffer.from('kept!'), before.subarray(5)]));
      attempt = 2;
      assert.deepEqual((await write()).data, { path: 'large.bin', name: 'large.bin', sizeBytes: bytes.length });
      assert.deepEqual(contentOf('large.bin'), before.length === 0 ? bytes : Buffer.concat([Buffer.from('kept!'), bytes.subarray(5)]));
    });
  });

test('text is written in the charset of the adapter, and refused if it does not fit', async (t) => {
  const place = await localPlace(t);
  const adapter = { settings: place.settings, charset: 'GBK' };
  await run(fileWrite, place, { adapter, config: { path: 'a.txt', content: { path: 'data.text' } }, data: { text: '检验' } });
  assert.deepEqual(readFileSync(join(place.files, 'a.txt')), encodeText('检验', 'GBK'));
  await assert.rejects(run(fileWrite, place, { adapter, config: { path: 'b.txt' }, data: '𠮷' }), { code: 'CHARSET_UNENCODABLE' });
  await assert.rejects(run(fileWrite, place, { config: { path: 'c.txt', content: { path: 'data.none' } } }), { code: 'FILE_NO_CONTENT' });
});

test('no value of a message leads out of the folder', async (t) => {
  const place = await localPlace(t);
  for (const name of ['..', 'a/b', '../x', '', '.', 'a\\b', 'a\nb', 'x'.repeat(300)])
    await assert.rejects(run(fileWrite, place, { config: { path: 'out/{data.name}' }, data: { name } }), {
      ...{ code: 'FILE_PATH_WRONG', kind: 'input' },
      values: /^\.+$/.test(name) ? {} : { problem: /[/\\]/.test(name) ? 'separator' : 'name', placeholder: 'data.name' },
    });
  for (const path of ['/etc/passwd', '../x', 'a//b', 'a\\b'])
    await assert.rejects(run(fileWrite, place, { config: { path } }), { code: 'NODE_CONFIG_WRONG' });
});

test('nothing is written by a worker that no longer owns the execution', async (t) => {
  const place = await localPlace(t);
  mkdirSync(join(place.files, 'out'));
  chmodSync(join(place.files, 'out'), 0o755);
  const beforeFirstByte = () => {
    throw new AppError('LEASE_LOST', 'transient', 'Lost.');
  };
  await assert.rejects(run(fileWrite, place, { config: { path: 'out/a' }, data: 'x', beforeFirstByte }), { code: 'LEASE_LOST' });
  assert.deepEqual(readdirSync(join(place.files, 'out')), []);
});

test('a slow server is waited for', async (t) => {
  const server = await startStubFtp({ delayMs: SLOW_MS, reply: (verb) => (verb === 'SIZE' ? '550 no' : '553 no') });
  t.after(() => server.stop());
  await assert.rejects(run(fileWrite, { settings: server.settings, credential: 'x' }, { config: { path: 'a' }, data: 'x' }), {
    kind: 'input',
  });
});

test('a server that stalls is given up, and nothing has got its name', (t) => stalls(t, fileWrite, { path: 'a' }));

test('a cancel ends the connection', (t) => cancels(t, fileWrite, { path: 'a' }));
