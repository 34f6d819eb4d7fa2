import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway } from '../support/start-gateway.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('each interface has its load, its limit, its breaker and its errors in the metrics, and each group its instances', async (t) => {
  const held: ServerResponse[] = [];
  const service = createServer((_request, response) => void held.push(response));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const metrics = createMetrics();
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  const address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const document = buildInterface({
    ...{ interfaceId: 'ifc_slots', front: 'bus', path: '/bus/v1/slots', method: 'GET', exceptionRetries: 0, timeoutRetries: 0 },
    target: { kind: 'upstream', instances: [address] },
    policies: { concurrency: { maxConcurrency: 5 }, breaker: { minimumCalls: 2 } },
  });
  const grants = [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: 'ifc_slots' }];
  const bus = await startGateway({ ...plan, interfaces: [document], grants }, { front: 'bus', metrics });
  t.after(() => bus.stop());
  const call = () => callGateway(bus.gateway, { target: '/bus/v1/slots', headers: { authorization: 'Bearer t' } });
  const lines = async () => (await metrics.text()).split('\n').filter((line) => line.includes('ifc_slots'));
  const expectLine = async (line: string) => assert.ok((await lines()).includes(line), `${line}\n${(await lines()).join('\n')}`);

  const calls = [call(), call()];
  while (held.length < 2) await turn();
  await expectLine('kangqiao_gateway_interface_in_flight{interface="ifc_slots"} 2');
  await expectLine('kangqiao_gateway_concurrency_limit{interface="ifc_slots"} 5');
  await expectLine('kangqiao_gateway_concurrency_queued{interface="ifc_slots"} 0');
  await expectLine('kangqiao_gateway_breakers{interface="ifc_slots",group="main",state="closed"} 1');
  await expectLine('kangqiao_gateway_instances{interface="ifc_slots",group="main",state="in"} 1');
  for (const response of held) response.writeHead(500).end();
  await Promise.all(calls);
  assert.equal((await call()).code, 'GW50302');
  await expectLine('kangqiao_gateway_interface_in_flight{interface="ifc_slots"} 0');
  await expectLine('kangqiao_gateway_breakers{interface="ifc_slots",group="main",state="open"} 1');
  await expectLine('kangqiao_gateway_interface_errors_total{interface="ifc_slots",code="GW50302"} 1');
  await expectLine('kangqiao_gateway_group_attempt_seconds_count{interface="ifc_slots",group="main",outcome="failure"} 2');
  assert.ok(!(await lines()).some((line) => line.includes('127.0.0.1')), 'no address in a label');
});
