/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { ROUTES } from '../../control/api/routes.ts';
import { createControl } from '../../control/create-control.ts';
import { loadDevCertificates } from '../../engine/host/dev-certificates.ts';
import { defaultDeps, flow, startControl, type Client } from './start-control.ts';
import { readEvents } from './read-events.ts';

test('streams counts each second, publishes and plans, and ends the stream when control stops', async (t) => {
  const running = await startControl();
  let stopped = false;
  t.after(() => (stopped ? undefined : running.stop()));
  const response = await running.admin.raw('GET', '/events');
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = readEvents(response);
  await running.clock.advance(1000);
  assert.deepEqual(await events.next('counts'), { queued: 0, running: 1, waiting: 0, held: 0, completed: 2, failed: 0, cancelled: 0 });
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  await running.admin.call('POST', '/flows/flw_a/publish', {});
  assert.deepEqual(await events.next('flow'), { flowId: 'flw_a', version: 1 });
  await running.control.flushPlan();
  assert.deepEqual(Object.keys(await events.next('plan')), ['number']);
  const began = performance.now();
  stopped = true;
  await running.stop();
  await events.end();
  assert.ok(performance.now() - began < 5000);
});

test('refuses the events of one page too many, in all or of one account, and the pages before it go on', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const leave = new AbortController();
  t.after(() => leave.abort());
  const open = ({ cookie = '' }: Client) =>
    fetch(`${running.control.address}/api/v1/events`, { headers: { cookie }, signal: leave.signal });
  // Keep a reference: fetch closes the connection of a response that is no longer referenced.
  const opened: Response[] = [];
  for (let number = 0; number < 10; number++) {
    const person = await running.person(`viewer-${number}`, ['viewer']);
    const pages = await Promise.all(Array.from({ length: 20 }, () => open(person)));
    assert.ok(pages.every((page) => page.status === 200));
    opened.push(...pages);
    const refused = await open(person);
    assert.equal(refused.status, 429);
    assert.match(await refused.text(), /EVENTS_FULL/);
  }
  assert.equal((await open(running.admin)).status, 429, 'two hundred in all');
  assert.equal(opened.length, 200);
});

for (const [happened, change] of [
  ['lost all its roles', { roles: [], disabled: false }],
  ['was disabled', { roles: ['viewer'], disabled: true }],
] as const) {
  test(`stops the events of an account that ${happened}`, async (t) => {
    const running = await startControl();
    t.after(running.stop);
    const viewer = await running.person('viewer', ['viewer']);
    const events = readEvents(await viewer.raw('GET', '/events'));
    const { items } = (await running.admin.call('GET', '/accounts')).body;
    const { revision } = items.find((item: { name: string }) => item.name === 'viewer');
    await running.admin.call('PUT', '/accounts/viewer', { displayName: 'viewer', revision, ...change });
    for (let second = 0; second < 6; second++) await running.clock.advance(1000);
    await events.end();
  });
}

test('stops the events of a page whose session ended', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const events = readEvents(await running.admin.raw('GET', '/events'));
  await running.admin.call('POST', '/logout', {});
  for (let second = 0; second < 6; second++) await running.clock.advance(1000);
  await events.end();
});

