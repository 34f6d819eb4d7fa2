import assert from 'node:assert/strict';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import type { ProbeContext } from '../../../engine/contract/node/probe.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { httpPeer, tcpPeer } from '../support/peers.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { showsContract } from '../shows-contract.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';

showsContract(import.meta.url, {
  happy: 'sends the message as JSON and emits the parsed answer',
  slow: 'a slow peer within the limit is waited for',
  'half-open': 'a peer that accepts and never answers leaves a write unknown and a read to be retried',
  refusal: 'tells by the status whether it may be done again',
  duplicate: 'a second run sends the same idempotency key, a read sends none',
  cancel: 'a cancel half-way ends the connection',
  '10 MB': 'carries 10 MB there and back',
});

test('sends the message as JSON and emits the parsed answer', async (t) => {
  const { baseUrl, requests } = await httpPeer(t, (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, got: JSON.parse(request.body) as unknown }));
  });
  const outcome = await call(baseUrl, { config: { method: 'POST', path: '/bookings' }, data: { 姓名: '张三' } });
  assert.deepEqual(emitted(outcome).data, { ok: true, got: { 姓名: '张三' } });
  assert.equal(requests[0]?.headers['content-type'], 'application/json');
});

test('fills path, query and headers in, each value encoded for its place', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  await call(baseUrl, {
    config: {
      path: '/patients/{data.id}/reports',
      query: { q: '王 & {data.name}', none: '{data.absent}', 'a b': '{data.n}' },
      headers: { 'X-Visit': 'v-{data.n}' },
    },
    data: { id: 'a/b?c', name: '李#四', n: 7 },
  });
  assert.equal(requests[0]?.url, `/base/patients/a%2Fb%3Fc/reports?q=${encodeURIComponent('王 & 李#四')}&a%20b=7`);
  assert.equal(requests[0]?.headers['x-visit'], 'v-7');
});

test('lets no value leave its place', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  for (const id of ['..', '.', '', { a: 1 }, '\ud800']) {
    await assert.rejects(call(baseUrl, { config: { path: '/p/{data.id}' }, data: { id } }), { code: 'HTTP_VALUE_REFUSED', kind: 'input' });
  }
  const config = { path: '/', headers: { 'X-A': '{data.v}' } };
  await assert.rejects(call(baseUrl, { config, data: { v: 'a\r\nX-B: c' } }), { code: 'HTTP_VALUE_REFUSED' });
  assert.equal(requests.length, 0);
});

test('refuses a configuration that would reach elsewhere, with every problem', async () => {
  const wrong = { path: '//evil.example/../x?y', headers: { Host: 'evil' }, query: { a: '{nothing}' } };
  await assert.rejects(call('http://127.0.0.1:1', { config: wrong }), (error: { code: string; issues: { path: string }[] }) => {
    assert.equal(error.code, 'NODE_CONFIG_WRONG');
    assert.deepEqual(error.issues.map(({ path }) => path).sort(), ['/headers/Host', '/path', '/query/a']);
    return true;
  });
});

test('decides its effect by the method and what the flow says of it', () => {
  const effect = httpCall.effect as (config: unknown) => string;
  assert.equal(effect({ method: 'GET' }), 'read');
  assert.equal(effect({ method: 'POST', reads: true }), 'read');
  assert.equal(effect({ method: 'PUT' }), 'idempotent-write');
  assert.equal(effect({ method: 'POST', idempotent: true }), 'idempotent-write');
  assert.equal(effect({ method: 'POST' }), 'write');
});

test('a second run sends the same idempotency key, a read sends none', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  const config = { method: 'POST', path: '/x' };
  await call(baseUrl, { config, idempotencyKey: 'k-1' });
  await call(baseUrl, { config, idempotencyKey: 'k-1', attempt: 2 });
  await call(baseUrl, { config: { path: '/x' }, idempotencyKey: 'k-1' });
  assert.deepEqual(
    requests.map(({ headers }) => headers['idempotency-key']),
    ['k-1', 'k-1', undefined],
  );
});

test('sends nothing when the lease is lost', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  const lost = Object.assign(new Error('lost'), { code: 'LEASE_LOST' });
  const beforeFirstByte = () => {
    throw lost;
  };
  await assert.rejects(call(baseUrl, { config: { method: 'POST', path: '/x' }, beforeFirstByte }), { code: 'LEASE_LOST' });
  assert.equal(requests.length, 0);
});

