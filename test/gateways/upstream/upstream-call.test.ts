import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, createServer as createNetServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { once } from 'node:events';
import { after, before, beforeEach, test, type TestContext } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import type { GatewayLimits } from '../../../gateways/settings.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest, type TestKey } from '../support/city-plan.ts';
import { callGateway, callSigned, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';

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
  publish({ timeoutMs: 500, timeoutRetries: 1 }, [at(portOf(silent))]);
  const answer = await call();
  assert.equal(answer.code, 'GW50401');
  assert.equal(answer.status, 504);
});

test('tells an unknown outcome when a write had left', async () => {
  publish({ method: 'POST', timeoutMs: 500, timeoutRetries: 3 }, [at(portOf(silent))]);
  assert.equal((await call({ method: 'POST', body: '{}' })).code, 'GW50402');
  publish({ method: 'POST', exceptionRetries: 2 });
  behave = (request) => request.socket.destroy();
  assert.equal((await call({ method: 'POST', body: '{}' })).code, 'GW50402');
  assert.equal(seen.length, 1, 'a write is not sent twice');
});

test('a service that hangs gets a read at most four times, and a write without a key once', async () => {
  behave = () => undefined;
  const times = { timeoutMs: 150, timeoutRetries: 3, exceptionRetries: 2, deadlineMs: 10_000 };
  publish(times);
  assert.equal((await call()).code, 'GW50401');
  assert.equal(seen.length, 4);
  seen = [];
  publish({ ...times, method: 'POST' });
  assert.equal((await call({ method: 'POST', body: '{}' })).code, 'GW50402');
  assert.equal(seen.length, 1);
});

test('10 MB and one byte are refused before the service sees a byte, declared or chunked', async () => {
  publish({ method: 'POST' });
  const size = 10 * 1024 * 1024 + 1;
  const declared = await call({ method: 'POST', headers: { 'content-length': `${size}` } });
  assert.deepEqual([declared.status, declared.code], [413, 'GW41301']);
  const chunked = httpRequest({
    ...{ host: '127.0.0.1', port: bus.gateway.port, method: 'POST', path: '/bus/v1/x', agent: false },
    headers: { host: 'localhost', authorization, 'transfer-encoding': 'chunked' },
  });
  chunked.on('error', () => undefined).end(Buffer.alloc(size));
  const [response] = (await once(chunked, 'response')) as [IncomingMessage];
  response.resume();
  assert.equal(response.statusCode, 413);
  assert.equal(seen.length, 0);
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
  const [first, second] = seen.map(({ headers }) => headers['idempotency-key']);
  assert.match(String(first), /^[\w-]{22}$/);
  assert.equal(second, first);
});

test('the key of a caller reaches the service as one that no other app, interface or key has', async (t) => {
  const [one, other] = [await createTestKey('HMAC-SM3', 'one'), await createTestKey('HMAC-SM3', 'other')];
  const target = { kind: 'upstream' as const, instances: [at(portOf(service))], honoursIdempotencyKey: true };
  const again = { interfaceId: 'ifc_again', path: '/open/v1/again' };
  const open = await startGateway(await buildPlan([one, other], [buildInterface({ target }), buildInterface({ ...again, target })]));
  t.after(() => open.stop());
  const sent = async (key: TestKey, idempotencyKey: string, path?: string) => {
    const headers: [string, string][] = [['idempotency-key', idempotencyKey]];
    const answer = await callSigned(open.gateway, await signRequest(key, { headers, ...(path !== undefined && { path }) }));
    assert.equal(answer.status, 200, answer.body.toString());
    return seen.at(-1)!.headers['idempotency-key'];
  };
  const first = await sent(one, 'order-1');
  assert.equal(await sent(one, 'order-1'), first, 'the caller asks again');
  const keys = [first, await sent(other, 'order-1'), await sent(one, 'order-1', again.path), await sent(one, 'order-2')];
  assert.equal(new Set(keys).size, keys.length, keys.join());
  assert.ok(!keys.includes('order-1'));
});

test('retries a read answered with 503 and passes the last answer on', async () => {
  publish({ exceptionRetries: 1 });
  behave = (_request, response) => response.writeHead(503).end('busy');
  const answer = await call();
  assert.equal(answer.status, 503);
  assert.equal(answer.body.toString(), 'busy');
  assert.equal(seen.length, 2);
});

