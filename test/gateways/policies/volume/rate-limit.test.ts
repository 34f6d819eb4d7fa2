import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange } from '../../../../gateways/contract.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import rateLimit from '../../../../gateways/policies/volume/rate-limit.policy.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../../support/city-plan.ts';
import { runPolicy } from '../../support/run-policy.ts';
import { callSigned, memoryState, startGateway } from '../../support/start-gateway.ts';

const app = (appId: string) => ({ appId }) as Exchange['app'];

function build() {
  const clock = fakeClock();
  const all = createKeepers();
  return (limits: readonly object[], exchange: Partial<Exchange> = {}, interfaceId = 'ifc_book') =>
    runPolicy(rateLimit, { options: { limits }, clock, exchange, interface: { interfaceId }, keepers: all.of(interfaceId) });
}

const codes = async (runs: readonly Promise<{ readonly error: { readonly code: string } | undefined }>[]) =>
  (await Promise.all(runs)).map(({ error }) => error?.code);

test('names the limit that was exceeded, and tells it in headers', async () => {
  const run = build();
  const limits = [
    { by: 'interface', limit: 100 },
    { by: 'app', limit: 2, periodMs: 60_000 },
  ];
  assert.deepEqual(await codes([run(limits, { app: app('a') }), run(limits, { app: app('a') })]), [undefined, undefined]);
  const { error, exchange } = await run(limits, { app: app('a') });
  assert.deepEqual(exchange.notes, [{ policy: 'rate-limit', where: 'app', what: 'over-rate 2/60s' }]);
  assert.equal(error?.code, 'GW42901');
  assert.match(error.text!['zh-CN'], /超出应用的上限（每 60 秒 2 次）/);
  assert.deepEqual(error.headers, {
    'ratelimit-policy': '"app";q=2;w=60',
    'ratelimit-limit': '2',
    'ratelimit-remaining': '0',
    'ratelimit-reset': '30',
  });
  assert.equal(error.retryAfterSec, 30);
  assert.equal((await run(limits, { app: app('b') })).error, undefined);
});

test('counts by user, address, app, app at an interface, interface and domain', async () => {
  const one: Partial<Exchange> = { app: app('a'), user: { iss: 'sso', sub: 'u1' }, clientIp: '10.0.0.1' };
  const other: Partial<Exchange> = { app: app('b'), user: { iss: 'sso', sub: 'u2' }, clientIp: '10.0.0.2' };
  for (const [by, sharesCallers, sharesInterfaces] of [
    ['user', false, true],
    ['address', false, true],
    ['app', false, true],
    ['app-interface', false, false],
    ['interface', true, false],
    ['domain', true, true],
  ] as const) {
    const run = build();
    const limits = [{ by, limit: 1 }];
    assert.equal((await run(limits, one)).error, undefined, by);
    assert.equal((await run(limits, one)).error?.code, 'GW42901', by);
    assert.equal((await run(limits, other)).error?.code, sharesCallers ? 'GW42901' : undefined, by);
    assert.equal((await run(limits, one, 'ifc_other')).error?.code, sharesInterfaces ? 'GW42901' : undefined, by);
  }
});

test('a caller over its own limit uses up nothing of the others', async () => {
  const run = build();
  const limits = [
    { by: 'domain', limit: 10 },
    { by: 'app', limit: 2 },
  ];
  for (let i = 0; i < 50; i++) await run(limits, { app: app('greedy') });
  const rest = await codes(Array.from({ length: 8 }, (_, i) => run(limits, { app: app(`a${i}`) })));
  assert.deepEqual(new Set(rest), new Set([undefined]));
});

test('a call without a user is not counted by user', async () => {
  const run = build();
  const limits = [{ by: 'user', limit: 1 }];
  assert.deepEqual(await codes([run(limits), run(limits), run(limits)]), [undefined, undefined, undefined]);
});

test('two gateways share a limit; when the shared state is lost each passes its part, and no call fails', async (t) => {
  const clock = fakeClock(Date.now());
  const shared = memoryState();
  let isDown = false;
  const flaky = {
    ...shared,
    increment: (...given: Parameters<typeof shared.increment>) => (isDown ? Promise.reject(new Error('down')) : shared.increment(...given)),
  };
  const key = await createTestKey('HMAC-SM3', 'app');
  const plan = await buildPlan(
    [key],
    [buildInterface({ policies: { 'rate-limit': { limits: [{ by: 'app', limit: 20, periodMs: 10_000 }] } } })],
  );
  const gateways = await Promise.all([0, 1].map(() => startGateway(plan, { shared: flaky, clock })));
  t.after(() => Promise.all(gateways.map((gateway) => gateway.stop())));
  await clock.advance(6_000);
  const send = async () => {
    const answers = await Promise.all(
      gateways.flatMap(({ gateway }) =>
        Array.from({ length: 20 }, async () => callSigned(gateway, await signRequest(key, { ts: clock.now() }))),
      ),
    );
    assert.ok(answers.every(({ status }) => status === 200 || status === 429));
    return answers.filter(({ status }) => status === 200).length;
  };
  assert.equal(await send(), 20);
  isDown = true;
  await clock.advance(40_000);
  const passed = await send();
  // Each gateway has the whole burst once, and then refills at its part of the rate.
  assert.ok(passed > 0 && passed <= 40, `${passed}`);
  assert.ok(gateways.some(({ gateway }) => gateway.events().some(({ kind }) => kind === 'rate-degraded')));
  isDown = false;
  await clock.advance(40_000);
  await send();
  assert.ok(gateways.some(({ gateway }) => gateway.events().some(({ kind }) => kind === 'rate-restored')));
});
