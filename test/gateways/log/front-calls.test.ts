import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway } from '../support/start-gateway.ts';

test('counts every call of a front: passed, failed, and refused before or after an interface is found', async (t) => {
  const service = createServer((request, response) => {
    response.statusCode = request.url === '/bus/v1/broken' ? 500 : 200;
    response.end('{}');
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const instances = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  const names = ['fine', 'broken', 'ungranted'];
  const bus = await startGateway(
    {
      ...plan,
      interfaces: names.map((name) =>
        buildInterface({
          interfaceId: `ifc_${name}`,
          front: 'bus',
          path: `/bus/v1/${name}`,
          method: 'GET',
          target: { kind: 'upstream', instances },
        }),
      ),
      grants: ['fine', 'broken'].map((name) => ({ grantId: `grt_${name}`, revision: 1, appId: 'his', interfaceId: `ifc_${name}` })),
    },
    { front: 'bus' },
  );
  t.after(() => bus.stop());
  const call = (target: string, token = 't') => callGateway(bus.gateway, { target, headers: { authorization: `Bearer ${token}` } });
  await call('/bus/v1/fine');
  await call('/bus/v1/broken');
  await call('/bus/v1/ungranted');
  for (let sent = 0; sent < 3; sent += 1) await call('/bus/v1/nowhere');
  await call('/bus/v1/fine', 'wrong');
  const socket = connect(bus.gateway.port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
  await once(socket.resume(), 'close');
  const [{ front, all, unrouted, unproven }, ...others] = bus.gateway.frontCalls() as [ReturnType<typeof bus.gateway.frontCalls>[number]];
  assert.deepEqual([front, others.length], ['bus', 0]);
  assert.equal(all.lastError?.code, 'HTTP_SERVER_ERROR');
  assert.deepEqual(all.recent, { calls: 8, refused: 6, failed: 1 });
  assert.equal(
    all.latency.reduce((sum, count) => sum + count),
    2,
    'refusals are fast, and would hide how slow the rest is',
  );
  assert.equal(unrouted, 4);
  assert.deepEqual(
    unproven.map(({ code, count, from }) => [code, count, from]),
    [
      ['GW40401', 3, [{ ip: '127.0.0.1', count: 3 }]],
      ['GW40101', 1, [{ ip: '127.0.0.1', count: 1 }]],
      ['GW40001', 1, [{ ip: '127.0.0.1', count: 1 }]],
    ],
    'the refusal for a missing grant has a caller who is known',
  );
});
