import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { InstanceView, LoadState } from '../../../gateways/documents/load-state.ts';
import { GatewayConditions } from '../../../gateways/log/gateway-conditions.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../support/city-plan.ts';
import { callGateway, callSigned, startGateway } from '../support/start-gateway.ts';

const EMPTY = { interfaceId: 'ifc_a', front: 'bus', inFlight: 0, bodyReaders: [], answerReaders: [] } as const;

function loadOf(states: readonly InstanceView['state'][], more: Partial<LoadState> = {}): LoadState {
  const instances = states.map((state, index) => ({ address: `http://${index}`, state, weight: 1, inFlight: 0, calls: 0, failures: 0 }));
  return { ...EMPTY, groups: [{ name: 'v1', instances }], ...more };
}

test('instances that get no calls are a condition since the first of them went out, until all are back', async () => {
  const clock = fakeClock(1_000);
  const conditions = new GatewayConditions(clock);
  conditions.note({ kind: 'limit-changed', interfaceId: 'ifc_a' });
  assert.equal(conditions.isWatched('ifc_a'), false);
  conditions.note({ kind: 'instance-ejected', interfaceId: 'ifc_a' });
  const found = { kind: 'instances-out', interfaceId: 'ifc_a', group: 'v1', since: 1_000 };
  assert.deepEqual(conditions.list([loadOf(['in', 'ejected'])]), [{ ...found, values: { out: 1, of: 2, address: 'http://1' } }]);
  await clock.advance(60_000);
  conditions.note({ kind: 'instance-unhealthy', interfaceId: 'ifc_a' });
  assert.deepEqual(conditions.list([loadOf(['unhealthy', 'probing'])]), [{ ...found, values: { out: 2, of: 2, address: 'http://0' } }]);
  assert.deepEqual(conditions.list([loadOf(['in', 'in'])]), []);
  assert.equal(conditions.isWatched('ifc_a'), false);
});

test('an instance that nobody calls is no condition for ever, and neither is an interface that is gone', async () => {
  const clock = fakeClock();
  const conditions = new GatewayConditions(clock);
  conditions.note({ kind: 'instance-ejected', interfaceId: 'ifc_a' });
  assert.equal(conditions.list([loadOf(['probing'])]).length, 1);
  await clock.advance(300_001);
  assert.deepEqual(conditions.list([loadOf(['probing'])]), []);
  conditions.note({ kind: 'grey-rolled-back', interfaceId: 'ifc_a' });
  const grey = { group: 'v2', percent: 0, isRolledBack: true };
  assert.deepEqual(
    conditions.list([loadOf([], { grey })]).map(({ kind, group }) => [kind, group]),
    [['grey-rolled-back', 'v2']],
  );
  assert.deepEqual(conditions.list([]), []);
});

test('calls that a person paused are a condition until the pause is over', () => {
  const conditions = new GatewayConditions(fakeClock(1_000));
  conditions.note({ kind: 'calls-paused', interfaceId: 'ifc_a' });
  const found = { kind: 'breaker-open', interfaceId: 'ifc_a', group: '', since: 1_000, values: { by: 'person', until: 9_000 } };
  assert.deepEqual(conditions.list([loadOf(['in'], { manual: { state: 'open', until: 9_000 } })]), [found]);
  assert.deepEqual(conditions.list([loadOf(['in'])]), []);
});

test('a gateway tells that calls of a failing service are paused, until the service works again', async (t) => {
  let status = 500;
  const service = createServer((_request, response) => response.writeHead(status).end('{}'));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const instances = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  let aheadMs = 0;
  const wall = wallClock();
  const clock = { ...wall, now: () => wall.now() + aheadMs, monotonic: () => wall.monotonic() + aheadMs };
  const bus = await startGateway(
    {
      ...plan,
      interfaces: [
        buildInterface({
          ...{ interfaceId: 'ifc_lab', front: 'bus', path: '/bus/v1/lab', method: 'GET' },
          policies: { breaker: { minimumCalls: 5 } },
          target: { kind: 'upstream', instances },
        }),
      ],
      grants: [{ grantId: 'grt_lab', revision: 1, appId: 'his', interfaceId: 'ifc_lab' }],
    },
    { front: 'bus', clock },
  );
  t.after(() => bus.stop());
  const call = async (times: number) => {
    for (let sent = 0; sent < times; sent += 1)
      await callGateway(bus.gateway, { target: '/bus/v1/lab', headers: { authorization: 'Bearer t' } });
  };
  assert.deepEqual(bus.gateway.conditions(), []);
  await call(8);
  const [{ since, ...condition }] = bus.gateway.conditions() as [ReturnType<typeof bus.gateway.conditions>[number]];
  assert.deepEqual(condition, { kind: 'breaker-open', interfaceId: 'ifc_lab', group: 'main', values: { by: 'traffic' } });
  assert.ok(since <= clock.now());
  status = 200;
  aheadMs = 10_000;
  await call(12);
  assert.deepEqual(bus.gateway.conditions(), []);
});

test('a gateway tells that an interface, which object rules ask for relations, does not reply, until it does', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app-a');
  const rule = { locator: 'path:id', subject: 'app.appId', op: 'memberOf', provider: 'ifc_kin', relation: 'family' };
  const asks = buildInterface({
    method: 'GET',
    path: '/open/v1/patients/:id',
    policies: { 'object-access': { match: 'all', rules: [rule] } },
  });
  const kin = buildInterface({ interfaceId: 'ifc_kin', front: 'bus', path: '/bus/v1/kin', target: { kind: 'flow', flowId: 'flw_kin' } });
  let isDown = true;
  const open = await startGateway(await buildPlan([key], [asks, kin]), {
    reply: (call) => {
      if (call.flowId === 'flw_kin' && isDown) throw new Error('down');
      return {
        outcome: 'replied',
        executionId: 'exe_1',
        repeated: false,
        reply: { status: 200, headers: {}, message: createMessage({ ids: ['7'] }) },
      };
    },
  });
  t.after(() => open.stop());
  const call = async () =>
    (await callSigned(open.gateway, await signRequest(key, { method: 'GET', path: '/open/v1/patients/7', body: '' }))).status;
  assert.equal(await call(), 403);
  const [condition] = open.gateway.conditions();
  assert.deepEqual([condition?.kind, condition?.interfaceId, condition?.values], ['relation-failing', 'ifc_kin', { reason: 'failed' }]);
  isDown = false;
  // A failure is remembered for a second.
  const end = Date.now() + 10_000;
  while ((await call()) !== 200 && Date.now() < end) await sleep(100);
  assert.deepEqual(open.gateway.conditions(), []);
});
