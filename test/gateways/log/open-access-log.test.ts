import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openAccessLog } from '../../../gateways/log/open-access-log.ts';
import { testSeal } from '../support/test-seal.ts';

test('writes lines in order, rotates by size, and keeps only the newest files, for its owner alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = fakeClock();
  for (let round = 0; round < 6; round++) {
    const log = await openAccessLog({ folder, name: 'open', clock, logger: silentLogger, seal: testSeal, rotateBytes: 100, keepFiles: 3 });
    log.write(JSON.stringify({ round, filler: 'x'.repeat(60) }));
    log.write(JSON.stringify({ round, last: true }));
    await log.close();
    await clock.advance(1000);
  }
  const files = (await readdir(folder)).sort();
  assert.equal(files.length, 3);
  const lines = (await readFile(join(folder, 'open.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { round: number });
  assert.deepEqual(
    lines.map((line) => line.round),
    [5, 5],
  );
  assert.equal((await stat(join(folder, 'open.ndjson'))).mode & 0o777, 0o600);
});
