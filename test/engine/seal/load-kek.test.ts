/** The first key of an installation, made by processes that start at the same time. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadKek, type LoadedKek } from '../../../engine/seal/load-kek.ts';

test('one process makes the key, and all others get the same one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-kek-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (let round = 0; round < 30; round++) {
    const file = join(folder, `round-${round}.kek`);
    const starts: Promise<LoadedKek>[] = [];
    // Each looks while another one may be making the key.
    for (let start = 0; start < 10; start++) {
      starts.push(loadKek(file, { mayCreate: true }));
      await nextTurn();
    }
    const loaded = await Promise.all(starts);
    for (const { kek } of loaded) assert.deepEqual(Buffer.from(kek), Buffer.from(loaded[0]!.kek));
    assert.equal(loaded.filter(({ isNew }) => isNew).length, 1);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  }
  assert.equal((await readdir(folder)).length, 30);
});
