import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { Target } from '../../../gateways/documents/interface-document.ts';
import type { GatewayCondition } from '../../../engine/contract/calls/gateway-condition.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway, type TestGateway } from '../support/start-gateway.ts';

/** A service instance that counts its requests and fails on demand. */
interface TestInstance {
  readonly server: Server;
  readonly address: string;
  requests: number;
  checks: number;
  status: number;
}

let instances: TestInstance[] = [];
let base: GatewayPlan;
let clock: FakeClock;
let bus: TestGateway;
let number = 1;

before(async () => {
  instances = await Promise.all([0, 1, 2, 3].map(startInstance));
  base = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
});
after(() => {
  for (const { server } of instances) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(async () => {
  for (const instance of instances) Object.assign(instance, { requests: 0, checks: 0, status: 200 });
  clock = fakeClock();
  bus = await startGateway(base, { front: 'bus', clock });
});
afterEach(() => bus.stop());

async function startInstance(): Promise<TestInstance> {
  const server = createServer((request, response) => {
    if (request.url === '/health') instance.checks++;
    else instance.requests++;
    response.writeHead(instance.status).end('x');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const instance: TestInstance = { server, address, requests: 0, checks: 0, status: 200 };
  return instance;
}

type Upstream = Partial<Extract<Target, { kind: 'upstream' }>>;

function publish(target: Upstream = { instances: instances.map(({ address }) => address) }): void {
  const document = buildInterface({ front: 'bus', path: '/bus/v1/x', method: 'GET', target: { kind: 'upstream', ...target } });
  const grants = [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: document.interfaceId }];
  bus.feed.publish({ ...base, number: ++number, interfaces: [document], grants });
}

async function call(times: number): Promise<number[]> {
  while (bus.gateway.applied() !== number) await new Promise((resolve) => setImmediate(resolve));
  const statuses: number[] = [];
  for (let i = 0; i < times; i++)
    statuses.push((await callGateway(bus.gateway, { target: '/bus/v1/x', headers: { authorization: 'Bearer t' } })).status);
  return statuses;
}

const requests = () => instances.map((instance) => instance.requests);
const kinds = () => bus.gateway.events().map(({ kind }) => kind);

test('one of four instances that answers 500 is out, and back when it is well', async () => {
  publish();
  instances[2]!.status = 500;
  const statuses = await call(40);
  assert.equal(statuses.filter((status) => status === 500).length, 5, 'so many in a row take it out');
  assert.equal(instances[2]!.requests, 5);
  assert.deepEqual(kinds(), ['instance-ejected']);
  const [{ kind, values }] = bus.gateway.conditions() as [GatewayCondition];
  assert.deepEqual([kind, values], ['instances-out', { out: 1, of: 4, address: instances[2]!.address }]);
  await clock.advance(5_000);
  await call(12);
  assert.equal(instances[2]!.requests, 6, 'one request tries it again');
  instances[2]!.status = 200;
  await clock.advance(10_000);
  const before = instances[2]!.requests;
  await call(40);
  assert.ok(instances[2]!.requests >= before + 9);
  assert.equal(kinds()[0], 'instance-returned');
  assert.deepEqual(bus.gateway.conditions(), []);
});

test('a new version of the interface knows which instances are out', async () => {
  publish();
  instances[2]!.status = 500;
  await call(40);
  publish({ groups: [{ name: 'main', instances: instances.map(({ address }) => ({ address, weight: 2 })) }], balancing: 'weighted' });
  await call(40);
  assert.equal(instances[2]!.requests, 5);
});

test('weights divide the requests of a group; the other group gets none', async () => {
  const [a, b, c] = instances.map(({ address }) => address) as [string, string, string];
  publish({
    balancing: 'weighted',
    groups: [
      { name: 'v1', instances: [{ address: a, weight: 3 }, { address: b }] },
      { name: 'v2', instances: [{ address: c }] },
    ],
  });
  await call(40);
  assert.deepEqual(requests(), [30, 10, 0, 0]);
});

test('with consistent hashing all requests of an app go to one instance', async () => {
  publish({ instances: instances.map(({ address }) => address), balancing: 'consistent-hash' });
  await call(20);
  assert.deepEqual(
    requests().toSorted((a, b) => a - b),
    [0, 0, 0, 20],
  );
});

test('an instance that fails its health checks gets no request until they succeed', async () => {
  publish({ instances: instances.map(({ address }) => address), healthCheck: { path: '/health', intervalMs: 1_000 } });
  await call(4);
  instances[1]!.status = 503;
  const waitFor = async (kind: string) => {
    for (let i = 0; kinds()[0] !== kind; i++) {
      assert.ok(i < 1_000, `no ${kind}`);
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await waitFor('instance-unhealthy');
  await call(12);
  assert.equal(instances[1]!.requests, 1);
  instances[1]!.status = 200;
  await waitFor('instance-healthy');
  await call(12);
  assert.equal(instances[1]!.requests, 4);
});

test('a gateway calls the instances of its own zone, and those of others when none there works', async () => {
  await bus.stop();
  bus = await startGateway(base, { front: 'bus', clock, settings: { zone: 'east' } });
  const zones = ['east', 'west', 'east', 'west'];
  publish({ groups: [{ name: 'v1', instances: instances.map(({ address }, i) => ({ address, zone: zones[i]!, tags: ['2.1.0'] })) }] });
  await call(20);
  assert.deepEqual(requests(), [10, 0, 10, 0]);
  instances[0]!.status = 500;
  instances[2]!.status = 500;
  let status = 500;
  while (status !== 200) [status = 500] = await call(1);
  const before = requests();
  await call(10);
  const after = requests();
  assert.deepEqual([after[0], after[2]], [before[0], before[2]], 'both are taken out');
});
