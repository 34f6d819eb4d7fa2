import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Keepers } from '../../../../gateways/policy-ports.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import { loadOf } from '../../../../gateways/load/interface-load.ts';
import concurrency from '../../../../gateways/policies/volume/concurrency.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

function build(options: Record<string, unknown>) {
  const clock = fakeClock();
  const keepers = createKeepers().of('ifc_book');
  const run = (more = options) => runPolicy(concurrency, { options: more, clock, keepers });
  return { clock, keepers, run };
}

async function queued(keepers: Keepers): Promise<void> {
  while (loadOf(keepers).limit!.queued === 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a call over the limit waits for a place, and is refused with GW50301 if there is none in time', async () => {
  const { clock, keepers, run } = build({ maxConcurrency: 1 });
  const first = await run();
  assert.equal(first.error, undefined);
  const second = run();
  await queued(keepers);
  first.exchange.endCall();
  assert.equal((await second).error, undefined, 'the place of the first');
  const third = run();
  await queued(keepers);
  await clock.advance(100);
  const { error } = await third;
  assert.deepEqual([error?.code, error?.status, error?.retryAfterSec], ['GW50301', 503, 1]);
});

test('the calls in flight are counted over versions of the interface, and a new ceiling applies at once', async () => {
  const { keepers, run } = build({ maxConcurrency: 10 });
  await run();
  const second = await run({ maxConcurrency: 4 });
  const { limit } = loadOf(keepers);
  assert.deepEqual([limit?.inFlight, limit?.limit], [2, 4]);
  second.exchange.endCall();
  assert.equal(limit?.inFlight, 1);
});

test('the ceiling is divided among the live gateways', async () => {
  const { clock, keepers } = build({});
  await runPolicy(concurrency, { options: { maxConcurrency: 4 }, clock, keepers, liveGateways: 2 });
  assert.equal(loadOf(keepers).limit?.limit, 2);
});

test('a time-out lowers the limit; a failure of another kind and a refusal before the call do not', async () => {
  const { keepers, run } = build({ initialConcurrency: 50 });
  const end = async (fields: object) => {
    const { exchange } = await run();
    Object.assign(exchange, fields);
    exchange.endCall();
    return loadOf(keepers).limit?.limit;
  };
  assert.equal(await end({ isCalled: true, outcome: { kind: 'failure', latencyMs: 5 } }), 50);
  assert.equal(await end({ isCalled: false }), 50);
  assert.equal(await end({ isCalled: true, outcome: { kind: 'overload', latencyMs: 5_000 } }), 45);
});

test('a flow that was not done in time counts as overload', async () => {
  const { keepers, run } = build({ initialConcurrency: 50 });
  const { exchange } = await run();
  Object.assign(exchange, { isCalled: true, error: { code: 'GW50401', status: 504, message: '' } });
  exchange.endCall();
  assert.equal(loadOf(keepers).limit?.limit, 45);
});
