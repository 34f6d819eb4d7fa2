import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { AdaptiveLimit, type LimitEvent } from '../../../gateways/load/adaptive-limit.ts';
import { SimulatedService } from './support/simulated-service.ts';
import { TickingClock } from './support/ticking-clock.ts';

const stays = () => undefined;
const WORKERS = 20;
const WORK_MS = 20;
const CAPACITY_PER_MS = WORKERS / WORK_MS;

/** Offers `perMs` calls a millisecond for `ms`; returns what happened to them. */
async function offer(clock: TickingClock, limit: AdaptiveLimit, service: SimulatedService, perMs: number, ms: number) {
  const seen = { refused: 0, refusedMs: [] as number[], latencies: [] as number[] };
  const from = service.done;
  const call = () => {
    const arrivedAt = clock.now();
    const begin = () => {
      const sentAt = clock.now();
      service.call(() => {
        seen.latencies.push(clock.now() - sentAt);
        limit.leave('ok', clock.now() - sentAt);
      });
    };
    const refuse = () => {
      seen.refused++;
      seen.refusedMs.push(clock.now() - arrivedAt);
    };
    const entered = limit.enter(5_000, stays);
    if (entered instanceof Promise) void entered.then((isAdmitted) => (isAdmitted ? begin() : refuse()));
    else if (entered) begin();
    else refuse();
  };
  let owed = 0;
  for (let i = 0; i < ms; i++) {
    for (owed += perMs; owed >= 1; owed--) call();
    await clock.tick();
  }
  return { ...seen, goodput: (service.done - from) / ms };
}

function percentile(values: number[], share: number): number {
  return values.sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
}

test('an overload of ten times keeps the service at its capacity, with short latencies and quick refusals', async () => {
  const clock = new TickingClock();
  const service = new SimulatedService(clock, WORKERS, WORK_MS);
  const limit = new AdaptiveLimit({ clock, ceiling: 1_000 });
  await offer(clock, limit, service, 0.5 * CAPACITY_PER_MS, 5_000);
  for (let round = 0; round < 3; round++) {
    const { goodput, refusedMs, latencies } = await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 8_000);
    assert.ok(goodput >= 0.9 * CAPACITY_PER_MS, `goodput ${goodput} a millisecond`);
    assert.ok(percentile(latencies, 0.99) <= 4 * WORK_MS, `p99 of the admitted calls: ${percentile(latencies, 0.99)} ms`);
    assert.ok(percentile(refusedMs, 0.99) <= 10, `p99 of the refusals: ${percentile(refusedMs, 0.99)} ms`);
  }
});

test('the limit follows a capacity that is halved and doubled within 5 s', async () => {
  const clock = new TickingClock();
  const service = new SimulatedService(clock, WORKERS, WORK_MS);
  const limit = new AdaptiveLimit({ clock, ceiling: 1_000 });
  await offer(clock, limit, service, 0.5 * CAPACITY_PER_MS, 2_000);
  await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 10_000);
  const full = limit.limit;
  service.workers = WORKERS / 2;
  await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 5_000);
  assert.ok(limit.limit <= 0.65 * full, `${full} -> ${limit.limit}`);
  const halved = await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 2_000);
  assert.ok(halved.goodput >= 0.9 * (CAPACITY_PER_MS / 2));
  service.workers = WORKERS;
  await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 5_000);
  assert.ok(limit.limit >= 0.85 * full, `back to ${limit.limit} of ${full}`);
  const doubled = await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 2_000);
  assert.ok(doubled.goodput >= 0.9 * CAPACITY_PER_MS);
});

test('few calls never raise the limit, and no probe lowers it', async () => {
  const clock = new TickingClock();
  const service = new SimulatedService(clock, WORKERS, WORK_MS);
  const limit = new AdaptiveLimit({ clock, ceiling: 1_000 });
  const before = limit.limit;
  await offer(clock, limit, service, 0.2, 30_000);
  assert.equal(limit.limit, before);
});

