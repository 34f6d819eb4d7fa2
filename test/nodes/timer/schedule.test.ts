import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import timerSchedule from '../../../nodes/timer/schedule.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'hands each planned instant in once, with the instant as dedupe key',
  slow: 'a slow run skips instants instead of heaping them up',
  refusal: 'a refused instant is handed in again, under the same key',
  duplicate: 'a restart right after an instant does not repeat it',
  cancel: 'hands nothing in once it is stopped, and waits for what is under way',
});

const at = (iso: string) => Date.parse(iso);
const MINUTE = 60_000;

test('hands each planned instant in once, with the instant as dedupe key', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:30Z'));
  const timer = await listen(t, clock, { config: { cron: '* * * * *' } });
  await clock.advance(2 * MINUTE);
  assert.deepEqual(planned(timer.arrivals), ['2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z']);
  assert.deepEqual(timer.arrivals[0]?.message.data, { plannedAt: '2026-01-01T00:01:00.000Z' });
});

test('reads cron in its time zone, over the change to summer time', async (t) => {
  const clock = fakeClock(at('2026-03-28T12:00:00Z'));
  const timer = await listen(t, clock, { config: { cron: '0 9 * * *', timeZone: 'Europe/Berlin' } });
  await clock.advance(2 * 86_400_000);
  assert.deepEqual(planned(timer.arrivals), ['2026-03-29T07:00:00.000Z', '2026-03-30T07:00:00.000Z']);
  const shanghai = await listen(t, fakeClock(at('2026-01-01T17:59:59Z')), { config: { cron: '0 2 * * *' } });
  assert.equal(shanghai.arrivals.length, 0);
});

test('plans intervals on their multiples, wherever it was started', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:07Z'));
  const timer = await listen(t, clock, { config: { everySec: 10 } });
  await clock.advance(14_000);
  assert.deepEqual(planned(timer.arrivals), ['2026-01-01T00:00:10.000Z', '2026-01-01T00:00:20.000Z']);
});

test('makes up for the latest missed instant alone after downtime', async (t) => {
  for (const config of [{ cron: '0 * * * *' }, { everySec: 3600 }]) {
    const clock = fakeClock(at('2026-01-02T12:30:00Z'));
    const timer = await listen(t, clock, { config, lastPlanned: at('2026-01-01T00:00:00Z') });
    await clock.advance(0);
    assert.deepEqual(planned(timer.arrivals), ['2026-01-02T12:00:00.000Z']);
    await clock.advance(30 * MINUTE);
    assert.deepEqual(planned(timer.arrivals), ['2026-01-02T12:00:00.000Z', '2026-01-02T13:00:00.000Z']);
  }
});

test('a restart right after an instant does not repeat it', async (t) => {
  const timer = await listen(t, fakeClock(at('2026-01-01T00:00:00Z')), {
    config: { cron: '* * * * *' },
    lastPlanned: at('2026-01-01T00:00:00Z'),
  });
  assert.equal(timer.arrivals.length, 0);
});

test('a jump of the wall clock is one run, and a jump back repeats nothing', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:30Z'));
  const timer = await listen(t, clock, { config: { cron: '*/5 * * * *' } });
  clock.shiftWall(3_600_000);
  await clock.advance(30_000);
  assert.deepEqual(planned(timer.arrivals), ['2026-01-01T01:00:00.000Z']);
  clock.shiftWall(-3_600_000);
  await clock.advance(30 * MINUTE);
  assert.equal(timer.arrivals.length, 1);
});

test('a slow run skips instants instead of heaping them up', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:59Z'));
  const finished = Promise.withResolvers<void>();
  let runs = 0;
  const onArrival = async (): Promise<ArrivalResult> => {
    if (runs++ === 0) await finished.promise;
    return { status: 'accepted', executionId: 'exe_1' };
  };
  const timer = await listen(t, clock, { config: { cron: '* * * * *' }, onArrival });
  await clock.advance(5 * MINUTE + 30_000);
  assert.equal(runs, 1);
  finished.resolve();
  await clock.advance(0);
  assert.deepEqual(planned(timer.arrivals), ['2026-01-01T00:01:00.000Z', '2026-01-01T00:06:00.000Z']);
});

test('a refused instant is handed in again, under the same key', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:59Z'));
  let runs = 0;
  const onArrival = (): ArrivalResult =>
    runs++ === 0
      ? { status: 'refused', error: { code: 'STORE_DOWN', kind: 'transient', message: 'down' } }
      : { status: 'duplicate', executionId: 'exe_1' };
  const timer = await listen(t, clock, { config: { cron: '* * * * *' }, onArrival });
  await clock.advance(10_000);
  assert.deepEqual(planned(timer.arrivals), ['2026-01-01T00:01:00.000Z', '2026-01-01T00:01:00.000Z']);
});

test('hands nothing in once it is stopped, and waits for what is under way', async (t) => {
  const clock = fakeClock(at('2026-01-01T00:00:59Z'));
  const finished = Promise.withResolvers<void>();
  let isDone = false;
  const onArrival = async (): Promise<ArrivalResult> => {
    await finished.promise;
    isDone = true;
    return { status: 'accepted', executionId: 'exe_1' };
  };
  const timer = await listen(t, clock, { config: { cron: '* * * * *' }, onArrival });
  await clock.advance(1000);
  const stopping = timer.stop();
  finished.resolve();
  await stopping;
  assert.ok(isDone);
  await clock.advance(5 * MINUTE);
  assert.equal(timer.arrivals.length, 1);
  assert.equal(clock.pending(), 0);
});

test('refuses schedules that cannot be read, with the field', async (t) => {
  const cases = [
    [{}, ''],
    [{ cron: '* * * * *', everySec: 5 }, ''],
    [{ cron: '61 * * * *' }, '/cron'],
    [{ cron: 'every day' }, '/cron'],
    [{ cron: '* * * * *', timeZone: 'Mars/Base' }, '/timeZone'],
  ] as const;
  for (const [config, path] of cases) {
    await assert.rejects(listen(t, fakeClock(), { config }), (error: { code: string; issues: { path: string }[] }) => {
      assert.deepEqual([error.code, error.issues[0]?.path], ['NODE_CONFIG_WRONG', path]);
      return true;
    });
  }
});

async function listen(t: TestContext, clock: FakeClock, options: ListenTriggerOptions) {
  const timer = await listenTrigger(timerSchedule, { clock, ...options });
  t.after(() => timer.stop());
  return timer;
}

function planned(arrivals: readonly Arrival[]): readonly (string | undefined)[] {
  return arrivals.map(({ dedupeKey }) => dedupeKey);
}
