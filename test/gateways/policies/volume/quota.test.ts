import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange } from '../../../../gateways/contract.ts';
import type { QuotaStore } from '../../../../gateways/policy-ports.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import quota from '../../../../gateways/policies/volume/quota.policy.ts';
import { buildInterface } from '../../support/city-plan.ts';
import { runPolicy } from '../../support/run-policy.ts';

const app = (appId: string) => ({ appId }) as Exchange['app'];

function build(quotas?: QuotaStore) {
  const clock = fakeClock(Date.UTC(2026, 10, 29, 4));
  const keepers = createKeepers().of('ifc_book');
  const run = (rows: readonly object[], appId = 'a') =>
    runPolicy(quota, {
      options: { quotas: rows },
      clock,
      keepers,
      exchange: { app: app(appId), isCalled: true },
      ...(quotas && { quotas }),
    });
  return { clock, run };
}

const DAY = [{ by: 'app', period: 'day', limit: 3 }];

test('a used up quota is GW42902 until midnight in Shanghai', async () => {
  const { clock, run } = build();
  for (let i = 0; i < 3; i++) assert.equal((await run(DAY)).error, undefined);
  const { error, exchange } = await run(DAY);
  assert.deepEqual(exchange.notes, [{ policy: 'quota', where: 'app-day', what: 'over-quota 3' }]);
  assert.deepEqual([error?.code, error?.status, error?.retryAfterSec], ['GW42902', 429, 12 * 3_600]);
  assert.equal(error?.headers?.['ratelimit-reset'], String(12 * 3_600));
  assert.match(error.text!['zh-CN'], /^今日的请求配额（3 次）已用完/);
  assert.equal((await run(DAY, 'b')).error, undefined, 'another app has its own');
  await clock.advance(12 * 3_600_000);
  assert.equal((await run(DAY)).error, undefined);
});

test('a request that is refused before its call does not count', async () => {
  const { run } = build();
  for (let i = 0; i < 10; i++) {
    const { exchange, error } = await run(DAY);
    assert.equal(error, undefined);
    Object.assign(exchange, { isCalled: false, error: { code: 'GW42201', status: 422, message: '' } });
    exchange.endCall();
  }
});

test('day and month are counted apart', async () => {
  const { clock, run } = build();
  const rows = [...DAY, { by: 'app', period: 'month', limit: 4 }];
  for (let i = 0; i < 3; i++) assert.equal((await run(rows)).error, undefined);
  await clock.advance(86_400_000);
  assert.equal((await run(rows)).error, undefined);
  const { error } = await run(rows);
  assert.match(error!.text!['zh-CN'], /^本月的请求配额（4 次）/);
});

test('while the store is down, a request is refused with GW50303 and not with 500', async () => {
  const fail = () => Promise.reject(new Error('down'));
  const { run } = build({ lease: fail, giveBack: fail, used: fail });
  assert.equal((await run(DAY)).error?.code, 'GW50303');
});

test('an unknown time zone is found when the interface is saved', () => {
  const rows = { quotas: [{ by: 'app' as const, period: 'day' as const, limit: 3 }] };
  assert.deepEqual(quota.findProblems!({ ...rows, timeZone: 'Asia/Shanghai' }, buildInterface()), []);
  assert.equal(quota.findProblems!({ ...rows, timeZone: 'Asia/Pudong' }, buildInterface())[0]?.path, '/timeZone');
});