test('time-outs lower the limit by a tenth, at most once in a window', async () => {
  const clock = fakeClock();
  const limit = new AdaptiveLimit({ clock, ceiling: 100 });
  assert.equal(limit.limit, 20);
  for (let i = 0; i < 20; i++) assert.equal(limit.enter(5_000, stays), true);
  for (let i = 0; i < 10; i++) limit.leave('overload', 5_000);
  assert.equal(limit.limit, 18);
  await clock.advance(1_000);
  limit.leave('unknown', 1);
  limit.leave('overload', 5_000);
  assert.equal(limit.limit, 16);
});

test('the ceiling is shared by the live gateways', () => {
  let gateways = 1;
  const limit = new AdaptiveLimit({ clock: fakeClock(), ceiling: 12, liveGateways: () => gateways });
  assert.equal(limit.limit, 12);
  assert.equal(limit.isAtCeiling, true);
  gateways = 3;
  assert.equal(limit.limit, 4);
  limit.setCeiling(2);
  assert.equal(limit.limit, 1, 'never below one');
});

test('a call over the limit waits at most 100 ms or half of its time, and the queue holds twice the limit', async () => {
  const clock = fakeClock();
  const limit = new AdaptiveLimit({ clock, ceiling: 2 });
  for (let i = 0; i < 2; i++) void limit.enter(5_000, stays);
  const results: (boolean | undefined)[] = [];
  const wait = (leftMs: number) => {
    const at = results.push(undefined) - 1;
    const entered = limit.enter(leftMs, stays);
    if (entered instanceof Promise) void entered.then((isAdmitted) => (results[at] = isAdmitted));
    else results[at] = entered;
  };
  wait(60);
  for (let i = 0; i < 3; i++) wait(5_000);
  wait(5_000);
  await clock.advance(29);
  assert.deepEqual(results, [undefined, undefined, undefined, undefined, false], 'the fifth finds no place');
  await clock.advance(1);
  assert.equal(results[0], false);
  await clock.advance(69);
  assert.deepEqual(results.slice(1, 4), [undefined, undefined, undefined]);
  await clock.advance(1);
  assert.deepEqual(results, [false, false, false, false, false]);
  assert.equal(limit.queued, 0);
});

test('the queue admits in order, and the newest first once the oldest has waited 50 ms', async () => {
  const clock = fakeClock();
  const limit = new AdaptiveLimit({ clock, ceiling: 3 });
  for (let i = 0; i < 3; i++) void limit.enter(5_000, stays);
  const admitted: string[] = [];
  const wait = (name: string) => void Promise.resolve(limit.enter(5_000, stays)).then((isAdmitted) => isAdmitted && admitted.push(name));
  for (const name of ['a', 'b', 'c', 'd']) wait(name);
  limit.leave('ok', 10);
  await clock.advance(49);
  assert.deepEqual(admitted, ['a']);
  limit.leave('ok', 10);
  await clock.advance(1);
  assert.deepEqual(admitted, ['a', 'b']);
  limit.leave('ok', 10);
  await clock.advance(0);
  assert.deepEqual(admitted, ['a', 'b', 'd']);
});

test('a caller who leaves the queue frees its place', async () => {
  const clock = fakeClock();
  const limit = new AdaptiveLimit({ clock, ceiling: 1 });
  void limit.enter(5_000, stays);
  let leave: () => void = () => undefined;
  const entered = limit.enter(5_000, (action) => (leave = action));
  leave();
  assert.equal(await entered, false);
  assert.equal(limit.queued, 0);
  assert.equal(clock.pending(), 0);
  limit.leave('ok', 1);
  assert.equal(limit.inFlight, 0);
});

test('reports changes of the limit, at most once a second', async () => {
  const clock = new TickingClock();
  const service = new SimulatedService(clock, WORKERS, WORK_MS);
  const events: LimitEvent[] = [];
  const limit = new AdaptiveLimit({ clock, ceiling: 1_000, onChange: (event) => events.push(event) });
  await offer(clock, limit, service, 10 * CAPACITY_PER_MS, 5_000);
  assert.ok(events.length >= 1 && events.length <= 5, `${events.length} events`);
  assert.ok(events.every(({ from, to }) => from !== to));
});