test('describes every route in a valid OpenAPI 3.1 document, and the page works without the outside world', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const document = (await running.admin.call('GET', '/api/docs/json')).body;
  assert.equal(document.components.securitySchemes.session.name, 'kq_session');
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.ok(document.info.title.length > 0 && document.info.version.length > 0);
  const ids = new Set<string>();
  for (const { method, path } of ROUTES) {
    const place = `/api/v1${path.replace(/:(\w+)/g, '{$1}')}`;
    const operation = document.paths[place]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${place}`);
    assert.ok(!ids.has(operation.operationId), `${operation.operationId} is there twice`);
    ids.add(operation.operationId);
    const named = (operation.parameters ?? [])
      .filter((parameter: { in: string }) => parameter.in === 'path')
      .map((parameter: { name: string }) => parameter.name);
    assert.deepEqual(named.sort(), [...path.matchAll(/:(\w+)/g)].map((match) => match[1]).sort(), place);
    assert.ok(
      Object.values(operation.responses).every((response) => typeof (response as { description: unknown }).description === 'string'),
    );
  }
  assert.deepEqual(unresolved(document), []);
  const flow = document.paths['/api/v1/flows/{flowId}'].put.requestBody.content['application/json'].schema;
  assert.match(flow.properties.deadlineMs.description, /流程时限.*Deadline: In a sync flow/, 'a field is described in both languages');
  const page = await running.client().raw('GET', '/api/docs');
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.doesNotMatch(policy, /https:|http:|unsafe-eval/);
  assert.doesNotMatch(await page.text(), /(src|href)="https?:/);
  const script = await (await running.client().raw('GET', '/api/docs/static/swagger-initializer.js')).text();
  assert.doesNotThrow(() => new Function(script));
  assert.match(script, /x-kq-client/, 'calls from the page are taken for our own');
});

test('the page of the API runs no action, whatever way a path takes', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const token = await running.control.issueToken('admin', 'test', 60_000);
  const agent = new Agent();
  t.after(() => agent.close());
  for (const path of ['/api/docs/../v1/me', '/api/docs/%2e%2e/v1/me', '/api/docs/nothing']) {
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await agent.request({ origin: running.control.address, path, method: 'GET', headers });
    assert.deepEqual([statusCode, ((await body.json()) as { code: string }).code], [404, 'ROUTE_UNKNOWN'], path);
  }
});

test('serves the console under every address with strict headers, its own nonce and no inline script', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const nonces = new Set<string>();
  for (const path of ['/', '/flows/flw_a', '/messages']) {
    const response = await fetch(`${running.control.address}${path}`);
    const html = await response.text();
    assert.equal(response.status, 200, path);
    const policy = response.headers.get('content-security-policy') ?? '';
    const [, nonce = ''] = /style-src 'self' 'nonce-([\w-]{20,})'/.exec(policy) ?? [];
    assert.match(policy, /default-src 'none'.*script-src 'self';/);
    assert.ok(html.includes(`nonce="${nonce}"`) && !html.includes('{{nonce}}'), path);
    nonces.add(nonce);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\son\w+=|style=|https?:/);
    for (const [, file = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      assert.equal((await fetch(`${running.control.address}${file}`)).status, 200, file);
  }
  assert.equal(nonces.size, 3, 'every page has a nonce of its own');
});

test('answers health to anybody, metrics to this machine or who may read the system', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const metrics = (headers: Record<string, string>) => fetch(`${running.control.address}/metrics`, { headers });
  assert.equal((await fetch(`${running.control.address}/healthz`)).status, 200);
  assert.equal((await fetch(`${running.control.address}/readyz`)).status, 200);
  assert.match(await (await metrics({})).text(), /kangqiao_up/);
  assert.equal((await metrics({ 'x-forwarded-for': '203.0.113.9' })).status, 401, 'a proxy on this machine speaks for others');
  assert.equal((await metrics({ 'x-forwarded-for': '203.0.113.9', cookie: running.admin.cookie ?? '' })).status, 200);
});

test('knows whom a trusted proxy speaks for, and believes no other', async (t) => {
  for (const [trustedProxies, seen] of [
    [['127.0.0.0/8'], '203.0.113.9'],
    [[], '127.0.0.1'],
  ] as const) {
    const running = await startControl({ settings: { host: '127.0.0.1', port: 0, defaultAppId: 'default', trustedProxies } });
    t.after(running.stop);
    await running.client().call('POST', '/login', { name: 'admin', password: 'wrong' }, { 'x-forwarded-for': '203.0.113.9' });
    const auditor = await running.person('ines', ['audit-admin']);
    const { body } = await auditor.call('GET', '/audit?limit=100');
    const failed = body.items.find((entry: { outcome?: string }) => entry.outcome === 'LOGIN_REFUSED');
    assert.equal(failed?.from, seen, JSON.stringify(body).slice(0, 600));
  }
});

test('says what is wrong with an address, a method or a body that is too large', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  assert.equal((await running.admin.call('GET', '/nothing')).body.code, 'ROUTE_UNKNOWN');
  const large = await running.admin.raw('POST', '/flows/validate', {
    body: `"${'x'.repeat(11_000_000)}"`,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(large.status, 413);
  const json = { 'content-type': 'application/json' };
  const problemOf = async (body: string, headers: Record<string, string>) => {
    const answer = await running.admin.raw('POST', '/flows/validate', { body, headers });
    return ((await answer.json()) as { values: { problem: string } }).values.problem;
  };
  assert.deepEqual(
    [await problemOf('{', json), await problemOf('', json), await problemOf('<a/>', { 'content-type': 'application/xml' })],
    ['json', 'json', 'media-type'],
  );
});

test('a body of 10 MB may hold a document or a message; all others end at 1 MB, and no body has more than a million values', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const send = async (method: string, path: string, body: string) => {
    const answer = await running.admin.raw(method, path, { body, headers: { 'content-type': 'application/json' } });
    return { status: answer.status, ...((await answer.json()) as { code?: string; values?: { limit: number } }) };
  };
  const text = `{"a":"${'x'.repeat(1_100_000)}"}`;
  for (const [method, path] of [
    ['POST', '/flows/flw_x/visit'],
    ['PUT', '/secrets/his'],
    ['POST', '/requests'],
    ['POST', '/held/retry'],
  ] as const) {
    const { status, code, values } = await send(method, path, text);
    assert.deepEqual([status, code, values], [413, 'BODY_TOO_LARGE', { limit: 1024 }], path);
  }
  for (const [method, path] of [
    ['POST', '/flows/validate'],
    ['PUT', '/flows/flw_x'],
    ['POST', '/flows/trial'],
    ['PUT', '/code-tables/tbl_x'],
    ['POST', '/bundles/import'],
    ['POST', '/executions/exe_x/resend'],
  ] as const)
    assert.notEqual((await send(method, path, text)).status, 413, path);
  const values = await send('POST', '/flows/validate', `[${'{},'.repeat(3_300_000)}{}]`);
  assert.deepEqual([values.status, values.values], [413, { problem: 'values', limit: 1_000_000 }]);
});

test('does not wait for the body of who is not logged in, nor of what leads nowhere', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  for (const [path, status] of [
    ['/api/v1/flows/validate', 401],
    ['/api/v1/no-such-thing', 404],
    ['/no-such-thing', 404],
    ['/api/v1/login', 413],
  ] as const) {
    assert.equal(await answerToHalf(running.control.address, path), status, path);
  }
});

/** Sends the first bytes of a body of 9 MB and waits for the status. */
async function answerToHalf(address: string, path: string): Promise<number> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    'Content-Type: application/json',
    'X-Kq-Client: test',
    'Content-Length: 9000000',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n{"half":`);
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer.toString())?.[1]);
}

