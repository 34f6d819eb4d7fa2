import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentMetrics, type Labels, type Metrics } from '../../../engine/contract/values/observe.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway } from '../support/start-gateway.ts';

const headers = { authorization: 'Bearer t' };

test('what a flow or a service refuses is refused and not ok, and retries at a service are one call', async (t) => {
  let tries = 0;
  const service = createServer((request, response) => {
    tries += 1;
    response.statusCode = Number(new URL(request.url!, 'http://a').searchParams.get('status'));
    response.end('{}');
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const told: { readonly name: string; readonly labels: Labels }[] = [];
  const metrics: Metrics = { ...silentMetrics, observeMs: (name, _ms, labels = {}) => void told.push({ name, labels }) };
  const instances = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  const at = (interfaceId: string, path: string, target: object) =>
    buildInterface({ interfaceId, front: 'bus', path, method: 'GET', exceptionRetries: 2, target } as Parameters<typeof buildInterface>[0]);
  const bus = await startGateway(
    {
      ...plan,
      interfaces: [
        at('ifc_service', '/bus/v1/service', { kind: 'upstream', instances }),
        at('ifc_flow', '/bus/v1/flow', { kind: 'flow', flowId: 'flw_a' }),
      ],
      grants: ['ifc_service', 'ifc_flow'].map((interfaceId) => ({ grantId: `grt_${interfaceId}`, revision: 1, appId: 'his', interfaceId })),
    },
    {
      front: 'bus',
      metrics,
      reply: () => ({
        outcome: 'replied',
        executionId: 'exe_1',
        reply: { status: 409, headers: {}, message: createMessage({}) },
        repeated: false,
      }),
    },
  );
  t.after(() => bus.stop());
  const call = async (target: string) => (await callGateway(bus.gateway, { target, headers })).status;
  assert.equal(await call('/bus/v1/service?status=200'), 200);
  assert.equal(await call('/bus/v1/service?status=404'), 404);
  assert.equal(await call('/bus/v1/flow'), 409);
  tries = 0;
  assert.equal(await call('/bus/v1/service?status=503'), 503);
  assert.equal(tries, 3);
  const outcomes = (name: string) => told.filter((one) => one.name === name).map(({ labels }) => Object.values(labels).join(' '));
  assert.deepEqual(outcomes('gateway_request_ms'), ['bus ok', 'bus refused', 'bus refused', 'bus failed']);
  assert.deepEqual(outcomes('gateway_interface_ms'), ['ifc_service ok', 'ifc_service refused', 'ifc_flow refused', 'ifc_service failed']);
  const [ofService] = bus.gateway.calls();
  assert.deepEqual([ofService!.id, ofService!.recent], ['ifc_service', { calls: 3, refused: 1, failed: 1 }]);
  assert.equal(ofService!.lastError!.code, 'HTTP_SERVER_ERROR');
  const causes = () => bus.gateway.calls().map(({ refusals = [] }) => refusals.map(({ code, app, count }) => `${code} ${app} ${count}`));
  assert.deepEqual(causes(), [['HTTP_UNEXPECTED his 1'], ['HTTP_UNEXPECTED his 1']]);
  for (const wrong of ['a', 'b']) await callGateway(bus.gateway, { target: '/bus/v1/flow', headers: { authorization: `Bearer ${wrong}` } });
  assert.deepEqual(causes()[1], ['GW40101 undefined 2', 'HTTP_UNEXPECTED his 1']);
});
