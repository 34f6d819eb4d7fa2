import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { findCalls } from '../../../gateways/log/search-access-log.ts';
import type { CallQuery } from '../../../gateways/documents/gateway-questions.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { callGateway, startGateway, testCertificate } from '../support/start-gateway.ts';

const headers = { authorization: 'Bearer t' };

async function listen<Served extends Server>(t: TestContext, server: Served): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves an interface whose target are these instances, separated by spaces. */
async function serve(t: TestContext, instance: string, fields: Partial<InterfaceDocument> = {}) {
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  const document = buildInterface({
    ...{ interfaceId: 'ifc_x', front: 'bus', path: '/bus/v1/x', method: 'GET', exceptionRetries: 0, timeoutRetries: 0 },
    target: { kind: 'upstream', instances: instance.split(' ') },
    ...fields,
  });
  const grants = [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: 'ifc_x' }];
  const warnings: Record<string, unknown>[] = [];
  const logger = { ...silentLogger, warn: (event: string, more?: object) => void warnings.push({ event, ...more }) };
  const bus = await startGateway({ ...plan, interfaces: [document], grants }, { front: 'bus', logger: { ...logger, child: () => logger } });
  t.after(() => bus.stop());
  const files = { folder: bus.logFolder, logs: ['bus'], processId: 'p' };
  return {
    bus,
    warnings,
    call: (body?: string) => callGateway(bus.gateway, { target: '/bus/v1/x', method: document.method, headers, ...(body && { body }) }),
    async lines(query: CallQuery = {}) {
      await bus.gateway.stop();
      return (await findCalls(files, query, { limit: 100, isOver: () => false, turn: () => Promise.resolve() })).calls;
    },
  };
}

const half = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('half');
};

for (const method of ['GET', 'POST'] as const)
  test(`a service that dies within its response has failed, and the breaker opens (${method})`, async (t) => {
    const service = createServer((request, response) => {
      request.resume();
      half(response);
      setImmediate(() => response.destroy());
    });
    const instance = `http://${await listen(t, service)}`;
    const { bus, call, lines, warnings } = await serve(t, instance, { method, policies: { breaker: { minimumCalls: 2 } } });
    const send = () => call(method === 'POST' ? '{}' : undefined);
    for (let i = 0; i < 2; i++) await assert.rejects(send());
    assert.equal((await send()).code, 'GW50302');
    const [counted] = bus.gateway.calls();
    assert.deepEqual(counted!.recent, { calls: 3, refused: 1, failed: 2 });
    assert.deepEqual(
      counted!.refusals!.map(({ code }) => code),
      ['GW50302'],
    );
    assert.equal(counted!.lastError!.code, 'GW50201');
    assert.equal(counted!.failures, 2, 'a call that the breaker refused is no response of the service');
    const [line, ...others] = await lines({ outcome: 'failed' });
    assert.deepEqual([line!.code, others.length], ['GW50201', 1]);
    assert.deepEqual(
      (await lines({ outcome: 'refused' })).map(({ code }) => code),
      ['GW50302'],
    );
    assert.equal(line!.hasLeft, undefined);
    assert.match(JSON.stringify(line!.notes), /"policy":"call","where":"main http:\/\/127.0.0.1:\d+","what":"cut-off [A-Z_]+"/);
    assert.ok(warnings.some(({ event, instance: of }) => event === 'gateway.upstream-failed' && of === instance));
  });