test('logs in as the adapter says', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  const settings: readonly [Record<string, unknown>, string][] = [
    [{ auth: 'basic' }, 'user:密码'],
    [{ auth: 'bearer' }, 'token'],
    [{ auth: 'header', authHeader: 'X-Key' }, 'value'],
  ];
  for (const [auth, secret] of settings) {
    await runNode(httpCall, { config: { path: '/' }, adapter: { settings: { baseUrl, ...auth } }, secrets: { '': secret } });
  }
  assert.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from('user:密码').toString('base64')}`);
  assert.equal(requests[1]?.headers.authorization, 'Bearer token');
  assert.equal(requests[2]?.headers['x-key'], 'value');
});

test('reads text in the charset that the answer names, and whole answers when asked', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => {
    response.setHeader('content-type', 'text/plain; charset=GBK');
    response.end(iconv.encode('挂号成功', 'gbk'));
  });
  const message = emitted(await call(baseUrl, { config: { path: '/', full: true } }));
  const { status, body } = message.data as { status: number; body: string };
  assert.deepEqual([status, body], [200, '挂号成功']);
});

test('follows no redirect', async (t) => {
  const { baseUrl, requests } = await httpPeer(t, (_request, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  });
  await assert.rejects(call(baseUrl, { config: { path: '/' } }), { code: 'HTTP_REDIRECTED', kind: 'input' });
  assert.equal(requests.length, 1);
});

test('tells by the status whether it may be done again', async (t) => {
  let status = 500;
  let headers: Record<string, string> = {};
  const { baseUrl } = await httpPeer(t, (_request, response) => response.writeHead(status, headers).end());
  const cases: readonly [number, Record<string, string>, string, string, string][] = [
    [404, {}, 'GET', 'HTTP_REFUSED', 'input'],
    [503, {}, 'GET', 'HTTP_BUSY', 'transient'],
    [500, {}, 'GET', 'HTTP_SERVER_ERROR', 'transient'],
    [502, {}, 'PUT', 'HTTP_BUSY', 'transient'],
    [500, {}, 'PUT', 'HTTP_SERVER_ERROR', 'unknown-outcome'],
    [503, {}, 'POST', 'HTTP_BUSY', 'transient'],
    [503, { 'retry-after': '2' }, 'POST', 'HTTP_BUSY', 'transient'],
    [429, {}, 'POST', 'HTTP_BUSY', 'transient'],
    [408, {}, 'GET', 'HTTP_BUSY', 'transient'],
    [408, {}, 'POST', 'HTTP_SERVER_ERROR', 'unknown-outcome'],
    [502, {}, 'POST', 'HTTP_SERVER_ERROR', 'unknown-outcome'],
    [504, {}, 'POST', 'HTTP_SERVER_ERROR', 'unknown-outcome'],
    [500, {}, 'POST', 'HTTP_SERVER_ERROR', 'unknown-outcome'],
    [409, {}, 'POST', 'HTTP_REFUSED', 'input'],
  ];
  for (const [nextStatus, nextHeaders, method, code, kind] of cases) {
    [status, headers] = [nextStatus, nextHeaders];
    await assert.rejects(call(baseUrl, { config: { method, path: '/' } }), { code, kind }, `${method} ${status}`);
  }
  for (const [method, problem] of [
    ['GET', undefined],
    ['PUT', 'given-up'],
  ]) {
    status = 504;
    await assert.rejects(call(baseUrl, { config: { method, path: '/' } }), ({ values }: AppError) => values['problem'] === problem);
  }
  [status, headers] = [503, { 'retry-after': '2' }];
  await assert.rejects(call(baseUrl, { config: { path: '/' } }), { retryAfterMs: 2000 });
  status = 404;
  const outcome = await call(baseUrl, { config: { path: '/', expect: ['200-299', '404'], full: true } });
  assert.equal((emitted(outcome).data as { status: number }).status, 404);
});

test('an adapter says whether its 503 may have been done, and which 5xx refuse', async (t) => {
  let status = 503;
  const { baseUrl } = await httpPeer(t, (_request, response) => response.writeHead(status).end());
  const attempt = (method: string, settings: object) =>
    runNode(httpCall, { config: { method, path: '/' }, adapter: { settings: { baseUrl, ...settings } } });
  const unavailable = { unavailableMayBeDone: true };
  await assert.rejects(attempt('POST', unavailable), { code: 'HTTP_SERVER_ERROR', kind: 'unknown-outcome' });
  await assert.rejects(attempt('PUT', unavailable), { code: 'HTTP_SERVER_ERROR', kind: 'unknown-outcome' });
  await assert.rejects(attempt('GET', unavailable), { code: 'HTTP_BUSY', kind: 'transient' });
  status = 500;
  await assert.rejects(attempt('POST', { refusals: ['500'] }), { code: 'HTTP_REFUSED', kind: 'input' });
  await assert.rejects(attempt('POST', { refusals: ['501'] }), { code: 'HTTP_SERVER_ERROR', kind: 'unknown-outcome' });
  await assert.rejects(attempt('POST', { refusals: ['503'] }), { code: 'ADAPTER_SETTINGS_WRONG' });
});

test('a write that was answered is never known as not done, whatever keeps its answer from being read', async (t) => {
  let answer: { status: number; type: string; body: Buffer } = { status: 200, type: 'application/json', body: Buffer.from('{"ok":') };
  const { baseUrl } = await httpPeer(t, (_request, response) =>
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body),
  );
  const answers = [
    answer,
    { status: 201, type: 'text/plain; charset=utf-8', body: Buffer.from([0xc5, 0xff, 0xfe]) },
    { status: 200, type: 'text/plain; charset=x-none', body: Buffer.from('ok') },
    { status: 200, type: 'application/json', body: Buffer.from(`{"long":"${'x'.repeat(200_000)}"`) },
  ];
  for (answer of answers) {
    const attempt = (config: object) => call(baseUrl, { config: { method: 'POST', path: '/', ...config } });
    await assert.rejects(attempt({}), { code: 'HTTP_ANSWER_UNREADABLE', kind: 'unknown-outcome' }, answer.type);
    await assert.rejects(attempt({ method: 'PUT' }), { code: 'HTTP_ANSWER_UNREADABLE', kind: 'unknown-outcome' }, answer.type);
    await assert.rejects(attempt({ reads: true }), { kind: 'input' }, answer.type);
  }
  answer = { status: 202, type: 'text/plain', body: Buffer.from('later') };
  const expect = ['200'];
  await assert.rejects(call(baseUrl, { config: { method: 'POST', path: '/', expect } }), {
    code: 'HTTP_UNEXPECTED',
    kind: 'unknown-outcome',
  });
  await assert.rejects(call(baseUrl, { config: { path: '/', expect } }), { code: 'HTTP_UNEXPECTED', kind: 'input' });
});

test('a peer that is not there is transient, for writes too', async () => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(call(`http://127.0.0.1:${port}`, { config: { method: 'POST', path: '/' } }), {
    code: 'HTTP_CONNECT',
    kind: 'transient',
  });
});

