import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fileList from '../../../nodes/file/list.node.ts';
import { showsContract } from '../shows-contract.ts';
import { PLACES, type Place } from './places.ts';
import { cancels, localPlace, run, SLOW_MS, stalls } from './run.ts';
import { startStubFtp } from './stub-ftp.ts';

showsContract(import.meta.url, {
  happy: 'the files of a folder are listed by name, with size and time',
  slow: 'a slow server is waited for',
  'half-open': 'a server that stalls is given up',
  refusal: 'a folder that is missing, or has more entries than allowed, is an error',
  duplicate: 'the files of a folder are listed by name, with size and time',
  cancel: 'a cancel ends the connection',
  '10 MB': 'thousands of files are listed',
});

for (const kind of PLACES)
  describe(`file.list on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    before(async () => (place = await kind.start()));
    after(() => place?.stop());

    test('the files of a folder are listed by name, with size and time', async () => {
      mkdirSync(join(place.files, 'in/below'), { recursive: true });
      for (const name of ['b.csv', '检验 1.csv', 'a.txt']) writeFileSync(join(place.files, 'in', name), name);
      utimesSync(join(place.files, 'in', 'b.csv'), 1_700_000_000, 1_700_000_000);
      const list = async (config: Record<string, unknown>) => {
        const { data } = await run(fileList, place, { config: { folder: '{data.folder}', ...config }, data: { folder: 'in' } });
        return data as readonly { readonly name: string; readonly modifiedAt: string }[];
      };
      const files = await list({ patterns: ['*.CSV'] });
      assert.deepEqual(
        files.map(({ modifiedAt, ...file }) => (assert.ok(modifiedAt), file)),
        [
          { name: 'b.csv', path: 'in/b.csv', kind: 'file', sizeBytes: 5 },
          { name: '检验 1.csv', path: 'in/检验 1.csv', kind: 'file', sizeBytes: 12 },
        ],
      );
      assert.match(files[0]!.modifiedAt, /^2023-11-14T/);
      assert.deepEqual(
        (await list({ withFolders: true })).map(({ name }) => name),
        ['a.txt', 'b.csv', 'below', '检验 1.csv'],
      );
    });

    test('thousands of files are listed', async () => {
      mkdirSync(join(place.files, 'many'));
      for (let number = 0; number < 5000; number++) writeFileSync(join(place.files, 'many', `${number}.csv`), '');
      const { data } = await run(fileList, place, { config: { folder: 'many' } });
      assert.equal((data as readonly unknown[]).length, 5000);
    });
  });

test('a folder that is missing, or has more entries than allowed, is an error', async (t) => {
  const place = await localPlace(t);
  for (const name of ['a', 'b']) writeFileSync(join(place.files, name), name);
  await assert.rejects(run(fileList, place, { config: { folder: 'none' } }), {
    code: 'FILE_MISSING',
    kind: 'input',
    values: { path: 'none' },
  });
  await assert.rejects(run(fileList, place, { config: { maxEntries: 1 } }), { code: 'FILE_TOO_MANY', kind: 'input' });
});

test('a slow server is waited for', async (t) => {
  const server = await startStubFtp({ delayMs: SLOW_MS, reply: () => '550 no' });
  t.after(() => server.stop());
  await assert.rejects(run(fileList, { settings: server.settings, credential: 'x' }, {}), { code: 'FILE_MISSING' });
});

test('a server that stalls is given up', (t) => stalls(t, fileList, {}));

test('a cancel ends the connection', (t) => cancels(t, fileList, {}));
