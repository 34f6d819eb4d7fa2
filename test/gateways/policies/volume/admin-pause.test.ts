import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import adminPause from '../../../../gateways/policies/volume/admin-pause.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('refuses calls with a code of its own until the pause is over, for flows and services, and tells begin and end once', async () => {
  const clock = fakeClock();
  const keepers = createKeepers().of('ifc_book');
  const plan = { manualStates: [{ interfaceId: 'ifc_book', state: 'open' as const, until: clock.now() + 60_000 }] };
  const run = async (wished: typeof plan | object = plan) => runPolicy(adminPause, { plan: wished, clock, keepers });
  const first = await run();
  assert.deepEqual([first.error?.code, first.error?.status, first.error?.retryAfterSec], ['GW50306', 503, 60]);
  assert.deepEqual(first.exchange.notes, [{ policy: 'admin-pause', what: 'paused' }]);
  assert.deepEqual([first.events, (await run()).events], [['calls-paused'], []]);
  assert.deepEqual([(await run({})).error, (await run()).error?.code], [undefined, 'GW50306'], 'a plan without it ends it');
  await clock.advance(60_000);
  const last = await run();
  assert.deepEqual([last.error, last.events], [undefined, ['calls-resumed']]);
});

test('calls that always pass the breaker are not refused here', async () => {
  const clock = fakeClock();
  const plan = { manualStates: [{ interfaceId: 'ifc_book', state: 'closed' as const, until: clock.now() + 60_000 }] };
  assert.equal((await runPolicy(adminPause, { plan, clock })).error, undefined);
});
