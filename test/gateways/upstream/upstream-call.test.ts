import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, createServer as createNetServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import type { GatewayPlan, InterfaceDocument } from '../../../gateways/documents.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../support/city-plan.ts';
import { callGateway, callSigned, startGateway, type TestGateway } from '../support/start-gateway.ts';

let service: Server;
let silent: NetServer;
let bus: TestGateway;
let behave: (request: IncomingMessage, response: ServerResponse) => void;
let seen: IncomingMessage[] = [];
let base: Omit<GatewayPlan, 'interfaces' | 'grants'>;
let number = 1;
const authorization = 'Bearer t';

before(async () => {
  service = createServer((request, response) => {
    seen.push(request);
    behave(request, response);
  });
  silent = createNetServer((socket) => socket.on('error', () => undefined));
  await Promise.all([once(service.listen(0, '127.0.0.1'), 'listening'), once(silent.listen(0, '127.0.0.1'), 'listening')]);
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }],
  });
  base = plan;
  bus = await startGateway(plan, { front: 'bus' });
});
after(async () => {
  await bus.stop();
  service.closeAllConnections();
  service.close();
  silent.close();
});
beforeEach(() => {
  seen = [];
  behave = (_request, response) => response.end('ok');
});

const portOf = (server: NetServer) => (server.address() as AddressInfo).port;
const at = (port: number) => `http://127.0.0.1:${port}/svc`;

function publish(fields: Partial<InterfaceDocument>, instances: string[] = [at(portOf(service))], honoursIdempotencyKey = false): void {
  const document = buildInterface({
    front: 'bus',
    path: '/bus/v1/x',
    method: 'GET',
    target: { kind: 'upstream', instances, honoursIdempotencyKey },
    ...fields,
  });
  bus.feed.publish({
    ...base,
    number: ++number,
    interfaces: [document],
    grants: [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: 'ifc_book' }],
  });
}

const call = (fields: Partial<Parameters<typeof callGateway>[1]> = {}) =>
  callGateway(bus.gateway, { target: '/bus/v1/x', ...fields, headers: { authorization, ...fields.headers } });

test('passes path, query, headers and answer through, without hop-by-hop headers and credentials', async () => {
  publish({});
  behave = (_request, response) => {
    response.setHeader('x-own', '1');
    response.setHeader('x-kq-signature', 'forged');
    response.writeHead(201).end('done');
  };
  const answer = await call({
    target: '/bus/v1/x?a=%20b&a=2',
    headers: {
      'x-order': '7',
      'x-kq-appid': 'other',
      'x-forwarded-for': '9.9.9.9',
      connection: 'close, x-secret-hop',
      'x-secret-hop': '1',
      cookie: 'a=b',
    },
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.body.toString(), 'done');
  assert.equal(answer.headers['x-own'], '1');
  assert.equal(answer.headers['x-kq-signature'], undefined);
  const [request] = seen as [IncomingMessage];
  assert.equal(request.url, '/svc/bus/v1/x?a=%20b&a=2');
  assert.equal(request.headers['x-order'], '7');
  assert.equal(request.headers['x-kq-appid'], 'his');
  assert.equal(request.headers['x-kq-trace'], answer.headers['x-kq-trace']);
  for (const name of ['authorization', 'cookie', 'x-forwarded-for', 'x-secret-hop']) assert.equal(request.headers[name], undefined, name);
});

test('streams a large body both ways', async () => {
  publish({ method: 'POST' });
  behave = (request, response) => request.pipe(response);
  const body = Buffer.alloc(3_000_000, 'abc');
  const answer = await call({ method: 'POST', body });
  assert.equal(answer.status, 200);
  assert.ok(answer.body.equals(body));
});

test('ends the call to the service when the caller leaves in the middle of a paused stream', async () => {
  publish({});
  const left = new Promise<void>((resolve) => {
    behave = (_request, response) => {
      response.once('close', () => resolve());
      const pump = () => void (response.destroyed || response.write(Buffer.alloc(65_536), pump));
      pump();
    };
  });
  const socket = connect(bus.gateway.port, '127.0.0.1');
  socket.write(`GET /bus/v1/x HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`);
  await once(socket, 'readable');
  socket.pause();
  socket.destroy();
  await left;
});

test('answers GW50401 in time when the service is half open, and does not retry on the same terms for ever', async () => {
  publish({ timeoutMs: 150, timeoutRetries: 1 }, [at(portOf(silent))]);
  const answer = await call();
  assert.equal(answer.code, 'GW50401');
  assert.equal(answer.status, 504);
});

test('tells an unknown outcome when a write had left', async () => {
  publish({ method: 'POST', timeoutMs: 150, timeoutRetries: 3 }, [at(portOf(silent))]);
  assert.equal((await call({ method: 'POST', body: '{}' })).code, 'GW50402');
  publish({ method: 'POST', exceptionRetries: 2 });
  behave = (request) => request.socket.destroy();
  assert.equal((await call({ method: 'POST', body: '{}' })).code, 'GW50402');
  assert.equal(seen.length, 1, 'a write is not sent twice');
});

test('retries on another instance when nothing was sent', async () => {
  publish({ method: 'POST', exceptionRetries: 1 }, ['http://127.0.0.1:1', at(portOf(service))]);
  for (let i = 0; i < 2; i++) assert.equal((await call({ method: 'POST', body: '{}' })).status, 200);
});

test('retries a write only under a key that the service honours', async () => {
  behave = (request, response) => (seen.length === 1 ? request.socket.destroy() : response.end('second'));
  publish({ method: 'POST', exceptionRetries: 1 }, [at(portOf(service))], true);
  const answer = await call({ method: 'POST', body: '{}', headers: { 'idempotency-key': 'k-1' } });
  assert.equal(answer.body.toString(), 'second');
  assert.equal(seen[1]!.headers['idempotency-key'], 'k-1');
});

test('retries a read answered with 503 and passes the last answer on', async () => {
  publish({ exceptionRetries: 1 });
  behave = (_request, response) => response.writeHead(503).end('busy');
  const answer = await call();
  assert.equal(answer.status, 503);
  assert.equal(answer.body.toString(), 'busy');
  assert.equal(seen.length, 2);
});

test('answers GW50201 when no instance can be reached', async () => {
  publish({}, ['http://127.0.0.1:1']);
  const answer = await call();
  assert.equal(answer.code, 'GW50201');
});

test('breaks the connection when the service breaks off in the middle of an answer', async () => {
  publish({});
  behave = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => response.destroy());
  };
  await assert.rejects(call());
});

test('keeps serving every request while plans are swapped under load', async () => {
  publish({});
  let isOver = false;
  const swapping = (async () => {
    for (let i = 0; i < 30; i++) {
      publish({});
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    isOver = true;
  })();
  const workers = Array.from({ length: 8 }, async () => {
    let count = 0;
    while (!isOver) {
      assert.equal((await call()).status, 200);
      count++;
    }
    return count;
  });
  await swapping;
  assert.ok((await Promise.all(workers)).every((count) => count > 0));
});

test('signs the answer of a service on the open front', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const document = buildInterface({ target: { kind: 'upstream', instances: [at(portOf(service))] } });
  const open = await startGateway(await buildPlan([key], [document]));
  t.after(() => open.stop());
  const answer = await callSigned(open.gateway, await signRequest(key));
  assert.equal(answer.body.toString(), 'ok');
  assert.ok(answer.headers['x-kq-signature']);
});
