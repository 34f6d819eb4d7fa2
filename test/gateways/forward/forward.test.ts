/** Gateways in the DMZ that hand their calls over mTLS to bus gateways inside: real sockets, real certificates, real proofs. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { Tracer } from '../../../engine/contract/observe.ts';
import { createMessage } from '../../../engine/contract/message.ts';
import type { FlowCall, FlowResult } from '../../../engine/contract/run-flow.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { ForwardNode, GatewayPlan } from '../../../gateways/contract.ts';
import { openInside, type Inside } from '../../../gateways/forward/open-inside.ts';
import { RELAY_HEADER, writeNodeRequest } from '../../../gateways/forward/relay-header.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import { buildInterface, buildPlan, createTestKey, signRequest, type TestKey } from '../support/city-plan.ts';
import {
  callGateway,
  callSigned,
  echo,
  makeCertificate,
  memoryState,
  startGateway,
  type TestAnswer,
  type TestGateway,
} from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const shared = memoryState();
const tokens = { issuer: 'https://id.example.cn', audience: 'kangqiao' };
let reply: (call: FlowCall) => FlowResult | Promise<FlowResult> = echo;
let sm2: TestKey;
let hmac: TestKey;
let issuerKey: CryptoKey;
let plan: GatewayPlan;
let insideCertificate: Certificate;
let openCertificate: Certificate;
let userCertificate: Certificate;
let strange: Certificate;
let nodes: readonly ForwardNode[];
let inner: TestGateway;
let other: TestGateway;
let dmz: TestGateway;
let dmzAgain: TestGateway;
const ending: (() => Promise<void>)[] = [];

const fingerprint = ({ cert }: Certificate) => new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
const urlOf = (port: number) => `https://localhost:${port}`;

before(async () => {
  const service = createServer((incoming, response) => {
    let size = 0;
    incoming.on('data', (chunk: Buffer) => (size += chunk.length));
    incoming.on('end', () => response.writeHead(201, ['set-cookie', 'a=1', 'set-cookie', 'b=2']).end(String(size)));
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  ending.push(async () => void service.close());
  [insideCertificate, openCertificate, userCertificate, strange] = (await Promise.all([1, 2, 3, 4].map(makeCertificate))) as Four;
  sm2 = await createTestKey('SM2-SM3', 'app-sm2');
  hmac = await createTestKey('HMAC-SM3', 'app-hmac');
  const pair = await generateKeyPair('ES256');
  issuerKey = pair.privateKey;
  plan = await buildPlan(
    [sm2, hmac],
    [
      buildInterface(),
      buildInterface({ interfaceId: 'ifc_read', method: 'GET', path: '/open/v1/reports/:id' }),
      buildInterface({ interfaceId: 'ifc_strict', path: '/open/v1/strict', requestSchema: { type: 'object', required: ['name'] } }),
      buildInterface({ interfaceId: 'ifc_district', path: '/open/v1/district', domain: 'district' }),
      buildInterface({ interfaceId: 'ifc_user', front: 'user', method: 'GET', path: '/user/v1/reports' }),
      buildInterface({
        ...{ interfaceId: 'ifc_images', front: 'user', path: '/user/v1/images' },
        target: { kind: 'upstream', instances: [`http://127.0.0.1:${(service.address() as AddressInfo).port}`] },
      }),
      buildInterface({ interfaceId: 'ifc_bus', front: 'bus', path: '/bus/v1/notes' }),
    ],
    { userTokenKeys: [{ kid: 'es', ...tokens, alg: 'ES256', publicPem: await exportSPKI(pair.publicKey) }] },
  );
  nodes = [
    { fingerprint: fingerprint(openCertificate), front: 'open', domains: ['city'] },
    { fingerprint: fingerprint(userCertificate), front: 'user', domains: ['city'] },
  ];
  [inner, other] = [await startInner(), await startInner()];
  [dmz, dmzAgain] = [await startDmz([inner]), await startDmz([other])];
});
after(async () => {
  for (const end of ending.reverse()) await end();
});

type Four = [Certificate, Certificate, Certificate, Certificate];

async function startInner(tracer?: Tracer): Promise<TestGateway> {
  const settings = { tls: insideCertificate, forwardNodes: nodes };
  const started = await startGateway(plan, { front: 'bus', settings, shared, reply: (call) => reply(call), ...(tracer && { tracer }) });
  ending.push(() => started.stop());
  return started;
}

function connect(ports: readonly number[], certificate: Certificate): Inside {
  const inside = openInside({
    addresses: ports.map(urlOf),
    tls: { ...certificate, ca: insideCertificate.cert },
    clock: wallClock(),
  });
  ending.push(() => inside.close());
  return inside;
}

/** It serves the plan that it is handed, and nothing else. */
async function startDmz(
  inners: readonly (TestGateway | number)[],
  {
    front = 'open',
    certificate = openCertificate,
    given,
    tracer,
  }: { front?: 'open' | 'user'; certificate?: Certificate; given?: GatewayPlan; tracer?: Tracer } = {},
): Promise<TestGateway> {
  const ports = inners.map((one) => (typeof one === 'number' ? one : one.gateway.port));
  const inside = connect(ports, certificate);
  const started = await startGateway(given ?? (await inside.newer(0)), {
    front,
    inside,
    ...(tracer && { tracer }),
    shared: { claimOnce: () => assert.fail('no nonce is claimed in the DMZ') },
  });
  ending.push(() => started.stop());
  return started;
}

