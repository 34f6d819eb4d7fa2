import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resendFeed } from './resend-feed.ts';

/** More by hand: `node test/e2e/resend-feed.ts 50`. */
const KILLS = 3;
const SEED = 20_260_112;

test('200 held messages of 20 patients are resent in random order under traffic and kills: each patient’s order is exact, none is lost or doubled', async (t) => {
  const report = await resendFeed(KILLS, SEED);
  t.diagnostic(JSON.stringify(report));
  assert.equal(report.resent, 200);
  assert.ok(report.corrected > 0 && report.bulks > 0);
});

test('without kills each of them is sent once, also under its key', async () => {
  const { resent, repeated, leftHalfDone } = await resendFeed(0, SEED);
  assert.deepEqual([resent, repeated, leftHalfDone], [200, 0, 0]);
});
