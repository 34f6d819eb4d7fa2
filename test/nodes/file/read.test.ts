import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import fileRead from '../../../nodes/file/read.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { showsContract } from '../shows-contract.ts';
import { PLACES, type Place } from './places.ts';
import { cancels, localPlace, run, SLOW_MS, stalls } from './run.ts';
import { startStubFtp } from './stub-ftp.ts';
import { readAll } from './stores/conformance.ts';

showsContract(import.meta.url, {
  happy: 'a file is read as text, bytes or blob, and stays where it is',
  slow: 'a slow server is waited for',
  'half-open': 'a server that stalls is given up',
  refusal: 'what is missing, too large or of another charset is refused',
  duplicate: 'a file is read as text, bytes or blob, and stays where it is',
  cancel: 'a cancel ends the connection',
  '10 MB': 'a file of 10 MB is read as it is',
});

for (const kind of PLACES)
  describe(`file.read on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    before(async () => {
      place = await kind.start();
      writeFileSync(join(place.files, '检验.csv'), '\ufeff编号,结果\n1,5.1\n');
    });
    after(() => place?.stop());

    test('a file is read as text, bytes or blob, and stays where it is', async () => {
      const blobs = memoryBlobs();
      const read = (output: string) => run(fileRead, place, { config: { path: '{data.name}.csv', output }, data: { name: '检验' }, blobs });
      const text = await read('text');
      assert.deepEqual([text.data, text.mediaType, text.charset], ['编号,结果\n1,5.1\n', 'text/csv', 'UTF-8']);
      const bytes = Buffer.from('\ufeff编号,结果\n1,5.1\n');
      assert.deepEqual(Buffer.from((await read('bytes')).data as Uint8Array), bytes);
      const { blobId, name, sizeBytes } = (await read('blob')).data as Record<string, string>;
      assert.deepEqual([name, sizeBytes], ['检验.csv', bytes.length]);
      assert.deepEqual(await readAll(blobs.get(blobId!)), bytes);
    });

    test('a file of 10 MB is read as it is', async () => {
      const bytes = randomBytes(10_000_000);
      writeFileSync(join(place.files, 'large.bin'), bytes);
      const { data } = await run(fileRead, place, { config: { path: 'large.bin', output: 'bytes' } });
      assert.ok(bytes.equals(data as Uint8Array));
    });
  });

test('what is missing, too large or of another charset is refused', async (t) => {
  const place = await localPlace(t);
  writeFileSync(join(place.files, 'gbk.txt'), encodeText('检验', 'GBK'));
  const read = (config: Record<string, unknown>, charset?: string) =>
    run(fileRead, place, { config, adapter: { settings: place.settings, ...(charset && { charset }) } });
  await assert.rejects(read({ path: 'none.txt' }), { code: 'FILE_MISSING', kind: 'input', values: { path: 'none.txt' } });
  const byName = run(fileRead, place, { config: { path: 'in/{data.name}.txt' }, data: { name: '张三' } });
  await assert.rejects(byName, { code: 'FILE_MISSING', values: { path: 'in/{data.name}.txt' } });
  await assert.rejects(read({ path: 'gbk.txt', maxBytes: 3 }), { code: 'FILE_TOO_LARGE', kind: 'input' });
  await assert.rejects(read({ path: 'gbk.txt' }), { code: 'CHARSET_INVALID_BYTES', kind: 'input' });
  assert.equal((await read({ path: 'gbk.txt' }, 'GBK')).data, '检验');
  await assert.rejects(read({ path: 'a', maxBytes: 100_000_000 }), { code: 'NODE_CONFIG_WRONG' });
});

test('a slow server is waited for', async (t) => {
  const server = await startStubFtp({ delayMs: SLOW_MS, reply: () => '550 no' });
  t.after(() => server.stop());
  await assert.rejects(run(fileRead, { settings: server.settings, credential: 'x' }, { config: { path: 'a' } }), { code: 'FILE_MISSING' });
});

test('a server that stalls is given up', (t) => stalls(t, fileRead, { path: 'a' }));

test('a cancel ends the connection', (t) => cancels(t, fileRead, { path: 'a' }));