test('a peer that accepts and never answers leaves a write unknown and a read to be retried', async (t) => {
  const { baseUrl } = await tcpPeer(t, () => undefined);
  const limits = { timeoutMs: 500 };
  await assert.rejects(call(baseUrl, { config: { method: 'POST', path: '/' }, limits }), {
    code: 'HTTP_NO_ANSWER',
    kind: 'unknown-outcome',
  });
  await assert.rejects(call(baseUrl, { config: { path: '/' }, limits }), { code: 'HTTP_NO_ANSWER', kind: 'transient' });
});

test('a peer that stalls half-way through its answer is given up in time', async (t) => {
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
  });
  await assert.rejects(call(baseUrl, { config: { method: 'POST', path: '/' }, limits: { timeoutMs: 500 } }), {
    code: 'HTTP_NO_ANSWER',
    kind: 'unknown-outcome',
  });
});

test('a read that a closed connection swallowed is sent once more, and not a third time', async (t) => {
  let requests = 0;
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.once('data', () => {
      requests += 1;
      if (requests === 2) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
      else socket.destroy();
    });
  });
  const outcome = await call(baseUrl, { config: { path: '/', responseAs: 'text' } });
  assert.deepEqual([emitted(outcome).data, requests], ['ok', 2]);
  await assert.rejects(call(baseUrl, { config: { path: '/' } }), { code: 'HTTP_NO_ANSWER', kind: 'transient' });
  assert.equal(requests, 4);
});

test('a read goes out once more over a new connection, though all kept ones are dead', async (t) => {
  const { baseUrl } = await tcpPeer(t, (socket) => {
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      if (requests === 1) setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'), 50);
      else socket.destroy();
    });
  });
  const run = runner(baseUrl, { path: '/', responseAs: 'text' });
  await Promise.all(Array.from({ length: 6 }, run));
  for (let read = 0; read < 6; read++) assert.deepEqual(emitted(await run()).data, '{}');
});

test('a reset of a reused connection leaves a write unknown: it is sent once and never again by itself', async (t) => {
  let received = 0;
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.on('data', () => {
      received++;
      if (received === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      else socket.resetAndDestroy();
    });
  });
  const run = runner(baseUrl, { method: 'POST', path: '/' });
  await run();
  await assert.rejects(run(), { code: 'HTTP_NO_ANSWER', kind: 'unknown-outcome' });
  assert.equal(received, 2);
});

