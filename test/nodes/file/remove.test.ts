import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fileRemove from '../../../nodes/file/remove.node.ts';
import { showsContract } from '../shows-contract.ts';
import { PLACES, type Place } from './places.ts';
import { cancels, run, SLOW_MS, stalls } from './run.ts';
import { startStubFtp } from './stub-ftp.ts';

showsContract(import.meta.url, {
  happy: 'a file of any size is removed',
  slow: 'a slow server is waited for',
  'half-open': 'a server that stalls is given up',
  refusal: 'a folder is not removed, and a missing file is an error if it must exist',
  duplicate: 'a repetition has no further effect',
  cancel: 'a cancel ends the connection',
  '10 MB': 'a file of any size is removed',
});

for (const kind of PLACES)
  describe(`file.remove on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    before(async () => (place = await kind.start()));
    after(() => place?.stop());
    const remove = (config: Record<string, unknown>, attempt = 1) => run(fileRemove, place, { config, attempt, data: { name: '检验' } });

    test('a file of any size is removed', async () => {
      writeFileSync(join(place.files, '检验.csv'), new Uint8Array(10_000_000));
      assert.deepEqual((await remove({ path: '{data.name}.csv', mustExist: true })).data, { path: '检验.csv', removed: true });
      assert.equal(existsSync(join(place.files, '检验.csv')), false);
    });

    test('a folder is not removed, and a missing file is an error if it must exist', async () => {
      mkdirSync(join(place.files, 'folder'));
      await remove({ path: 'folder' }).catch((error: { kind: string }) => assert.equal(error.kind, 'input'));
      assert.equal(existsSync(join(place.files, 'folder')), true);
      await assert.rejects(remove({ path: 'none', mustExist: true }), { code: 'FILE_MISSING', kind: 'input' });
    });

    test('a repetition has no further effect', async () => {
      writeFileSync(join(place.files, 'once'), 'x');
      await remove({ path: 'once' });
      assert.deepEqual((await remove({ path: 'once' })).data, { path: 'once', removed: false });
      assert.deepEqual((await remove({ path: 'once', mustExist: true }, 2)).data, { path: 'once', removed: false });
    });
  });

test('a slow server is waited for', async (t) => {
  const server = await startStubFtp({ delayMs: SLOW_MS, reply: () => '250 done' });
  t.after(() => server.stop());
  await run(fileRemove, { settings: server.settings, credential: 'x' }, { config: { path: 'a' } });
});

test('a server that stalls is given up', (t) => stalls(t, fileRemove, { path: 'a' }));

test('a cancel ends the connection', (t) => cancels(t, fileRemove, { path: 'a' }));
