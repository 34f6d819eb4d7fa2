import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway } from '../support/start-gateway.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('says for an interface which instances are out, what its breaker does since when, and what is left of its limits', async (t) => {
  const service = createServer((request, response) => {
    response.statusCode = request.url!.startsWith('/bad') ? 500 : 200;
    response.end('{}');
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const base = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  const clock = fakeClock();
  const bus = await startGateway(base, { front: 'bus', clock });
  t.after(() => bus.stop());
  const instances = [
    { address: `${origin}/good`, weight: 1 },
    { address: `${origin}/bad`, weight: 1 },
  ];
  const policies = {
    breaker: { minimumCalls: 1_000 },
    concurrency: { maxConcurrency: 7 },
    'rate-limit': {
      limits: [
        { by: 'interface' as const, limit: 100, periodMs: 3_600_000 },
        { by: 'app' as const, limit: 12, periodMs: 3_600_000 },
      ],
    },
    quota: { quotas: [{ by: 'interface' as const, period: 'day' as const, limit: 1_000 }] },
    xss: {},
  };
  const document = buildInterface({
    ...{ front: 'bus', path: '/bus/v1/x', method: 'GET', exceptionRetries: 0, timeoutRetries: 0, policies },
    target: { kind: 'upstream', groups: [{ name: 'v1', instances }] },
  });
  let number = 1;
  const publish = async (interfaces: readonly InterfaceDocument[], manualStates: GatewayPlan['manualStates'] = []) => {
    const grants = [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: document.interfaceId }];
    bus.feed.publish({ ...base, number: ++number, interfaces, grants, manualStates });
    while (bus.gateway.applied() !== number) await turn();
  };
  await publish([document]);
  const load = () => bus.gateway.loadOf(document.interfaceId);
  for (let i = 0; i < 14; i++) await callGateway(bus.gateway, { target: '/bus/v1/x', headers: { authorization: 'Bearer t' } });
  const { concurrency, groups, limits, inFlight, bodyReaders, answerReaders } = load()!;
  assert.deepEqual([inFlight, concurrency], [0, { limit: 7, inFlight: 0, queued: 0, isAtCeiling: true }]);
  assert.deepEqual([bodyReaders, answerReaders], [['xss'], []]);
  const [good, bad] = groups![0]!.instances;
  assert.deepEqual([good!.state, good!.failures, typeof good!.latencyMs], ['in', 0, 'number']);
  assert.deepEqual([bad!.state, bad!.failures, bad!.ejectedUntil], ['ejected', 5, clock.now() + 5_000]);
  assert.deepEqual(groups![0]!.breaker, { state: 'closed', since: clock.now() });
  assert.deepEqual(limits, [
    { by: 'app', limit: 12, period: 3_600_000, callers: 1, limited: 1 },
    { by: 'interface', limit: 100, period: 3_600_000, remaining: 88 },
    { by: 'interface', limit: 1_000, period: 'day', remaining: 988 },
  ]);

  await clock.advance(2_000);
  await publish([{ ...document, policies: { breaker: {} } }]);
  const later = load()!;
  assert.deepEqual([later.concurrency, later.limits], [undefined, []], 'policies that are off now say nothing');
  await publish([document], [{ interfaceId: document.interfaceId, state: 'open', until: clock.now() + 1 }]);
  assert.deepEqual(load()!.manual, { state: 'open', until: clock.now() + 1 });
  await clock.advance(1);
  assert.equal(load()!.manual, undefined);
  await publish([]);
  assert.equal(load(), undefined);
});
