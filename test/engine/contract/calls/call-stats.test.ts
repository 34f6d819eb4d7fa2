import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallStats, percentileMs } from '../../../../engine/contract/calls/call-stats.ts';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { sumCalls } from '../../../../engine/processes/sum-calls.ts';

test('a call counts once, however often it was tried, and leaves the rate after a minute', async () => {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  for (let attempt = 0; attempt < 5; attempt += 1) stats.attempted('adp_a', 40, 'failed', 'HTTP_TIMEOUT');
  stats.called('adp_a', 200, 'failed');
  stats.called('adp_a', 3, 'refused');
  const [now] = stats.counts();
  assert.deepEqual([now!.perMinute, now!.recent, now!.totals], [2, { calls: 2, refused: 1, failed: 1 }, [2, 1, 203, 1]]);
  await clock.advance(60_000);
  assert.deepEqual([stats.counts()[0]!.perMinute, stats.counts()[0]!.recent.calls], [0, 2]);
  await clock.advance(300_000);
  assert.deepEqual(stats.counts()[0]!.recent, { calls: 0, refused: 0, failed: 0 });
  assert.deepEqual(stats.counts()[0]!.totals, [2, 1, 203, 1]);
});

test('it is failing from the first failure since the last answer, and no more once it answers, though it refuses', async () => {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  stats.attempted('adp_a', 1, 'ok');
  await clock.advance(1_000);
  const since = clock.now();
  stats.attempted('adp_a', 1, 'failed', 'HTTP_TIMEOUT');
  await clock.advance(1_000);
  stats.attempted('adp_a', 1, 'unknown', 'OUTCOME_UNKNOWN');
  const [failing] = stats.counts();
  assert.deepEqual([failing!.failures, failing!.failingSince, failing!.lastOkAt], [2, since, since - 1_000]);
  assert.deepEqual(failing!.lastError, { code: 'OUTCOME_UNKNOWN', at: clock.now() });
  stats.attempted('adp_a', 1, 'refused', 'HTTP_STATUS');
  const [again] = stats.counts();
  assert.deepEqual([again!.failures, again!.failingSince], [0, undefined]);
  assert.equal(again!.lastError!.code, 'OUTCOME_UNKNOWN', 'what was wrong last is still told');
});

test('percentiles come from the attempts of five minutes, of all processes together', () => {
  const clock = fakeClock();
  const fast = createCallStats(clock);
  const slow = createCallStats(clock);
  for (let call = 0; call < 90; call += 1) fast.attempted('adp_a', 4, 'ok');
  for (let call = 0; call < 10; call += 1) slow.attempted('adp_a', 1_900, 'ok');
  const sum = sumCalls([fast.counts(), slow.counts()]).get('adp_a')!;
  assert.ok(percentileMs(sum.latency, 0.5)! <= 5);
  const p95 = percentileMs(sum.latency, 0.95)!;
  assert.ok(p95 > 1_500 && p95 <= 2_000, `${p95}`);
  assert.equal(percentileMs([0, 0], 0.95), undefined);
});

test('one process that gets answers outweighs another that got none before', async () => {
  const clock = fakeClock();
  const [a, b] = [createCallStats(clock), createCallStats(clock)];
  a.attempted('adp_a', 1, 'failed', 'HTTP_TIMEOUT');
  await clock.advance(1_000);
  b.attempted('adp_a', 1, 'ok');
  const answering = sumCalls([a.counts(), b.counts()]).get('adp_a')!;
  assert.deepEqual([answering.failures, answering.failingSince], [0, undefined]);
  await clock.advance(1_000);
  a.attempted('adp_a', 1, 'failed', 'HTTP_TIMEOUT');
  const failing = sumCalls([a.counts(), b.counts()]).get('adp_a')!;
  assert.equal(failing.failures, 2);
  assert.equal(failing.failingSince, failing.lastOkAt);
});

test('refusals are told by their causes, the most frequent first, with the app while it is the only one', async () => {
  const clock = fakeClock();
  const [a, b] = [createCallStats(clock), createCallStats(clock)];
  const since = clock.now();
  a.called('ifc_a', 1, 'refused', { code: 'GW40301', app: 'A1' });
  await clock.advance(60_000);
  a.called('ifc_a', 1, 'refused', { code: 'GW40301', app: 'A1' });
  for (let call = 0; call < 3; call += 1) b.called('ifc_a', 1, 'refused', { code: 'GW40101' });
  const causes = () => sumCalls([a.counts(), b.counts()]).get('ifc_a')!.refusals;
  assert.deepEqual(causes(), [
    { code: 'GW40101', count: 3, since: since + 60_000 },
    { code: 'GW40301', count: 2, since, app: 'A1' },
  ]);
  b.called('ifc_a', 1, 'refused', { code: 'GW40301', app: 'B1' });
  assert.equal(causes()![1]!.app, undefined);
  await clock.advance(300_000);
  assert.equal(causes(), undefined);
  a.called('ifc_a', 1, 'refused', { code: 'GW40301', app: 'A1' });
  assert.deepEqual(causes(), [{ code: 'GW40301', count: 1, since: clock.now(), app: 'A1' }], 'five minutes without it end it');
});

test('who sends nonsense in a hundred ways fills no memory: eight causes are told', () => {
  const stats = createCallStats(fakeClock());
  for (let call = 0; call < 100; call += 1) stats.called('ifc_a', 1, 'refused', { code: `CODE_${call}` });
  assert.deepEqual([stats.counts()[0]!.refusals!.length, stats.counts()[0]!.recent.refused], [8, 100]);
});