test('a service that stops within its response has timed out', async (t) => {
  const service = createServer((_request, response) => half(response));
  t.after(() => service.closeAllConnections());
  const { bus, call } = await serve(t, `http://${await listen(t, service)}`, { timeoutMs: 300, deadlineMs: 600 });
  await assert.rejects(call());
  while (bus.gateway.calls().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const [counted] = bus.gateway.calls();
  assert.deepEqual([counted!.recent.failed, counted!.lastError!.code], [1, 'GW50401']);
});

test('an instance that dies within its responses is ejected', async (t) => {
  const dying = createServer((_request, response) => {
    half(response);
    setImmediate(() => response.destroy());
  });
  const sound = createServer((_request, response) => response.end('ok'));
  const { bus, call } = await serve(t, `http://${await listen(t, dying)} http://${await listen(t, sound)}`);
  const ends = [];
  for (let i = 0; i < 60; i++)
    ends.push(
      await call().then(
        ({ status }) => status,
        () => 'cut off',
      ),
    );
  assert.deepEqual(new Set(ends.slice(-20)), new Set([200]), `${ends.join(' ')}`);
  assert.equal(bus.gateway.calls()[0]!.recent.refused, 0);
});

test('a caller who does not read makes no service look broken', async (t) => {
  const service = createServer((_request, response) => void response.end(Buffer.alloc(32 * 1024 * 1024)));
  t.after(() => service.closeAllConnections());
  const { bus } = await serve(t, `http://${await listen(t, service)}`, { timeoutMs: 300, deadlineMs: 900 });
  const asked = httpRequest({ host: '127.0.0.1', port: bus.gateway.port, path: '/bus/v1/x', agent: false, headers });
  asked.on('error', () => undefined).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined).pause();
  while ((bus.gateway.calls()[0]?.recent.calls ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  asked.destroy();
  const [counted] = bus.gateway.calls();
  assert.deepEqual([counted!.recent.failed, counted!.recent.refused], [0, 1]);
  assert.equal(counted!.refusals![0]!.code, 'CALLER_LEFT');
});

test('the record and the log say which instance failed and why, and the caller gets neither', async (t) => {
  const secure = await listen(
    t,
    createTlsServer(await testCertificate(), (_request, response) => response.end()),
  );
  const plain = await listen(
    t,
    createServer((_request, response) => response.end()),
  );
  const cases = [
    [`https://${secure}`, /^certificate-refused DEPTH_ZERO_SELF_SIGNED_CERT$/],
    [`http://${secure}`, /^(closed-early|not-http) [A-Z_]+$/],
    [`https://${plain}`, /^tls-failed [A-Z_0-9]+$/],
    ['http://127.0.0.1:1', /^port-closed ECONNREFUSED$/],
    ['http://nosuch.invalid:80', /^host-unknown (ENOTFOUND|EAI_AGAIN)$/],
  ] as const;
  for (const [instance, expected] of cases) {
    const { call, lines, warnings } = await serve(t, instance);
    const answer = await call();
    assert.equal(answer.code, 'GW50201');
    const [line] = await lines();
    const [note] = line!.notes!;
    assert.deepEqual([note!.policy, note!.where], ['call', `main ${instance}`]);
    assert.match(note!.what, expected);
    const cause = note!.what.split(' ')[1]!;
    assert.ok(!answer.body.toString().includes(cause) && !answer.body.toString().includes(instance));
    assert.deepEqual(
      warnings.map(({ event, cause: told }) => `${String(event)} ${String(told)}`),
      [`gateway.upstream-failed ${cause}`],
    );
  }
});

test('a call that got the fallback in place of a dead service has failed all the same', async (t) => {
  const service = createServer((_request, response) => response.writeHead(500).end());
  const fallback = { body: '{}', causes: ['unreachable', 'server-error', 'breaker'] };
  for (const [instance, code] of [
    ['http://127.0.0.1:1', 'GW50201'],
    [`http://${await listen(t, service)}`, 'HTTP_SERVER_ERROR'],
  ] as const) {
    const { bus, call } = await serve(t, instance, { policies: { fallback, breaker: { minimumCalls: 2 } } });
    const causes = [];
    for (let i = 0; i < 3; i++) {
      const answer = await call();
      assert.equal(answer.status, 200);
      causes.push(answer.headers['x-kq-fallback']);
    }
    const cause = code === 'GW50201' ? 'unreachable' : 'server-error';
    assert.deepEqual(causes, [cause, cause, 'breaker']);
    const [counted] = bus.gateway.calls();
    assert.deepEqual(counted!.recent, { calls: 3, refused: 1, failed: 2 });
    assert.deepEqual([counted!.lastError!.code, counted!.failures], [code, 2]);
  }
});
