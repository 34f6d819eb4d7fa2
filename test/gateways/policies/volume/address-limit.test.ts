import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentMetrics } from '../../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange, GatewayError, PolicyDeps, Relay, RunPolicy } from '../../../../gateways/contract.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import addressLimit from '../../../../gateways/policies/volume/address-limit.policy.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../../support/city-plan.ts';
import { callGateway, callSigned, startGateway } from '../../support/start-gateway.ts';

/** Time stands still, so that no bucket fills again. */
const still = () => fakeClock(Date.now());
const LIMITS = { maxRequestsPerIp: 20 };

for (const front of ['open', 'user', 'bus'] as const) {
  test(`on the front ${front} an address that sends too much gets 429 with Retry-After, before anything is known of its caller`, async (t) => {
    const started = await startGateway(await buildPlan([], [buildInterface({ front })]), {
      front,
      settings: { limits: LIMITS },
      clock: still(),
    });
    t.after(() => started.stop());
    const answers = await Promise.all(Array.from({ length: 60 }, () => callGateway(started.gateway, { target: `/${front}/v1/nothing` })));
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(refused.length, 40);
    assert.deepEqual([refused[0]!.code, refused[0]!.headers['retry-after']], ['GW42901', '1']);
  });
}

test('behind a trusted proxy its callers are counted, and the proxy is not', async (t) => {
  const settings = { trustedProxies: ['127.0.0.1'], limits: LIMITS };
  const started = await startGateway(await buildPlan([], [buildInterface()]), { settings, clock: still() });
  t.after(() => started.stop());
  const send = async (headers: Record<string, string>) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => callGateway(started.gateway, { target: '/x', headers })));
    return answers.filter(({ status }) => status === 429).length;
  };
  assert.equal(await send({}), 0, 'the proxy itself');
  assert.equal(await send({ 'x-forwarded-for': '192.0.2.1' }), 20, 'one caller behind it');
  assert.equal((await callGateway(started.gateway, { target: '/x', headers: { 'x-forwarded-for': '192.0.2.2' } })).status, 404);
});

test('addresses of one IPv6 network share a bucket, and what a node in the DMZ hands over was counted there', () => {
  const run = compile();
  const from = (clientIp: string, relay?: Relay) => run({ clientIp, relay, note: () => undefined } as unknown as Exchange);
  for (let host = 1; host <= 20; host++) assert.equal(from(`2001:db8:1:2::${host}`), undefined);
  assert.equal((from('2001:db8:1:2::ffff') as GatewayError).code, 'GW42901');
  assert.equal(from('2001:db8:1:3::1'), undefined, 'another network has its own');
  assert.equal(from('2001:db8:1:2::ffff', {} as Relay), undefined);
});

/** As a front compiles it, on a clock that stands still. */
function compile(): RunPolicy {
  const settings = { host: '', port: 0, trustedProxies: [], limits: LIMITS };
  const deps = { settings, clock: fakeClock(), metrics: silentMetrics, keepers: createKeepers().of(undefined) } as unknown as PolicyDeps;
  return addressLimit.compile({}, undefined, 'open', deps)!;
}

test('a caller within its rate notices nothing', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { settings: { limits: LIMITS }, clock: still() });
  t.after(() => started.stop());
  for (let call = 0; call < 10; call++) assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
});