/** As a node would ask inside, but with whatever certificate and words. */
function ask(
  certificate: Certificate | undefined,
  target: string,
  headers: Readonly<Record<string, string>>,
  gateway = inner,
): Promise<TestAnswer> {
  return callGateway(gateway.gateway, {
    method: 'POST',
    target,
    headers,
    body: '{"hospital":"A"}',
    ...(certificate === undefined ? {} : { tls: certificate }),
  });
}

function citizenToken(): Promise<string> {
  return new SignJWT({ sub: 'citizen-1' })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .setIssuer(tokens.issuer)
    .setAudience(tokens.audience)
    .setExpirationTime('1 min')
    .sign(issuerKey);
}

function sendChunked({ port }: TestGateway['gateway'], path: string, headers: Readonly<Record<string, string>>, body: Buffer) {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path, headers: { host: 'localhost', ...headers } }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    sent.on('error', reject);
    sent.write(body.subarray(0, 1000));
    sent.end(body.subarray(1000));
  });
}

const relay = writeNodeRequest({
  kind: 'call',
  host: 'localhost',
  relay: { traceId: 'trace-of-the-test', clientIp: '192.0.2.7', leftMs: 2000, traceparent: undefined },
});

test('carries a signed call inside as it came, and the answer that was signed there back', async () => {
  for (const key of [sm2, hmac]) {
    const headers = [
      ['content-type', 'application/json'],
      ['idempotency-key', 'book-1'],
      ['x-kq-trace', 'trace-of-the-caller'],
    ] as const;
    const signed = await signRequest(key, { query: 'day=2026-01-01&q=a+b', host: 'bus.example.cn', headers });
    const answer = await callSigned(dmz.gateway, signed, { accept: '*/*' });
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(JSON.parse(answer.body.toString()), { body: { hospital: 'A' }, query: { day: '2026-01-01', q: 'a+b' }, params: {} });
    assert.equal(await signsAnswer(answer, signed, key, plan), true);
    const call = inner.calls.at(-1)!;
    assert.deepEqual(call.caller, { interfaceId: 'ifc_book', appId: key.appId, idempotencyKey: 'book-1' });
    assert.equal(call.traceId, 'trace-of-the-caller');
    assert.equal(answer.headers['x-kq-trace'], 'trace-of-the-caller');
    assert.equal(call.message.headers[RELAY_HEADER], undefined);
  }
  assert.equal(dmz.calls.length, 0, 'nothing runs in the DMZ');
});

