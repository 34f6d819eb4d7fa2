import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runFastMotion } from '../support/fast-motion.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';

const COUNT = 50_000;
const LISTING_MS = 300;
/** It is truncated to 64 MB when it starts again (`storage/embedded/open-writer.ts`), and may be larger until then. */
const LOG_MB = 128;
const scratch = await makeScratch();
after(() => removeScratch(scratch));

test('executions in fast motion leave the data folder bounded by retention, and listing them answers within 300 ms', async (t) => {
  const { sizesMb, logMb, kept, perSecond, listings } = await runFastMotion(scratch, COUNT);
  t.diagnostic(JSON.stringify({ sizesMb, logMb, kept, perSecond, listings }));
  // A fifth stays, and the one in a thousand that is held for a person.
  assert.ok(kept < COUNT * 0.205, `${kept} are left`);
  assert.ok(kept > COUNT * 0.17, `${kept} are left`);
  const [full, last] = [Math.max(...sizesMb.slice(2, 5)), sizesMb.at(-1)!];
  assert.ok(last <= full * 1.25, `it goes on growing: ${sizesMb.join(', ')} MB`);
  assert.ok(logMb <= LOG_MB, `a log of ${logMb} MB`);
  for (const [name, ms] of Object.entries(listings)) assert.ok(ms <= LISTING_MS, `${name}: ${ms} ms`);
});
