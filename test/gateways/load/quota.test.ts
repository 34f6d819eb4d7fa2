import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { QuotaStore } from '../../../gateways/policy-ports.ts';
import { Quota } from '../../../gateways/load/quota.ts';
import { startOfPeriod, type QuotaPeriod } from '../../../gateways/load/quota-periods.ts';

class Counts implements QuotaStore {
  readonly counts = new Map<string, number>();
  asked = 0;
  isDown = false;

  async lease(key: string, wanted: number, limit: number) {
    this.asked++;
    if (this.isDown) throw new Error('the store is down');
    const before = this.counts.get(key) ?? 0;
    const granted = Math.max(0, Math.min(wanted, limit - before));
    this.counts.set(key, before + granted);
    return { granted, used: before + granted };
  }

  async giveBack(key: string, unused: number) {
    this.counts.set(key, this.counts.get(key)! - unused);
  }

  used(key: string) {
    return Promise.resolve(this.counts.get(key) ?? 0);
  }
}

function build(gateways: number, limit: number, period: QuotaPeriod = 'day', startMs = Date.UTC(2026, 10, 29, 4)) {
  const clock = fakeClock(startMs);
  const store = new Counts();
  const shared = {
    clock,
    store,
    name: 'q',
    period,
    limit,
    timeZone: 'Asia/Shanghai',
    keyOf: (key: string) => key,
    liveGateways: () => gateways,
  };
  return { clock, store, quotas: Array.from({ length: gateways }, () => new Quota(shared)) };
}

async function passed(quota: Quota, count: number, key = 'a'): Promise<number> {
  const states = await Promise.all(Array.from({ length: count }, async () => quota.take(key)));
  return states.filter(({ isAllowed }) => isAllowed).length;
}

test('exactly the quota passes, over two gateways and however requests come', async () => {
  const { clock, store, quotas } = build(2, 1_000);
  let all = 0;
  for (let round = 0; round < 40; round++) {
    const counts = await Promise.all(quotas.map((quota, i) => passed(quota, i === 0 ? 40 : 3)));
    all += counts[0]! + counts[1]!;
  }
  await clock.advance(30_000);
  for (const quota of quotas) all += await passed(quota, 1_000);
  assert.equal(all, 1_000);
  assert.ok(store.asked < 300, `${store.asked} round trips`);
});

test('what one gateway leased and does not use, another can use after some seconds', async () => {
  const { clock, quotas } = build(2, 1_000);
  const [one, other] = quotas as [Quota, Quota];
  assert.equal(await passed(one, 1), 1);
  const before = await passed(other, 2_000);
  assert.ok(before < 999);
  await clock.advance(10_000);
  assert.equal(before + (await passed(other, 2_000)), 999);
});

test('a gateway that stops gives its lease back', async () => {
  const { store, quotas } = build(1, 1_000);
  await passed(quotas[0]!, 5);
  await quotas[0]!.stop();
  assert.deepEqual([...store.counts.values()], [5]);
});

test('a refused request that was given back does not count', async () => {
  const { quotas } = build(1, 2);
  for (let i = 0; i < 10; i++) {
    assert.equal(await passed(quotas[0]!, 1), 1);
    quotas[0]!.giveBack('a');
  }
  assert.equal(await passed(quotas[0]!, 10), 2);
});

test('the day ends at midnight in Shanghai, and each key has its own quota', async () => {
  const { clock, quotas } = build(1, 3, 'day', Date.UTC(2026, 10, 29, 15, 59, 59));
  const [quota] = quotas as [Quota];
  assert.equal(await passed(quota, 5), 3);
  assert.equal(await passed(quota, 5, 'b'), 3);
  const { resetMs, limit, remaining } = await quota.take('a');
  assert.deepEqual({ resetMs, limit, remaining }, { resetMs: 1_000, limit: 3, remaining: 0 });
  await clock.advance(999);
  assert.equal(await passed(quota, 1), 0);
  await clock.advance(1);
  assert.equal(await passed(quota, 5), 3);
});

test('says how many remain', async () => {
  const { quotas } = build(1, 100);
  assert.equal((await quotas[0]!.take('a')).remaining, 99);
  assert.equal((await quotas[0]!.take('a')).remaining, 98);
});

test('with the store down, a lease is used up and then the request rejects', async () => {
  const { store, quotas } = build(1, 1_000);
  await quotas[0]!.take('a');
  store.isDown = true;
  for (let i = 0; i < 61; i++) assert.equal((await quotas[0]!.take('a')).isAllowed, true);
  await assert.rejects(async () => quotas[0]!.take('a'));
  store.isDown = false;
  assert.equal((await quotas[0]!.take('a')).isAllowed, true);
});

test('periods begin and end by the calendar of their zone', () => {
  const iso = (at: number, period: QuotaPeriod, zone: string) => {
    const { startsAt, endsAt, label } = startOfPeriod(at, period, zone);
    return [new Date(startsAt).toISOString(), new Date(endsAt).toISOString(), label];
  };
  const at = Date.UTC(2026, 11, 31, 16, 30);
  assert.deepEqual(iso(at, 'day', 'Asia/Shanghai'), ['2026-12-31T16:00:00.000Z', '2027-01-01T16:00:00.000Z', '2027-01-01']);
  assert.deepEqual(iso(at, 'month', 'Asia/Shanghai'), ['2026-12-31T16:00:00.000Z', '2027-01-31T16:00:00.000Z', '2027-01']);
  assert.deepEqual(iso(at, 'month', 'UTC'), ['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z', '2026-12']);
  // Summer time begins on this day in Berlin: it has 23 hours.
  assert.deepEqual(iso(Date.UTC(2026, 2, 29, 12), 'day', 'Europe/Berlin'), [
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
    '2026-03-29',
  ]);
});

test('what is used is read without counting, and callers without any quota left are counted', async () => {
  const { quotas } = build(1, 3);
  const [quota] = quotas;
  assert.equal(quota!.peek('a'), undefined);
  for (let i = 0; i < 5; i++) await quota!.take('a');
  await quota!.take('b');
  assert.deepEqual([quota!.peek('a'), quota!.peek('b'), quota!.counts()], [3, 1, { callers: 2, limited: 1 }]);
});
