import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallStats } from '../../../engine/contract/calls/call-stats.ts';
import { joinConditions, sumFrontCalls } from '../../../engine/processes/sum-fronts.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

test('sums the calls of a front over processes', () => {
  const part = (front: 'open' | 'bus', calls: number) => {
    const stats = createCallStats(fakeClock());
    for (let call = 0; call < calls; call += 1) stats.called(front, 1, 'ok');
    return { front, all: stats.counts()[0]!, unrouted: 1, unproven: [] };
  };
  const sums = sumFrontCalls([[part('open', 2), part('bus', 1)], [part('open', 3)]]);
  assert.deepEqual(
    sums.map(({ front, all, unrouted }) => [front, all.recent.calls, unrouted]),
    [
      ['bus', 1, 1],
      ['open', 5, 2],
    ],
  );
});

test('a condition of two gateways is one, since it began in the first, with the values of the second', () => {
  const condition = { kind: 'instances-out' as const, interfaceId: 'ifc_a', group: 'v1' };
  const joined = joinConditions([
    [{ ...condition, since: 9, values: { out: 2 } }],
    [
      { ...condition, since: 5, values: { out: 1 } },
      { ...condition, group: 'v2', since: 6, values: {} },
    ],
  ]);
  assert.deepEqual(joined, [
    { ...condition, since: 5, values: { out: 2 } },
    { ...condition, group: 'v2', since: 6, values: {} },
  ]);
});