test('spans of the DMZ and of the inside belong to one trace', async () => {
  const begun: { readonly name: string; readonly traceId: string | undefined; readonly parent: string | undefined }[] = [];
  const tracer = (of: string): Tracer => ({
    root(name, traceId, _start, parent) {
      begun.push({ name: `${of} ${name}`, traceId, parent });
      return { traceparent: `00-${traceId}-${of === 'dmz' ? 'd'.repeat(16) : 'a'.repeat(16)}-01`, end: () => undefined };
    },
    child: () => undefined,
  });
  const inside = await startInner(tracer('inside'));
  const node = await startDmz([inside], { tracer: tracer('dmz') });
  assert.equal((await callSigned(node.gateway, await signRequest(sm2))).status, 200);
  const traceId = inside.calls[0]!.traceId;
  assert.deepEqual(
    begun.filter(({ name }) => name.endsWith('/open/v1/appointments')),
    [
      { name: 'dmz POST /open/v1/appointments', traceId, parent: undefined },
      { name: 'inside POST /open/v1/appointments', traceId, parent: `00-${traceId}-${'d'.repeat(16)}-01` },
    ],
  );
});

test('carries a citizen’s call with his token, and the deadline that is left', async () => {
  const node = await startDmz([inner], { front: 'user', certificate: userCertificate });
  const headers = { authorization: `Bearer ${await citizenToken()}`, 'x-request-deadline': String(Date.now() + 1500) };
  const answer = await callGateway(node.gateway, { target: '/user/v1/reports', headers });
  assert.equal(answer.status, 200, answer.body.toString());
  const call = inner.calls.at(-1)!;
  assert.equal(call.caller.userId, 'citizen-1');
  assert.ok(call.deadlineMs <= Number(headers['x-request-deadline']));
  const forged = { authorization: `${headers.authorization.slice(0, -8)}AAAAAAAA` };
  assert.equal((await callGateway(node.gateway, { target: '/user/v1/reports', headers: forged })).code, 'GW40101');
});

test('bodies arrive whole: chunked on the open front, streamed to a service on the user front; a stream meets no second gateway', async () => {
  const large = Buffer.alloc(300_000, 'x');
  const signed = await signRequest(sm2, { body: JSON.stringify({ text: large.toString() }) });
  const chunked = { ...Object.fromEntries(signed.headers), authorization: signed.authorization, 'transfer-encoding': 'chunked' };
  const answer = await sendChunked(dmz.gateway, '/open/v1/appointments', chunked, signed.body);
  assert.deepEqual([answer.status, answer.text.length > large.length], [200, true]);
  const node = await startDmz([inner], { front: 'user', certificate: userCertificate });
  const headers = { authorization: `Bearer ${await citizenToken()}`, 'content-type': 'application/octet-stream' };
  const upload = { method: 'POST', target: '/user/v1/images', headers, body: large };
  const uploaded = await callGateway(node.gateway, upload);
  assert.deepEqual([uploaded.status, uploaded.body.toString(), uploaded.headers['set-cookie']], [201, '300000', ['a=1', 'b=2']]);
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  ending.push(() => proxy.stop());
  proxy.refuse();
  const down = await startDmz([proxy.port, proxy.port], {
    front: 'user',
    certificate: userCertificate,
    given: (await connect([inner.gateway.port], userCertificate).newer(0))!,
  });
  assert.equal((await callGateway(down.gateway, upload)).code, 'GW50305');
});

test('a replay through another DMZ gateway and another gateway inside is refused, and that refusal is signed', async () => {
  const signed = await signRequest(sm2);
  assert.equal((await callSigned(dmz.gateway, signed)).status, 200);
  const replayed = await callSigned(dmzAgain.gateway, signed);
  assert.equal(replayed.code, 'GW40104');
  assert.equal(await signsAnswer(replayed, signed, sm2, plan), true);
});

test('what is decided about a caller who proved himself is decided, and signed, inside', async () => {
  const signed = await signRequest(sm2, { path: '/open/v1/strict', body: '{}' });
  const answer = await callSigned(dmz.gateway, signed);
  assert.equal(answer.code, 'GW42201');
  assert.equal(await signsAnswer(answer, signed, sm2, plan), true);
});

