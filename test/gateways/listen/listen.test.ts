import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '../../../engine/contract/values/clock.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentMetrics, type Metrics } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { DEFAULT_LIMITS, listen } from '../../../gateways/listen/listen.ts';
import { eventually } from '../../conformance/eventually.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callGateway, callSigned, echo, startGateway, type Settings, type TestGateway } from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';

async function start(settings: Settings = {}): Promise<TestGateway> {
  const key = await createTestKey('HMAC-SM3', 'app');
  return startGateway(await buildPlan([key], [buildInterface({ bodyLimitBytes: 1000 })]), { settings });
}

/** Sends bytes and gives back everything until the connection ends. */
function raw(port: number, ...pieces: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1', () => pieces.forEach((piece) => socket.write(piece, 'latin1')));
    socket.setTimeout(5000, () => socket.destroy(new Error('the connection stayed open')));
    readAll(socket).then(resolve, reject);
  });
}

function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  });
}

test('refuses plain HTTP beyond loopback', async () => {
  const settings = { host: '0.0.0.0', port: 0, trustedProxies: [] };
  const options = {
    settings,
    limits: DEFAULT_LIMITS,
    clock: wallClock(),
    metrics: silentMetrics,
    requestsClientCertificate: false,
    onRequest: () => undefined,
    onUnreadable: () => undefined,
    onDrainOver: () => undefined,
  };
  await assert.rejects(listen(options), { code: 'LISTEN_PLAIN_REFUSED' });
});