test('never listens beyond this machine without TLS', async () => {
  const { deps } = defaultDeps({ settings: { host: '0.0.0.0', port: 0, defaultAppId: 'default' } });
  await assert.rejects(createControl(deps), { code: 'LISTEN_PLAIN_REFUSED' });
});

/** References that lead nowhere in the document. */
function unresolved(document: unknown, value: unknown = document): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' && !leads(document, value.$ref) ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap((item) => unresolved(document, item))];
}

function leads(document: unknown, ref: string): boolean {
  if (!ref.startsWith('#/')) return false;
  return (
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/')], document) !== undefined
  );
}

test('serves TLS with HSTS and a cookie that browsers bind to this host', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-control-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { cert, key, ca } = await loadDevCertificates(folder, Date.now());
  const { deps } = defaultDeps({ settings: { host: '127.0.0.1', port: 0, defaultAppId: 'default', tls: { cert, key } } });
  const control = await createControl(deps);
  t.after(() => control.stop());
  assert.match(control.address, /^https:/);
  const first = control.firstAdministrator;
  assert.ok(first);
  const dispatcher = new Agent({ connect: { ca } });
  t.after(() => dispatcher.close());
  const { headers, statusCode } = await request(`${control.address}/api/v1/login`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json', 'x-kq-client': 'test', origin: control.address },
    body: JSON.stringify({ name: first.name, password: first.oneTimePassword }),
  });
  assert.equal(statusCode, 200);
  assert.match(String(headers['set-cookie']), /^__Host-kq_session=.*Secure/);
  assert.match(String(headers['strict-transport-security']), /max-age/);
  const docs = await request(`${control.address}/api/docs/json`, { dispatcher });
  assert.match(await docs.body.text(), /"name":"__Host-kq_session"/);
});

test('connections of one address that say nothing keep nobody else out', async (t) => {
  const running = await startControl();
  const silent: Socket[] = [];
  t.after(async () => {
    for (const socket of silent) socket.destroy();
    await running.stop();
  });
  const { hostname, port } = new URL(running.control.address);
  for (let round = 0; round < 22; round++) {
    const opened = Array.from({ length: 100 }, () => connect(Number(port), hostname).on('error', () => undefined));
    silent.push(...opened);
    await Promise.all(opened.map((socket) => once(socket, 'connect').catch(() => undefined)));
  }
  const other = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.2' });
  other.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(other, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
  other.destroy();
  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
});
