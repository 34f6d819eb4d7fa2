import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fileMove from '../../../nodes/file/move.node.ts';
import { showsContract } from '../shows-contract.ts';
import { PLACES, type Place } from './places.ts';
import { cancels, run, SLOW_MS, stalls } from './run.ts';
import { startStubFtp } from './stub-ftp.ts';

showsContract(import.meta.url, {
  happy: 'a file is moved into a folder that is made for it',
  slow: 'a slow server is waited for',
  'half-open': 'a server that stalls is given up',
  refusal: 'what is missing is an error, and an existing target is not replaced unless the node may',
  duplicate: 'a retry after a cut finds the file moved',
  cancel: 'a cancel ends the connection',
  '10 MB': 'a file of 10 MB is moved as it is',
});

for (const kind of PLACES)
  describe(`file.move on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    before(async () => (place = await kind.start()));
    after(() => place?.stop());
    const put = (name: string, content: string | Uint8Array = name) => writeFileSync(join(place.files, name), content);
    const move = (config: Record<string, unknown>, attempt = 1) => run(fileMove, place, { config, attempt, data: { name: '检验' } });

    test('a file is moved into a folder that is made for it', async () => {
      put('检验.csv');
      const moved = await move({ from: '{data.name}.csv', to: 'archive/2026/{data.name}.csv', makeFolders: true });
      assert.deepEqual(moved.data, { path: 'archive/2026/检验.csv', name: '检验.csv' });
      assert.equal(existsSync(join(place.files, '检验.csv')), false);
      assert.equal(readFileSync(join(place.files, 'archive/2026/检验.csv'), 'utf8'), '检验.csv');
    });

    test('what is missing is an error, and an existing target is not replaced unless the node may', async () => {
      put('new', 'new');
      put('old', 'old');
      await assert.rejects(move({ from: 'none', to: 'other' }), { kind: 'input' });
      await assert.rejects(move({ from: 'none', to: 'other' }, 2), { kind: 'input' });
      await assert.rejects(move({ from: 'new', to: 'old' }), { code: 'FILE_EXISTS', kind: 'input' });
      await move({ from: 'new', to: 'old', replaces: true });
      assert.equal(readFileSync(join(place.files, 'old'), 'utf8'), 'new');
    });

    test('a retry after a cut finds the file moved', async () => {
      put('once');
      await move({ from: 'once', to: 'done' });
      await move({ from: 'once', to: 'done' }, 2);
      await assert.rejects(move({ from: 'once', to: 'done' }), { kind: 'input' });
    });

    test('a file of 10 MB is moved as it is', async () => {
      const bytes = randomBytes(10_000_000);
      put('large', bytes);
      await move({ from: 'large', to: 'larger' });
      assert.ok(bytes.equals(readFileSync(join(place.files, 'larger'))));
    });
  });

test('a slow server is waited for', async (t) => {
  const server = await startStubFtp({ delayMs: SLOW_MS, reply: (verb) => ({ SIZE: '550 no', RNFR: '350 ok', RNTO: '250 done' })[verb] });
  t.after(() => server.stop());
  await run(fileMove, { settings: server.settings, credential: 'x' }, { config: { from: 'a', to: 'b' } });
});

test('a server that stalls is given up', (t) => stalls(t, fileMove, { from: 'a', to: 'b' }));

test('a cancel ends the connection', (t) => cancels(t, fileMove, { from: 'a', to: 'b' }));
