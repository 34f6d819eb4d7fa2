import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { GreyRelease, type GreyEvent, type GreyReleaseOptions, type GreyRules } from '../../../gateways/load/grey-release.ts';

function build(rules: Partial<GreyRules>, limits?: GreyReleaseOptions['limits']) {
  const clock = fakeClock();
  const events: GreyEvent[] = [];
  const release = new GreyRelease({ clock, rules: { releaseId: 'r1', ...rules }, limits, onChange: (event) => events.push(event) });
  return { clock, events, release };
}

const USERS = Array.from({ length: 100_000 }, (_, i) => `310101${String(i * 7_919).padStart(12, '0')}`);

test('100,000 users at 10 % give 10 +- 0.5 %, always the same ones', () => {
  const { release } = build({ percent: 10 });
  const chosen = USERS.map((key) => release.isGrey({ key }));
  const share = chosen.filter(Boolean).length / USERS.length;
  assert.ok(Math.abs(share - 0.1) <= 0.005, String(share));
  const atAnotherGateway = build({ percent: 10 }).release;
  assert.deepEqual(
    USERS.map((key) => atAnotherGateway.isGrey({ key })),
    chosen,
  );
});

test('10 -> 20 % moves only the difference, and back', () => {
  const ten = build({ percent: 10 }).release;
  const twenty = build({ percent: 20 }).release;
  let moved = 0;
  for (const key of USERS) {
    const [before, after] = [ten.isGrey({ key }), twenty.isGrey({ key })];
    assert.ok(!before || after, 'who was in stays in');
    if (before !== after) moved++;
  }
  assert.ok(Math.abs(moved / USERS.length - 0.1) <= 0.005, `${moved} moved`);
});

test('another release chooses other users', () => {
  const one = build({ percent: 10 }).release;
  const other = build({ percent: 10, releaseId: 'r2' }).release;
  const both = USERS.filter((key) => one.isGrey({ key }) && other.isGrey({ key })).length / USERS.length;
  assert.ok(both > 0.005 && both < 0.015, String(both));
});

test('a tag, the list of the allowed and districts go before the share', () => {
  const { release } = build({ tags: ['beta'], allowed: ['u1'], districts: ['310115'], percent: 0 });
  assert.equal(release.isGrey({ key: 'u2' }), false);
  assert.equal(release.isGrey({ key: 'u2', tag: 'beta' }), true);
  assert.equal(release.isGrey({ key: 'u2', tag: 'other' }), false);
  assert.equal(release.isGrey({ key: 'u1' }), true);
  assert.equal(release.isGrey({ key: 'u2', district: '310115' }), true);
});

test('steps are taken by the clock, the same on every gateway', async () => {
  const startsAt = fakeClock().now() + 1_000;
  const { clock, events, release } = build({ steps: { startsAt, holdMs: 60_000 } });
  const percents: number[] = [];
  release.isGrey({ key: 'a' });
  for (const ms of [1_000, 60_000, 60_000, 60_000, 60_000, 600_000]) {
    await clock.advance(ms);
    release.isGrey({ key: 'a' });
    percents.push(release.percent);
  }
  assert.deepEqual(percents, [1, 5, 25, 50, 100, 100]);
  assert.equal(events.length, 5);
});

async function traffic(
  { release, clock }: ReturnType<typeof build>,
  calls: number,
  grey: { failures: number; ms: number },
  base = { failures: 0.01, ms: 50 },
) {
  for (let i = 0; i < calls; i++) {
    const isGrey = i % 5 === 0;
    const { failures, ms } = isGrey ? grey : base;
    release.ended(isGrey, (i % 500) / 500 < failures, ms);
    if (i % 50 === 0) await clock.advance(500);
  }
}

test('a worse error ratio rolls back by itself, once, for good', async () => {
  const built = build({ percent: 100 }, {});
  await traffic(built, 400, { failures: 0.9, ms: 50 });
  assert.equal(built.release.isRolledBack, false, 'too few requests of the new group');
  await traffic(built, 400, { failures: 0.9, ms: 50 });
  const { events, release } = built;
  assert.equal(release.percent, 0);
  assert.equal(release.isGrey({ key: 'a', tag: 'beta' }), false);
  assert.equal(events.length, 1);
  assert.equal(events[0]!.kind === 'grey-rolled-back' && events[0]!.cause, 'errors');
  await traffic(built, 4_000, { failures: 0, ms: 50 });
  assert.equal(release.isRolledBack, true);
});

test('a worse p95 rolls back; a little worse does not', async () => {
  const worse = build({ percent: 20 }, {});
  await traffic(worse, 2_000, { failures: 0.01, ms: 100 });
  const [event] = worse.events;
  assert.ok(event?.kind === 'grey-rolled-back' && event.cause === 'latency');
  assert.ok(event.grey!.p95Ms >= 100 && event.grey!.p95Ms <= 113 && event.base!.p95Ms >= 50 && event.base!.p95Ms <= 57);
  for (const [ms, base] of [
    [60, 50],
    [10, 1],
  ] as const) {
    const fine = build({ percent: 20 }, {});
    await traffic(fine, 2_000, { failures: 0.03, ms }, { failures: 0.01, ms: base });
    assert.equal(fine.release.isRolledBack, false, `${ms} against ${base} ms`);
  }
});

test('at the last step the figures from before are the measure', async () => {
  const built = build({ percent: 100 }, {});
  await traffic(built, 2_000, { failures: 0.01, ms: 50 });
  await built.clock.advance(120_000);
  for (let i = 0; i < 500; i++) {
    built.release.ended(true, true, 50);
    await built.clock.advance(20);
  }
  assert.equal(built.release.isRolledBack, true);
});

test('without limits nothing is rolled back, until another gateway says so', async () => {
  const built = build({ percent: 50 });
  await traffic(built, 2_000, { failures: 1, ms: 500 });
  assert.equal(built.release.isRolledBack, false);
  built.release.rollBack();
  built.release.rollBack();
  assert.equal(built.release.percent, 0);
  assert.equal(built.events.length, 1);
});
