/** Load protection over real sockets. The service holds its requests until the test lets them go; no test measures time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway, type TestGateway } from '../support/start-gateway.ts';

let service: Server;
let held: ServerResponse[] = [];
let isHolding = true;
let status = 200;
let body = 'x';
let base: GatewayPlan;
let clock: FakeClock;
let bus: TestGateway;
let number = 1;

before(async () => {
  service = createServer((_request, response) => {
    if (isHolding) held.push(response);
    else response.writeHead(status).end(body);
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  base = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
});
after(() => {
  service.closeAllConnections();
  service.close();
});
beforeEach(async () => {
  held = [];
  isHolding = true;
  status = 200;
  body = 'x';
  clock = fakeClock();
  bus = await startGateway(base, { front: 'bus', clock });
});
afterEach(() => bus.stop());

async function publish(policies: NonNullable<InterfaceDocument['policies']>): Promise<void> {
  const instances = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const target = { kind: 'upstream' as const, instances };
  const document = buildInterface({ front: 'bus', path: '/bus/v1/x', method: 'GET', target, timeoutMs: 600_000, policies });
  const grants = [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: document.interfaceId }];
  bus.feed.publish({ ...base, number: ++number, interfaces: [document], grants });
  while (bus.gateway.applied() !== number) await turn();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const call = () => callGateway(bus.gateway, { target: '/bus/v1/x', headers: { authorization: 'Bearer t' } });

/** Waits until the service holds this many requests, and a little longer, so that more would be seen. */
async function holds(count: number): Promise<void> {
  while (held.length < count) await turn();
  for (let i = 0; i < 200; i++) await turn();
  assert.equal(held.length, count);
}

function letGo(count = held.length, as = 200): void {
  for (const response of held.splice(0, count)) response.writeHead(as).end('x');
}

/** Counts the calls that end while `until` is false. */
function follow(calls: readonly Promise<{ readonly status: number; readonly code: string | undefined }>[]) {
  const ended: { readonly status: number; readonly code: string | undefined }[] = [];
  for (const one of calls) void one.then((answer) => ended.push(answer));
  return ended;
}

test('ten times the ceiling reaches neither the service nor a time-out: the excess is refused at once', async () => {
  await publish({ concurrency: { maxConcurrency: 20 } });
  const calls = Array.from({ length: 200 }, call);
  const ended = follow(calls);
  await holds(20);
  while (ended.length < 140) await turn();
  assert.equal(ended.length, 140, '20 are called, and 40 wait');
  assert.ok(ended.every(({ code }) => code === 'GW50301'));
  isHolding = false;
  letGo();
  const answers = await Promise.all(calls);
  assert.equal(answers.filter((answer) => answer.status === 200).length, 60);
  assert.equal((await call()).status, 200, 'every place is free again');
});

test('calls that find no place in time are refused, and the service sees none of them', async () => {
  await publish({ concurrency: { maxConcurrency: 1 } });
  const first = call();
  await holds(1);
  const waiting = [call(), call()];
  const ended = follow(waiting);
  while (ended.length < 2) await clock.advance(50);
  assert.ok(ended.every(({ code }) => code === 'GW50301'));
  assert.equal(held.length, 1);
  letGo();
  assert.equal((await first).status, 200);
});

test('a service that fails gets three probes at once after a pause, and its traffic back within ten seconds', async () => {
  await publish({ breaker: {} });
  isHolding = false;
  status = 500;
  for (let i = 0; i < 20; i++) assert.equal((await call()).status, 500);
  assert.equal((await call()).code, 'GW50302');
  await clock.advance(6_000);
  isHolding = true;
  const probing = Array.from({ length: 30 }, call);
  const ended = follow(probing);
  await holds(3);
  while (ended.length < 27) await turn();
  assert.ok(ended.every(({ code }) => code === 'GW50302'));
  letGo();
  await Promise.all(probing);
  isHolding = false;
  status = 200;
  for (let i = 0; i < 7; i++) assert.equal((await call()).status, 200);
  const statuses: number[][] = [];
  for (let second = 0; second < 10; second++) {
    const answers: number[] = [];
    for (let i = 0; i < 20; i++) answers.push((await call()).status);
    statuses.push(answers);
    await clock.advance(1_000);
  }
  const passed = statuses.map((answers) => answers.filter((answer) => answer === 200).length);
  assert.ok(passed[0]! <= 3, `${passed.join()} of 20 in each second`);
  assert.ok(passed.every((count, i) => i === 0 || count >= passed[i - 1]! - 1));
  for (let i = 0; i < 20; i++) assert.equal((await call()).status, 200);
  assert.deepEqual(
    bus.gateway.events().map(({ kind }) => kind),
    ['breaker-closed', 'breaker-ramp', 'breaker-half-open', 'breaker-opened'],
  );
});

test('while a person has paused the calls, callers get the fallback, and the call counts as no failure of the service', async () => {
  base = { ...base, manualStates: [{ interfaceId: 'ifc_book', state: 'open', until: clock.now() + 1_000 }] };
  await publish({ fallback: { body: '{"slots":[]}' } });
  base = { ...base, manualStates: [] };
  const answer = await call();
  assert.deepEqual([answer.status, answer.body.toString(), answer.headers['x-kq-fallback']], [200, '{"slots":[]}', 'breaker']);
  assert.equal(held.length, 0);
});

test('a service that answers 200 with a code of failure is paused, and its answers arrive whole until then', async () => {
  await publish({ breaker: { failureField: { pointer: '/code', values: ['0'], when: 'differs' } } });
  isHolding = false;
  body = '{"code":"-1"}';
  let refused = 0;
  for (let i = 0; refused === 0 && i < 100; i++) {
    const answer = await call();
    if (answer.code === 'GW50302') refused++;
    else assert.deepEqual([answer.status, answer.body.toString()], [200, body]);
  }
  assert.equal(refused, 1);
  assert.deepEqual(bus.gateway.events()[0]!.kind, 'breaker-opened');
});