test('a slow peer within the limit is waited for', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => void setTimeout(() => response.end('{}'), 120));
  await call(baseUrl, { config: { path: '/' }, limits: { timeoutMs: 2000 } });
});

test('a cancel half-way ends the connection', async (t) => {
  const closed = Promise.withResolvers<void>();
  const cancel = new AbortController();
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.once('data', () => cancel.abort(new Error('cancelled by a person')));
    socket.once('close', () => closed.resolve());
  });
  const config = { method: 'POST', path: '/' };
  await assert.rejects(call(baseUrl, { config, signal: cancel.signal }), { code: 'HTTP_NO_ANSWER', kind: 'unknown-outcome' });
  await closed.promise;
});

test('carries 10 MB there and back', async (t) => {
  const { baseUrl } = await httpPeer(t, (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(request.body);
  });
  const data = { rows: Array.from({ length: 10_000 }, (_, index) => ({ index, text: '长'.repeat(340) })) };
  const outcome = await call(baseUrl, {
    config: { method: 'POST', path: '/' },
    data,
    limits: { maxResponseBytes: 20_000_000, timeoutMs: 20_000 },
  });
  assert.deepEqual(emitted(outcome).data, data);
});

test('ends an answer that is larger than the limit, also when it is large only after decompression', async (t) => {
  const { baseUrl } = await httpPeer(t, (request, response) => {
    if (request.url?.includes('zip') !== true) return void response.end(Buffer.alloc(200_000));
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(Buffer.alloc(200_000)));
  });
  const limits = { maxResponseBytes: 100_000 };
  await assert.rejects(call(baseUrl, { config: { path: '/plain' }, limits }), { code: 'HTTP_TOO_LARGE', kind: 'input' });
  await assert.rejects(call(baseUrl, { config: { path: '/zip' }, limits }), { code: 'HTTP_TOO_LARGE', kind: 'input' });
});

test('the connection test tells each step and stops at the first that fails', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => void response.writeHead(401).end());
  const { resolveAdapter } = await import('../../../engine/testing/run-node.ts');
  const { wallClock } = await import('../../../engine/testing/wall-clock.ts');
  const probe = (url: string, report?: ProbeContext['report']) =>
    httpCall.probe!({
      adapter: resolveAdapter('http', { settings: { baseUrl: url } }),
      signal: new AbortController().signal,
      clock: wallClock(),
      report,
      outbound: anywhere,
      files: anyFile,
      secret: async () => '',
    });
  const told: string[] = [];
  const refused = await probe(baseUrl, ({ name }) => told.push(name.en));
  assert.deepEqual([refused.ok, refused.steps.at(-1)?.error?.code], [false, 'HTTP_LOGIN_REFUSED']);
  assert.deepEqual(told, ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Answer to GET']);
  assert.deepEqual(
    (await probe(baseUrl.replace('http:', 'https:'))).steps.map(({ ok }) => ok),
    [true, true, true, false],
  );
  assert.match((await probe('http://127.0.0.1:1')).steps.at(-1)?.detail ?? '', /could not be reached/);
});

type CallOptions = RunNodeOptions & { readonly limits?: NonNullable<RunNodeOptions['adapter']>['limits'] };

function call(baseUrl: string, { limits, ...options }: CallOptions): Promise<Outcome> {
  return runNode(httpCall, { ...options, adapter: { settings: { baseUrl }, ...(limits === undefined ? {} : { limits }) } });
}

/** Prepares once and runs often, as the engine does, so that connections are reused. */
function runner(baseUrl: string, config: Record<string, unknown>): () => Promise<Outcome> {
  let prepared: ReturnType<typeof httpCall.prepare> | undefined;
  const keepPrepared: typeof httpCall = {
    ...httpCall,
    prepare(...given) {
      return (prepared ??= httpCall.prepare(...given));
    },
  };
  return () => runNode(keepPrepared, { config, adapter: { settings: { baseUrl } }, message: createMessage({}) });
}

function emitted(outcome: Outcome): Message {
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!;
}

test('an address that is not open gets no connection, by name or by number, and the error is not tried again', async (t) => {
  let requests = 0;
  const { baseUrl } = await httpPeer(t, (_request, response) => {
    requests++;
    response.end();
  });
  const outbound = createOutboundGuard({ isExcepted: () => false });
  for (const url of [baseUrl, baseUrl.replace('127.0.0.1', 'localhost'), baseUrl.replace('127.0.0.1', '[::ffff:127.0.0.1]')])
    await assert.rejects(call(url, { config: { path: '/x' }, outbound }), { code: 'OUTBOUND_REFUSED', kind: 'input' });
  assert.equal(requests, 0);
});