test('refuses in the DMZ what is forged, too old or unknown, and lets nothing of it inside', async () => {
  const before = inner.calls.length + other.calls.length;
  const requests = inner.gateway.stats().requests;
  const signed = await signRequest(sm2);
  assert.equal((await callSigned(dmz.gateway, { ...signed, body: Buffer.from('{"hospital":"B"}') })).code, 'GW40103');
  assert.equal((await callSigned(dmz.gateway, await signRequest(sm2, { ts: Date.now() - 400_000 }))).code, 'GW40102');
  assert.equal((await callSigned(dmz.gateway, await signRequest(sm2, { path: '/open/v1/district' }))).code, 'GW40401');
  assert.equal((await callSigned(dmz.gateway, { ...signed, path: '/bus/v1/notes' })).code, 'GW40401');
  const claimed = await signRequest(hmac, {
    headers: [
      ['content-type', 'application/json'],
      [RELAY_HEADER, relay],
    ],
  });
  assert.equal((await callSigned(dmz.gateway, claimed)).code, 'GW40001', 'the word of a node is not for callers');
  assert.equal(inner.gateway.stats().requests, requests);
  assert.equal(inner.calls.length + other.calls.length, before);
});

test('inside proves every call again: a node that was broken into can alter, repeat and widen nothing', async () => {
  const before = inner.calls.length;
  const signed = await signRequest(sm2);
  const headers = { ...Object.fromEntries(signed.headers), authorization: signed.authorization, [RELAY_HEADER]: relay };
  const send = (target: string, more: Readonly<Record<string, string>> = {}) => ask(openCertificate, target, { ...headers, ...more });
  assert.equal(
    (await ask(openCertificate, '/open/v1/appointments', { 'content-type': 'application/json', [RELAY_HEADER]: relay })).code,
    'GW40101',
    'no proof',
  );
  assert.equal((await send('/open/v1/appointments?more=1')).code, 'GW40103', 'another query');
  assert.equal((await send('/open/v1/strict')).code, 'GW40103', 'another path');
  assert.equal((await send('/open/v1/appointments', { 'content-type': 'text/plain' })).code, 'GW40103', 'another header');
  assert.equal((await send('/open/v1/appointments', { 'idempotency-key': 'mine' })).code, 'GW40103', 'a further header');
  assert.equal(
    (await callGateway(inner.gateway, { method: 'POST', target: '/open/v1/appointments', headers, body: '{}', tls: openCertificate })).code,
    'GW40103',
  );
  const elsewhere = relay.replace('host=localhost', 'host=other.example.cn');
  assert.equal((await send('/open/v1/appointments', { [RELAY_HEADER]: elsewhere })).code, 'GW40103', 'another host');
  assert.equal((await ask(userCertificate, '/user/v1/reports', { ...headers, authorization: 'Bearer x.y.z' })).code, 'GW40501');
  assert.equal(inner.calls.length, before);
  assert.equal((await send('/open/v1/appointments')).status, 200, 'none of that has burnt the nonce');
  assert.equal((await send('/open/v1/appointments')).code, 'GW40104');
});

test('takes from a certificate only interfaces of its own front and domain, and from a strange one nothing', async () => {
  const before = inner.calls.length;
  const onPath = async (path: string) => {
    const signed = await signRequest(sm2, { path });
    return { path, headers: { ...Object.fromEntries(signed.headers), authorization: signed.authorization, [RELAY_HEADER]: relay } };
  };
  const district = await onPath('/open/v1/district');
  assert.equal((await ask(openCertificate, district.path, district.headers)).code, 'GW40401', 'another domain');
  const bus = await onPath('/bus/v1/notes');
  assert.equal((await ask(openCertificate, bus.path, bus.headers)).code, 'GW40401', 'the bus front itself');
  const open = await onPath('/open/v1/appointments');
  assert.equal((await ask(userCertificate, open.path, open.headers)).code, 'GW40401', 'another front');
  for (const certificate of [strange, undefined]) {
    const refused = await ask(certificate, open.path, open.headers);
    assert.deepEqual([refused.code, refused.headers[RELAY_HEADER]], ['GW40101', 'not-taken']);
  }
  const { [RELAY_HEADER]: _relay, ...plain } = open.headers;
  assert.equal((await ask(openCertificate, open.path, plain)).code, 'GW40401', 'a node may speak as a node alone');
  assert.equal(
    (await ask(openCertificate, open.path, { ...open.headers, [RELAY_HEADER]: 'ip=nobody' })).headers[RELAY_HEADER],
    'not-taken',
  );
  assert.equal(inner.calls.length, before);
});

