import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, startGateway } from '../support/start-gateway.ts';

async function startService(t: TestContext, behave: RequestListener): Promise<string> {
  const server: Server = createServer(behave);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function start(t: TestContext, policies: NonNullable<InterfaceDocument['policies']>, target: InterfaceDocument['target']) {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface({ target, policies })]));
  t.after(() => started.stop());
  return { ...started, call: async () => callSigned(started.gateway, await signRequest(key)) };
}

test('a mirror gets a copy without the signature; one that hangs or fails delays and changes nothing', async (t) => {
  const copies: IncomingMessage[] = [];
  const real = await startService(t, (_request, response) => response.end('{"id":1}'));
  const hanging = await startService(t, (request) => void copies.push(request));
  const { call } = await start(t, { mirror: { address: hanging } }, { kind: 'upstream', instances: [real] });
  for (let i = 0; i < 40; i++) assert.equal((await call()).status, 200);
  while (copies.length < 32) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(copies[0]!.headers['x-kq-mirror'], '1');
  for (const name of ['authorization', 'x-kq-appid', 'idempotency-key']) assert.equal(copies[0]!.headers[name], undefined);
});

test('a mirror whose structure differs is reported once, and the caller gets the real response', async (t) => {
  const real = await startService(t, (_request, response) => response.end('{"id":1}'));
  const other = await startService(t, (_request, response) => response.end('{"id":"1"}'));
  const { call, gateway } = await start(t, { mirror: { address: other, compare: true } }, { kind: 'upstream', instances: [real] });
  for (let i = 0; i < 5; i++) assert.equal((await call()).body.toString(), '{"id":1}');
  while (gateway.events().length === 0) await new Promise((resolve) => setImmediate(resolve));
  const events = gateway.events().map(({ kind, values }) => [kind, values?.['where']]);
  assert.deepEqual(events, [['mirror-different', '/id']]);
});

test('a share of the callers is served by the new group, each one always by the same', async (t) => {
  const served: Record<string, Set<string>> = {};
  const group = (name: string) =>
    startService(t, (request, response) => {
      (served[String(request.headers['x-kq-appid'])] ??= new Set()).add(name);
      response.end('{}');
    });
  const [v1, v2] = [await group('v1'), await group('v2')];
  const keys = await Promise.all(Array.from({ length: 12 }, (_, i) => createTestKey('HMAC-SM3', `app-${i}`)));
  const target: InterfaceDocument['target'] = {
    kind: 'upstream',
    groups: [
      { name: 'v1', instances: [{ address: v1 }] },
      { name: 'v2', instances: [{ address: v2 }] },
    ],
  };
  const policies = { 'grey-release': { group: 'v2', percent: 50 }, breaker: {} };
  const { gateway, stop } = await startGateway(await buildPlan(keys, [buildInterface({ target, policies })]));
  t.after(stop);
  for (let round = 0; round < 3; round++)
    for (const key of keys) assert.equal((await callSigned(gateway, await signRequest(key))).status, 200);
  const groups = keys.map(({ appId }) => [...served[appId]!]);
  assert.ok(groups.every((names) => names.length === 1));
  assert.deepEqual(new Set(groups.flat()), new Set(['v1', 'v2']));
});