test('refuses every way to make two servers see two requests', async (t) => {
  const started = await start();
  t.after(() => started.stop());
  const line = 'POST /open/v1/appointments HTTP/1.1\r\nHost: localhost\r\n';
  const smuggled = [
    `${line}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    `${line}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG`,
    `${line}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `${line}Content-Length: +1\r\n\r\na`,
    `${line}Content-Length: 1, 1\r\n\r\na`,
    `${line}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${line}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `${line}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    `${line}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `${line}Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`,
    `${line}X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${line} folded: 1\r\n\r\n`,
    'POST /open/v1/appointments HTTP/1.1\r\n\r\n',
    'POST /open/v1/appointments HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'POST /open/v1/appointments HTTP/9.9\r\nHost: a\r\n\r\n',
    'nonsense\r\n\r\n',
  ];
  for (const bytes of smuggled) {
    const answer = await raw(started.gateway.port, bytes.replace('Host: localhost\r\n', 'Host: localhost\r\nConnection: close\r\n'));
    assert.match(answer, /^HTTP\/1\.1 40[01] /, JSON.stringify(bytes));
    assert.equal(answer.match(/^HTTP\/1\.1/gm)!.length, 1, JSON.stringify(bytes));
  }
  assert.equal(started.calls.length, 0);
});

test('answers GW43101 to headers above 16 KB', async (t) => {
  const started = await start();
  t.after(() => started.stop());
  const answer = await raw(started.gateway.port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 431 [^]*GW43101/);
});

test('ends a connection whose headers or body do not arrive in time with GW40801', async (t) => {
  const started = await start({ limits: { headerTimeoutMs: 300, requestTimeoutMs: 600 } });
  t.after(() => started.stop());
  assert.match(await raw(started.gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow'), /^HTTP\/1\.1 408 [^]*GW40801/);
  const key = await createTestKey('HMAC-SM3', 'app');
  started.gateway.stats();
  const plan = await buildPlan([key], [buildInterface()], { number: 2 });
  started.feed.publish(plan);
  const signed = await signRequest(key);
  const head = `POST ${signed.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\nAuthorization: ${signed.authorization}\r\n\r\n{`;
  assert.match(await raw(started.gateway.port, head), /^HTTP\/1\.1 408 [^]*GW40801/);
});

test('cuts a caller who does not take his answer, and gives its memory back', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const answer = createMessage(Buffer.alloc(32 * 1024 * 1024), { mediaType: 'application/octet-stream' });
  const started = await startGateway(await buildPlan([key], [buildInterface({ timeoutMs: 1000, deadlineMs: 1000 })]), {
    settings: { limits: { keepAliveMs: 200 } },
    reply: () => ({ outcome: 'replied', executionId: 'exe_1', repeated: false, reply: { status: 200, headers: {}, message: answer } }),
  });
  t.after(() => started.stop());
  const { path, authorization, body } = await signRequest(key);
  const socket = connect(started.gateway.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.pause();
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nAuthorization: ${authorization}\r\n\r\n${body.toString()}`,
  );
  while (started.calls.length === 0) await sleep(wallClock(), 10);
  assert.equal(started.gateway.stats().inFlight, 1);
  const until = Date.now() + 30_000;
  while (started.gateway.stats().inFlight > 0 && Date.now() < until) await sleep(wallClock(), 20);
  assert.equal(started.gateway.stats().inFlight, 0);
});

test('counts a chunked body while it comes and refuses it beyond the cap', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface({ bodyLimitBytes: 1000 })]));
  t.after(() => started.stop());
  const { authorization } = await signRequest(key);
  const head = `POST /open/v1/appointments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\n`;
  const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`;
  assert.match(
    await raw(started.gateway.port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, chunk),
    /^HTTP\/1\.1 413 [^]*GW41301/,
  );
  assert.match(await raw(started.gateway.port, `${head}Content-Length: 1001\r\n\r\n`), /^HTTP\/1\.1 413 [^]*connection: close[^]*GW41301/i);
});

test('asks for the body of an expecting caller only after the cheap checks', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]));
  t.after(() => started.stop());
  const stranger =
    'POST /open/v1/appointments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
  assert.match(await raw(started.gateway.port, stranger), /^HTTP\/1\.1 401 /);
  const signed = await signRequest(key);
  const head = `POST ${signed.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${signed.body.length}\r\nAuthorization: ${signed.authorization}\r\n\r\n`;
  assert.match(await raw(started.gateway.port, head, signed.body.toString()), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test('refuses connections beyond the limit of one address', async (t) => {
  const started = await start({ limits: { maxConnectionsPerIp: 3 } });
  t.after(() => started.stop());
  const sockets = await Promise.all(
    Array.from(
      { length: 3 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(started.gateway.port, '127.0.0.1', () => resolve(socket));
        }),
    ),
  );
  assert.equal(await raw(started.gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => ''), '');
  sockets.forEach((socket) => socket.destroy());
});

test('loses no request when it stops: what is in flight is answered and told to close', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { reply: async (call) => (await gate, echo(call)) });
  const pending = Array.from({ length: 20 }, async () => callSigned(started.gateway, await signRequest(key)));
  while (started.calls.length < 20) await new Promise((resolve) => setImmediate(resolve));
  const stopped = started.stop();
  release();
  for (const answer of await Promise.all(pending)) {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['connection'], 'close');
  }
  await stopped;
  await assert.rejects(callGateway(started.gateway, { target: '/' }), { code: 'ECONNREFUSED' });
});

for (const [method, code] of [
  ['GET', 'GW50304'],
  // It may have been done: no one is asked to send it again.
  ['POST', 'GW50402'],
] as const)
  test(`answers ${code}, signed, to a ${method} that is not done when the time for draining is over`, async () => {
    const key = await createTestKey('SM2-SM3', 'app');
    const plan = await buildPlan([key], [buildInterface({ method, deadlineMs: 60_000 })]);
    const started = await startGateway(plan, { settings: { limits: { drainMs: 100 } }, reply: () => new Promise(() => undefined) });
    const signed = await signRequest(key, { method, ...(method === 'GET' ? { body: '' } : {}) });
    const pending = callSigned(started.gateway, signed);
    while (started.calls.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const stopped = started.stop();
    const answer = await pending;
    assert.equal(answer.code, code);
    assert.equal(answer.headers['connection'], 'close');
    assert.ok(await signsAnswer(answer, signed, key, plan));
    await stopped;
  });

test('while it drains, an idle connection stays open for a grace, and a request that was on its way is answered', async () => {
  let answered = 0;
  const clock = fakeClock();
  const listener = await listen({
    settings: { host: '127.0.0.1', port: 0, trustedProxies: [] },
    limits: DEFAULT_LIMITS,
    clock,
    metrics: silentMetrics,
    requestsClientCertificate: false,
    onRequest: (_request, response) => {
      answered++;
      response.writeHead(200, { connection: listener.isDraining() ? 'close' : 'keep-alive' }).end();
    },
    onUnreadable: () => undefined,
    onDrainOver: () => undefined,
  });
  const open = () => raw(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [late, idle] = [connect(listener.port, '127.0.0.1'), open()];
  // A request that is answered while it drains would close its connection.
  await eventually(() => listener.connections() === 2 && answered === 1);
  const answer = readAll(late);
  const stopped = listener.stop();
  await clock.advance(1400);
  late.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\nconnection: close/i);
  await eventually(() => listener.connections() === 1);
  await clock.advance(200);
  assert.match(await idle, /^HTTP\/1\.1 200 OK/);
  await clock.advance(4000);
  await stopped;
});

test('every refusal of a request has a body of ours; those that were never one are logged by their trace id and counted', async (t) => {
  const counted: string[] = [];
  const metrics: Metrics = {
    ...silentMetrics,
    count(name, labels) {
      // Those of an interface count its refusals.
      if (labels?.['interface'] === undefined) counted.push(`${name} ${labels?.['outcome'] ?? ''}`);
    },
  };
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]), { metrics });
  t.after(() => started.stop());
  const line = 'POST /open/v1/appointments HTTP/1.1\r\n';
  const refused = {
    [`${line}\r\n`]: ['400', 'GW40001', 'Host'],
    [`GET /open/v1/nothing HTTP/1.1\r\n\r\n`]: ['400', 'GW40001', 'Host'],
    [`${line}Host: a\r\nConnection: close\r\nExpect: foo\r\nContent-Length: 1\r\n\r\na`]: ['400', 'GW40001', '100-continue'],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n']: ['405', 'GW40501', 'method'],
    [`nonsense\r\n\r\n`]: ['400', 'GW40001', 'malformed'],
  };
  const traces: string[] = [];
  for (const [bytes, [status, code, word]] of Object.entries(refused)) {
    const english = bytes.replace(/\r\n\r\n/, '\r\nAccept-Language: en\r\n\r\n');
    const answer = await raw(started.gateway.port, english);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), bytes);
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { code: string; message: string; traceId: string };
    assert.equal(body.code, code, bytes);
    assert.ok(body.message.includes(word!), body.message);
    assert.match(answer, new RegExp(`x-kq-trace: ${body.traceId}`, 'i'));
    traces.push(body.traceId);
  }
  assert.deepEqual(counted, ['gateway_unreadable_requests_total GW40501', 'gateway_unreadable_requests_total GW40001']);
  assert.equal(started.gateway.stats().refused, 5);
  await started.gateway.stop();
  const log = await readFile(join(started.logFolder, 'open.ndjson'), 'utf8');
  for (const trace of traces) assert.equal(log.split(trace).length - 1, 1, 'one line of the access log');
  assert.match(log, /"status":405,"code":"GW40501","reason":"CONNECT"/);
});