test('the plan that is handed out holds no secret of a caller, of the platform or of what lies behind', async () => {
  const handed = (await connect([inner.gateway.port], openCertificate).newer(0))!;
  assert.deepEqual(
    handed.interfaces.map(({ interfaceId }) => interfaceId),
    ['ifc_book', 'ifc_read', 'ifc_strict'],
  );
  const text = JSON.stringify(handed);
  for (const secret of [hmac.document.secret!, plan.platformKey.privatePem!.slice(40, 80), 'PRIVATE KEY', 'ifc_district'])
    assert.ok(!text.includes(secret));
  assert.equal(await connect([inner.gateway.port], openCertificate).newer(plan.number), undefined);
  await assert.rejects(connect([inner.gateway.port], strange).newer(0), { code: 'FORWARD_NOT_TAKEN' });
  for (const file of await readdir(dmz.logFolder)) assert.ok(!(await readFile(join(dmz.logFolder, file), 'utf8')).includes('"in"'));
});

test('with no gateway inside, or one that will not have this node, a call is answered 503 with Retry-After; the next one is asked first', async () => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  ending.push(() => proxy.stop());
  proxy.refuse();
  const handed = await connect([inner.gateway.port], openCertificate).newer(0);
  const alone = await startDmz([proxy.port], { given: handed! });
  for (const node of [alone, await startDmz([inner], { certificate: strange, given: handed! })]) {
    const answer = await callSigned(node.gateway, await signRequest(sm2));
    assert.deepEqual([answer.status, answer.code, Number(answer.headers['retry-after']) >= 1], [503, 'GW50305', true]);
  }
  const both = await startDmz([proxy.port, inner], { given: handed! });
  for (let i = 0; i < 3; i += 1) assert.equal((await callSigned(both.gateway, await signRequest(sm2))).status, 200);
  proxy.heal();
  assert.equal((await callSigned(alone.gateway, await signRequest(sm2))).status, 200, 'and goes on by itself');
});

test('when the gateway inside dies in mid-call a write is unknown, is sent nowhere else, and is asked for with its key; a read may be asked again', async (t) => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  ending.push(() => proxy.stop());
  t.after(() => (reply = echo));
  for (const [request, code] of [
    [{}, 'GW50402'],
    [{ method: 'GET', path: '/open/v1/reports/7', body: '' }, 'GW50305'],
  ] as const) {
    const node = await startDmz([proxy.port, other]);
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<FlowResult>();
    reply = () => (begun.resolve(), done.promise);
    const called = inner.calls.length + other.calls.length;
    // In turn: one of two calls meets the gateway behind the proxy.
    const answers = [await signRequest(sm2, request), await signRequest(sm2, request)].map((signed) => callSigned(node.gateway, signed));
    await begun.promise;
    while (inner.calls.length + other.calls.length < called + 2) await new Promise((resolve) => setImmediate(resolve));
    proxy.cut();
    const first = await Promise.race(answers);
    done.resolve({
      outcome: 'replied',
      executionId: 'exe_1',
      repeated: false,
      reply: { status: 200, headers: {}, message: createMessage({}) },
    });
    assert.equal(first.code, code);
    assert.deepEqual((await Promise.all(answers)).map(({ status }) => status).sort(), [200, first.status]);
    assert.equal(inner.calls.length + other.calls.length, called + 2, 'nothing is sent twice');
  }
});

test('while a gateway inside drains and stops under load, every call is answered', async () => {
  const [left, right] = [await startInner(), await startInner()];
  const node = await startDmz([left, right]);
  const answers: Promise<TestAnswer>[] = [];
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const answer = callSigned(node.gateway, await signRequest(hmac));
      answers.push(answer);
      await answer;
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  await left.stop();
  isOver = true;
  await Promise.all(callers);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], [200], `of ${statuses.length} calls`);
  assert.ok(right.calls.length > left.calls.length);
});

test('a refusal of the flow keeps its Retry-After and its signature on the way out', async (t) => {
  t.after(() => (reply = echo));
  reply = () => ({
    outcome: 'failed',
    executionId: 'exe_1',
    error: { code: 'STORE_DOWN', kind: 'transient', message: 'down', retryAfterMs: 7000 },
  });
  const signed = await signRequest(sm2);
  const answer = await callSigned(dmz.gateway, signed);
  assert.deepEqual([answer.status, answer.code, answer.headers['retry-after']], [503, 'GW50303', '7']);
  assert.equal(await signsAnswer(answer, signed, sm2, plan), true);
});
