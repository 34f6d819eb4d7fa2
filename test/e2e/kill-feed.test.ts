// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killFeed } from './kill-feed.ts';

/** 200 by hand: `node test/e2e/kill-feed.ts 200`. */
const KILLS = 20;
const SEED = 20_260_101;

test('every acknowledged message of the feed reaches the district once and in order, whenever the process is killed, also while it starts', async (t) => {
  const report = await killFeed(KILLS, SEED);
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.killsInStart > 0 && report.killsInStart < KILLS, 'some kills fell into the start');
  assert.ok(report.acknowledged > KILLS, 'the feed went on between the kills');
});
