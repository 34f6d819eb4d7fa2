import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { RecentCalls } from '../../../gateways/log/recent-calls.ts';
import type { HttpExchange } from '../../../gateways/listen/exchange.ts';

const MINUTE_MS = 60_000;

const call = (traceId: string) =>
  ({
    ...{ traceId, front: 'open', error: undefined, replacedFailure: undefined },
    interface: { interfaceId: 'ifc_a' },
    app: { appId: 'suishenban' },
    response: { headersSent: true, writableFinished: true, statusCode: 200 },
  }) as unknown as HttpExchange;

test('keeps calls only while they are asked for', async () => {
  const clock = fakeClock();
  const recent = new RecentCalls(clock);
  recent.ended(call('before'), 1);
  assert.deepEqual(recent.after(undefined, 10), { calls: [], newest: 0 });
  recent.ended(call('a'), 12.4);
  const { calls, newest } = recent.after(0, 10);
  assert.equal(newest, 1);
  assert.deepEqual(calls, [
    {
      ...{ number: 1, at: clock.now(), ms: 12, front: 'open', traceId: 'a', outcome: 'ok' },
      ...{ interfaceId: 'ifc_a', appId: 'suishenban', status: 200 },
    },
  ]);
  await clock.advance(MINUTE_MS + 1);
  recent.ended(call('b'), 1);
  assert.deepEqual(recent.after(1, 10), { calls: [], newest: 1 });
});

test('a reader that falls behind sees from the numbers how many calls it missed', () => {
  const recent = new RecentCalls(fakeClock());
  recent.after(undefined, 10);
  for (let index = 0; index < 10_000; index += 1) recent.ended(call(`t${index}`), 1);
  const { calls, newest } = recent.after(0, 5);
  assert.equal(newest, 10_000);
  assert.equal(calls.length, 5);
  assert.ok(calls[0]!.number > 1);
  assert.equal(calls[4]!.number, calls[0]!.number + 4);
});
