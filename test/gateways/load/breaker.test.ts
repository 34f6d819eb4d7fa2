import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { Breaker, type BreakerEvent, type BreakerPass, type BreakerSettings } from '../../../gateways/load/breaker.ts';

function build(settings: BreakerSettings = {}, random = 0.5) {
  const clock = fakeClock();
  const events: BreakerEvent[] = [];
  const breaker = new Breaker({ clock, settings, random: () => random, onChange: (event) => events.push(event) });
  return { clock, events, breaker };
}

function calls(breaker: Breaker, count: number, isFailure: boolean, latencyMs = 10): void {
  for (let i = 0; i < count; i++) {
    const pass = breaker.enter();
    if (pass !== undefined) breaker.leave(pass, isFailure, latencyMs);
  }
}

const probe = (breaker: Breaker): BreakerPass => {
  const pass = breaker.enter();
  assert.ok(pass !== undefined && pass > 0, 'a probe is admitted');
  return pass;
};

async function openUp({ clock, breaker }: { clock: FakeClock; breaker: Breaker }): Promise<void> {
  calls(breaker, 20, true);
  assert.equal(breaker.state, 'open');
  await clock.advance(5_000);
  assert.equal(breaker.state, 'half-open');
}

test('opens at half failures of twenty calls within ten seconds, and not before', async () => {
  const { clock, breaker, events } = build();
  calls(breaker, 19, true);
  assert.equal(breaker.state, 'closed', 'too few calls');
  await clock.advance(11_000);
  calls(breaker, 11, false);
  calls(breaker, 10, true);
  assert.equal(breaker.state, 'closed', 'old failures are forgotten');
  calls(breaker, 1, true);
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.enter(), undefined);
  assert.deepEqual(events, [{ kind: 'breaker-changed', from: 'closed', to: 'open', cause: 'failures', openMs: 5_000 }]);
});

test('opens if most calls are slow', () => {
  const { breaker, events } = build({ slowMs: 100 });
  calls(breaker, 9, false, 100);
  calls(breaker, 13, false, 101);
  assert.equal(breaker.state, 'closed');
  calls(breaker, 1, false, 101);
  assert.equal(breaker.state, 'open');
  assert.equal(events[0]!.cause, 'slow');
});

test('opens if the ceiling of concurrency rejects half of the calls for three seconds', async () => {
  const { clock, breaker, events } = build();
  for (let second = 0; second < 3; second++) {
    for (let i = 0; i < 40; i++) breaker.noteAdmission(i % 2 === 0);
    assert.equal(breaker.state, 'closed');
    await clock.advance(1_000);
  }
  breaker.noteAdmission(true);
  assert.equal(breaker.state, 'open');
  assert.equal(events[0]!.cause, 'rejections');
});

test('half open, at most three probes run at once and ten in all; eight good ones close it', async () => {
  const built = build();
  const { breaker } = built;
  await openUp(built);
  const running = [probe(breaker), probe(breaker), probe(breaker)];
  assert.equal(breaker.enter(), undefined, 'a fourth waits');
  let judged = 0;
  while (running.length > 0) {
    breaker.leave(running.shift()!, judged++ < 2, 10);
    while (running.length < 3 && judged + running.length < 10) running.push(probe(breaker));
    if (running.length > 0) assert.equal(breaker.enter(), undefined);
  }
  assert.equal(judged, 10);
  assert.equal(breaker.state, 'ramp');
});

test('a probe that says nothing is replaced', async () => {
  const built = build();
  await openUp(built);
  for (let i = 0; i < 50; i++) built.breaker.leave(probe(built.breaker), undefined, 0);
  assert.equal(built.breaker.state, 'half-open');
});

test('opens again at the third bad probe, for twice as long, up to a minute', async () => {
  const built = build();
  const { clock, breaker, events } = built;
  await openUp(built);
  for (const openMs of [10_000, 20_000, 40_000, 60_000, 60_000]) {
    calls(breaker, 3, true);
    assert.equal(events.at(-1)!.openMs, openMs);
    await clock.advance(openMs - 1);
    assert.equal(breaker.state, 'open');
    await clock.advance(1);
    assert.equal(breaker.state, 'half-open');
  }
});

test('a probe of an earlier phase counts for nothing', async () => {
  const built = build();
  const { clock, breaker } = built;
  await openUp(built);
  const late = probe(breaker);
  calls(breaker, 3, true);
  await clock.advance(10_000);
  for (let i = 0; i < 3; i++) probe(breaker);
  breaker.leave(late, false, 10);
  assert.equal(breaker.enter(), undefined, 'three probes are still running');
});

test('the traffic returns in ten seconds, more each second', async () => {
  const built = build();
  const { clock, breaker, events } = built;
  await openUp(built);
  calls(breaker, 10, false);
  const admitted: number[] = [];
  for (let second = 0; second < 10; second++) {
    let passed = 0;
    for (let i = 0; i < 100; i++) {
      const pass = breaker.enter();
      if (pass !== undefined) breaker.leave(pass, false, 10);
      if (pass !== undefined) passed++;
    }
    admitted.push(passed);
    await clock.advance(1_000);
  }
  assert.ok(admitted[0]! <= 15 && admitted[0]! >= 5, admitted.join());
  assert.ok(
    admitted.every((count, i) => i === 0 || count > admitted[i - 1]!),
    admitted.join(),
  );
  assert.equal(breaker.state, 'closed');
  assert.equal(events.at(-1)!.to, 'closed');
  for (let i = 0; i < 100; i++) assert.equal(breaker.enter(), 0);
});

test('a failure during the ramp opens it for longer; after recovery the pause is short again', async () => {
  const built = build();
  const { clock, breaker, events } = built;
  await openUp(built);
  calls(breaker, 10, false);
  await clock.advance(9_000);
  calls(breaker, 25, true);
  assert.equal(events.at(-1)!.openMs, 10_000);
  await clock.advance(10_000);
  calls(breaker, 10, false);
  await clock.advance(10_000);
  assert.equal(breaker.state, 'closed');
  calls(breaker, 20, true);
  assert.equal(events.at(-1)!.openMs, 5_000);
});

test('the pause varies by a fifth, so that gateways do not probe together', () => {
  for (const [random, openMs] of [
    [0, 4_000],
    [0.999_999, 6_000],
  ] as const) {
    const { breaker, events } = build({}, random);
    calls(breaker, 20, true);
    assert.equal(Math.round(events[0]!.openMs), openMs);
  }
});
