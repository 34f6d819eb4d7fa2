// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { BULK, bulksOver, HELD, watcher } from './many-held.ts';

test(
  'a bulk whose process was killed stands as stopped, with how far it came, and is gone on with to its end',
  { timeout: 120_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'kq-bulk-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'done.txt');
    const program = join(import.meta.dirname, 'run-until-killed.ts');
    const [, signal] = (await once(spawn(process.execPath, [program, folder, file], { stdio: 'inherit' }), 'close')) as [unknown, string];
    assert.equal(signal, 'SIGKILL');

    const documents = await openEmbeddedDocuments({ folder, clock: systemClock, logger: silentLogger });
    t.after(() => documents.close());
    const bulks = await bulksOver(documents, file, 0);
    const {
      items: [found],
    } = await bulks.list({ limit: 10 });
    assert.deepEqual(found, await bulks.get(BULK));
    assert.equal(found!.status, 'stopped');
    assert.ok(found!.handled >= 50 && found!.handled < HELD.length, `${found!.handled} of ${HELD.length}`);
    assert.ok(found!.diedAt! >= found!.startedAt);

    const end = await bulks.run({ kind: 'resend', bulkId: BULK, selection: {}, perSecond: 1000 }, watcher());
    assert.deepEqual([end.status, end.handled, end.done, end.diedAt], ['done', HELD.length, HELD.length, undefined]);
    const acted = new Set((await readFile(file, 'utf8')).trim().split('\n'));
    assert.deepEqual(acted, new Set(HELD.map(({ executionId }) => executionId)));
  },
);