test('passes the own 503 of a service on when too many retries are under way', async () => {
  publish({ exceptionRetries: 1, timeoutMs: 60_000, deadlineMs: 60_000 });
  const held: ServerResponse[] = [];
  behave = (request, response) => {
    if (seen.filter(({ headers }) => headers['x-kq-trace'] === request.headers['x-kq-trace']).length === 1)
      response.writeHead(503).end('busy');
    else held.push(response);
  };
  const retrying = [call(), call(), call()];
  while (held.length < retrying.length) await new Promise((resolve) => setImmediate(resolve));
  const answer = await call();
  assert.equal(answer.status, 503);
  assert.equal(answer.body.toString(), 'busy');
  for (const response of held) response.end('done');
  for (const done of await Promise.all(retrying)) assert.equal(done.body.toString(), 'done');
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
      assert.equal((await call()).status, 200);
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

test('a service at an address that is not open gets no connection, and the log says why', async (t) => {
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (event: string, fields?: object) => void lines.push(`${event} ${JSON.stringify(fields)}`) };
  const outbound = createOutboundGuard({ isExcepted: () => false });
  const plan = { ...base, number: 1, grants: [{ grantId: 'grt_1', revision: 1, appId: 'his', interfaceId: 'ifc_book' }] };
  const guarded = await startGateway(undefined, { front: 'bus', outbound, logger: { ...logger, child: () => logger } });
  t.after(() => guarded.stop());
  let connections = 0;
  service.on('connection', () => connections++);
  for (const host of ['127.0.0.1', 'localhost']) {
    const instances = [`http://${host}:${portOf(service)}`];
    const document = buildInterface({ front: 'bus', path: '/bus/v1/x', method: 'GET', target: { kind: 'upstream', instances } });
    guarded.feed.publish({ ...plan, number: plan.number++, interfaces: [document] });
    const answer = await callGateway(guarded.gateway, { method: 'GET', target: '/bus/v1/x', headers: { authorization } });
    assert.match(answer.body.toString(), /GW50201/);
  }
  assert.equal(connections, 0);
  assert.match(lines.join('\n'), /gateway\.upstream-refused .*OUTBOUND_REFUSED.*127\.0\.0\.1/);
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

/** A service that answers every request by these bytes and ends the connection; `open`: a front that signs its answers, before the same service. */
async function odd(t: TestContext, bytes: string, fields: Partial<InterfaceDocument> = {}, limits: Partial<GatewayLimits> = {}) {
  const server = createNetServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(bytes, 'latin1')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const instances = [at(portOf(server))];
  publish(fields, instances);
  const key = await createTestKey('HMAC-SM3', 'app');
  const document = buildInterface({ method: 'GET', ...fields, target: { kind: 'upstream', instances } });
  const plan = await buildPlan([key], [document]);
  const open = await startGateway(plan, { settings: { limits } });
  t.after(async () => {
    await open.stop();
    server.close();
  });
  return {
    bus: () => call({ method: fields.method ?? 'GET' }),
    async open() {
      const signed = await signRequest(key, { method: document.method, ...(document.method === 'GET' && { body: '' }) });
      const answer = await callSigned(open.gateway, signed);
      return { answer, isSigned: await signsAnswer(answer, signed, key, plan) };
    },
  };
}

test('an answer whose headers no signature can cover passes all the same, signed', async (t) => {
  const utf8 = Buffer.from('/患者/1').toString('latin1');
  const { open } = await odd(t, `HTTP/1.1 201 Created\r\nLocation: ${utf8}\r\nContent-Language: ${utf8}\r\nContent-Length: 2\r\n\r\nok`);
  const { answer, isSigned } = await open();
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['location'], encodeURI('/患者/1'));
  assert.equal(answer.headers['content-language'], undefined);
  assert.ok(isSigned);
  const long = await odd(t, `HTTP/1.1 200 OK\r\nLocation: /${'a'.repeat(9000)}\r\nContent-Length: 2\r\n\r\nok`);
  const passed = await long.open();
  assert.equal(passed.answer.body.toString(), 'ok');
  assert.equal(passed.answer.headers['location'], undefined);
  assert.ok(passed.isSigned);
});

test('a status that HTTP does not know is a bad answer of the service, and after a write an unknown outcome', async (t) => {
  const bytes = 'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n';
  const read = await odd(t, bytes);
  assert.equal((await read.bus()).code, 'GW50201');
  const signedRead = await read.open();
  assert.equal(signedRead.answer.code, 'GW50201');
  assert.ok(signedRead.isSigned);
  const write = await odd(t, bytes, { method: 'POST' });
  assert.equal((await write.bus()).code, 'GW50402');
  assert.equal((await write.open()).answer.code, 'GW50402');
});

test('an answer that ends with its head is passed on, whatever length it tells', async (t) => {
  for (const status of [204, 304]) {
    const { bus: busCall, open } = await odd(t, `HTTP/1.1 ${status} X\r\nEtag: "1"\r\nContent-Length: 3\r\n\r\nabc`);
    const answer = await busCall();
    assert.equal(answer.status, status);
    assert.equal(answer.headers['etag'], '"1"');
    assert.equal(answer.headers['content-length'], undefined);
    const signed = await open();
    assert.equal(signed.answer.status, status);
    assert.ok(signed.isSigned);
  }
});

test('headers of an answer that `Connection` names end here, repeated ones go on', async (t) => {
  const { bus: busCall, open } = await odd(
    t,
    'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: A\r\nVary: B\r\nContent-Length: 2\r\n\r\nok',
  );
  for (const { headers } of [await busCall(), (await open()).answer]) {
    assert.equal(headers['x-hop'], undefined);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers['vary'], 'A, B');
  }
});

test('answers that are signed take their memory from the one budget, and a write whose answer finds none is told as unknown', async (t) => {
  const bytes = `HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(50_000)}`;
  const ample = await odd(t, bytes, {}, { bodyBudgetBytes: 60_000 });
  for (let i = 0; i < 3; i++) assert.equal((await ample.open()).answer.body.length, 50_000, 'it is given back');
  const scarce = { bodyBudgetBytes: 40_000 };
  assert.equal((await (await odd(t, bytes, {}, scarce)).open()).answer.code, 'GW50301');
  const write = await (await odd(t, bytes, { method: 'POST' }, scarce)).open();
  assert.equal(write.answer.code, 'GW50402');
  assert.ok(write.isSigned);
});
