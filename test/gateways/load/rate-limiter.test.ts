import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { createSharedHealth, RateLimiter, type Rate, type RateEvent } from '../../../gateways/load/rate-limiter.ts';

/** Shared counters of several processes, which can be lost, and count how often they are asked. */
class Counters {
  readonly counts = new Map<string, number>();
  asked = 0;
  isDown = false;
  delay: Promise<void> | undefined;

  async increment(key: string, by: number): Promise<number> {
    this.asked++;
    await this.delay;
    if (this.isDown) throw new AppError('SHARED_STATE_DOWN', 'transient', 'down', { fix: '' });
    const count = (this.counts.get(key) ?? 0) + by;
    this.counts.set(key, count);
    return count;
  }
}

function build(gateways: number, rate: Rate) {
  const clock = fakeClock();
  const counters = new Counters();
  const events: RateEvent[] = [];
  const limiters = Array.from({ length: gateways }, () => {
    const health = createSharedHealth(clock, (event) => events.push(event));
    const liveGateways = () => gateways;
    return new RateLimiter({ clock, shared: counters, health, name: 'test', rate, keyOf: (key) => `#${key}`, liveGateways });
  });
  return { clock, counters, events, limiters };
}

/** How many requests pass when as many come as can. */
async function drain(limiters: readonly RateLimiter[], key = 'a', most = 1_000): Promise<number> {
  let passed = 0;
  let isOpen = true;
  for (let i = 0; i < most && isOpen; i++) {
    const states = await Promise.all(limiters.map(async (limiter) => limiter.take(key)));
    const now = states.filter(({ waitMs }) => waitMs === 0).length;
    passed += now;
    isOpen = now > 0;
  }
  return passed;
}

test('one gateway paces alone, without the shared state', async () => {
  const { clock, counters, limiters } = build(1, { limit: 100, periodMs: 1_000 });
  assert.equal(await drain(limiters), 100);
  const { waitMs, remaining, limit } = await limiters[0]!.take('a');
  assert.ok(waitMs > 0 && waitMs <= 10);
  assert.equal(remaining, 0);
  assert.equal(limit, 100);
  await clock.advance(500);
  assert.equal(await drain(limiters), 50);
  assert.equal(counters.asked, 0);
});

test('a burst is allowed beyond the pace, and states what remains', async () => {
  const { clock, limiters } = build(1, { limit: 10, periodMs: 1_000, burst: 30 });
  const first = await limiters[0]!.take('a');
  assert.deepEqual(first, { waitMs: 0, limit: 30, remaining: 29, resetMs: 100 });
  assert.equal(await drain(limiters), 29);
  await clock.advance(1_000);
  assert.equal(await drain(limiters), 10);
});

for (const gateways of [2, 3, 7])
  for (const limit of [1, 2, 5, 100, 2_000])
    test(`${gateways} gateways together pass ${limit} a second, and all of it`, async () => {
      const { clock, limiters } = build(gateways, { limit, periodMs: 1_000 });
      await clock.advance(10_000);
      for (let second = 0; second < 3; second++) {
        assert.equal(await drain(limiters), limit);
        await clock.advance(1_000);
      }
    });

test('the budget goes to the gateway that has the callers', async () => {
  const { limiters } = build(4, { limit: 1_000, periodMs: 1_000 });
  const alone = await drain([limiters[0]!]);
  // The reserves of the other three are theirs.
  assert.equal(alone, 1_000 - 3 * 125);
});

test('many requests make few round trips, and light callers none', async () => {
  const { counters, limiters } = build(2, { limit: 2_000, periodMs: 1_000 });
  await drain(limiters);
  assert.ok(counters.asked <= 20, `${counters.asked} round trips for 2,000 requests`);
  const light = build(2, { limit: 8, periodMs: 1_000 });
  for (let second = 0; second < 20; second++) {
    for (let i = 0; i < 2; i++) assert.equal((await light.limiters[0]!.take('a')).waitMs, 0);
    await light.clock.advance(1_000);
  }
  assert.equal(light.counters.asked, 0);
});

test('when the shared state is lost each gateway passes its part, and returns without a restart', async () => {
  const { clock, counters, events, limiters } = build(2, { limit: 100, periodMs: 1_000 });
  await drain(limiters);
  counters.isDown = true;
  await clock.advance(10_000);
  await drain(limiters);
  await clock.advance(900);
  await drain(limiters);
  let passed = 0;
  for (let tenth = 0; tenth < 100; tenth++) {
    await clock.advance(100);
    passed += await drain(limiters, 'b');
  }
  assert.ok(passed >= 950 && passed <= 1_350, `${passed} of 1,000 in ten seconds, and a burst`);
  assert.deepEqual(events[0], { kind: 'rate-degraded', gateways: 2 });
  counters.isDown = false;
  for (let i = 0; i < 3; i++) {
    await clock.advance(1_500);
    await drain(limiters, 'c');
  }
  assert.equal(events.at(-1)!.kind, 'rate-restored');
});

test('a shared state that does not answer holds a request for a quarter of a second at most, and then counts as down', async () => {
  const { clock, counters, limiters } = build(2, { limit: 1, periodMs: 1_000 });
  counters.delay = new Promise(() => undefined);
  const states: number[] = [];
  void Promise.resolve(limiters[0]!.take('a')).then(({ waitMs }) => states.push(waitMs));
  await clock.advance(249);
  assert.deepEqual(states, []);
  await clock.advance(1);
  assert.deepEqual(states, [0]);
  const again = limiters[0]!.take('b');
  assert.ok(!(again instanceof Promise), 'others do not wait for it');
});

test('keys of callers reach the shared state only as keyOf makes them', async () => {
  const { counters, limiters } = build(2, { limit: 2, periodMs: 1_000 });
  await drain(limiters, '310101199001011234');
  assert.ok([...counters.counts.keys()].every((key) => key.startsWith('rate:test:#')));
});

test('any number of keys takes bounded memory, and an emptied bucket is remembered', async () => {
  const { clock, limiters } = build(1, { limit: 100, periodMs: 1_000 });
  const [limiter] = limiters as [RateLimiter];
  for (let key = 0; key < 300_000; key++) void limiter.take(`2001:db8:${key}`);
  assert.ok(limiter.size() <= 131_072, `${limiter.size()} keys`);
  let passed = 0;
  for (let tenth = 0; tenth < 100; tenth++) {
    passed += await drain(limiters, 'a');
    await clock.advance(100);
  }
  assert.ok(passed >= 1_080 && passed <= 1_100, `${passed} in ten seconds`);
});

test('clocks may jump', async () => {
  const { clock, limiters } = build(2, { limit: 10, periodMs: 1_000 });
  await drain(limiters);
  (clock as FakeClock).shiftWall(-3_600_000);
  await clock.advance(1_000);
  assert.equal(await drain(limiters), 10);
});

test('a look at a limit takes nothing from it, and callers at their limit are counted', async () => {
  for (const gateways of [1, 2]) {
    const { limiters } = build(gateways, { limit: 4, periodMs: 10_000 });
    const [limiter] = limiters;
    for (let i = 0; i < 9; i++) assert.deepEqual([limiter!.peek('a').waitMs, limiter!.peek('a').remaining], [0, 4]);
    await drain([limiter!]);
    assert.ok(limiter!.peek('a').waitMs > 0);
    await limiter!.take('b');
    assert.deepEqual(limiter!.counts(), { callers: 2, limited: 1 });
  }
});
