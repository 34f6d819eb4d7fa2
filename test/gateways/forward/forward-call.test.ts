/** What a gateway in the DMZ forwards inside and back, and its response if no gateway inside is reachable. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { Tracer } from '../../../engine/contract/values/observe.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import type { Front } from '../../../engine/contract/access/access.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { GatewayQuestion } from '../../../gateways/documents/gateway-questions.ts';
import { createReply } from '../../../gateways/remote/reply-about-gateways.ts';
import { testSeal } from '../support/test-seal.ts';
import { RELAY_HEADER } from '../../../gateways/forward/relay-header.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import { createEnvelopes } from '../../../sdk/public.ts';
import { crypto, signRequest } from '../support/city-plan.ts';
import { openDmzLab, type DmzLab } from '../support/dmz-lab.ts';
import { callGateway, callSigned, echo, type TestAnswer, type TestGateway } from '../support/start-gateway.ts';
import { signsAnswer } from '../support/verify-answer.ts';

let lab: DmzLab;
let inner: TestGateway;
let other: TestGateway;
let dmz: TestGateway;

before(async () => {
  lab = await openDmzLab();
  [inner, other] = [await lab.startInner(), await lab.startInner()];
  dmz = await lab.startDmz([inner]);
});
after(() => lab.close());

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

/** For a head with everything except how the connection continues. */
async function sendRaw(port: number, head: string): Promise<string> {
  let text = '';
  const socket = connect(port, '127.0.0.1');
  socket.write(`${head}Connection: close\r\n\r\n`);
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('carries a signed call inside as it came, and the answer that was signed there back', async () => {
  for (const key of [lab.sm2, lab.hmac]) {
    const headers = [
      ['content-type', 'application/json'],
      ['idempotency-key', 'book-1'],
      ['x-kq-trace', 'trace-of-the-caller'],
    ] as const;
    const signed = await signRequest(key, { query: 'day=2026-01-01&q=a+b', host: 'bus.example.cn', headers });
    const answer = await callSigned(dmz.gateway, signed, { accept: '*/*' });
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(JSON.parse(answer.body.toString()), { body: { hospital: 'A' }, query: { day: '2026-01-01', q: 'a+b' }, params: {} });
    assert.equal(await signsAnswer(answer, signed, key, lab.plan), true);
    const call = inner.calls.at(-1)!;
    assert.deepEqual(call.caller, { interfaceId: 'ifc_book', appId: key.appId, idempotencyKey: 'book-1' });
    assert.equal(call.traceId, 'trace-of-the-caller');
    assert.equal(answer.headers['x-kq-trace'], 'trace-of-the-caller');
    assert.equal(call.message.headers[RELAY_HEADER], undefined);
  }
  assert.equal(dmz.calls.length, 0, 'nothing runs in the DMZ');
});

test('a call through the DMZ is found by the front that it came to, and its bodies are opened', async () => {
  const { headers } = await callSigned(dmz.gateway, await signRequest(lab.sm2));
  const traceId = headers['x-kq-trace']!;
  const replies = [inner, other].map(({ gateway, logFolder: folder }) =>
    createReply({ folder, processId: 'p', seal: testSeal, clock: wallClock(), gateways: () => ({ bus: gateway }) }),
  );
  const ask = async (question: GatewayQuestion) => Promise.all(replies.map((reply) => reply(question, () => false)));
  const find = async (front: Front) => {
    const found = await ask({ kind: 'find-calls', query: { traceId, front }, limit: 5 });
    return found.flatMap((reply) => (reply.kind === 'find-calls' ? reply.calls : []));
  };
  const [call, ...more] = await find('open');
  assert.deepEqual([call?.front, more.length, (await find('bus')).length], ['open', 0, 0]);
  const { at, interfaceId } = call!;
  const opened = await ask({ kind: 'open-call', call: { traceId, at, front: 'open', interfaceId: interfaceId! } });
  assert.ok(opened.some((reply) => reply.kind === 'open-call' && reply.opened !== undefined && reply.opened !== 'damaged'));
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
  const inside = await lab.startInner(tracer('inside'));
  const node = await lab.startDmz([inside], { tracer: tracer('dmz') });
  assert.equal((await callSigned(node.gateway, await signRequest(lab.sm2))).status, 200);
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
  const node = await lab.startDmz([inner], { front: 'user', certificate: lab.certificates.user });
  const headers = { authorization: `Bearer ${await lab.citizenToken()}`, 'x-request-deadline': String(Date.now() + 1500) };
  const answer = await callGateway(node.gateway, { target: '/user/v1/reports', headers });
  assert.equal(answer.status, 200, answer.body.toString());
  const call = inner.calls.at(-1)!;
  assert.equal(call.caller.user?.subject, 'citizen-1');
  assert.ok(call.deadlineMs <= Number(headers['x-request-deadline']));
  const forged = { authorization: `${headers.authorization.slice(0, -8)}AAAAAAAA` };
  assert.equal((await callGateway(node.gateway, { target: '/user/v1/reports', headers: forged })).code, 'GW40101');
});

test('bodies arrive whole: chunked on the open front, streamed to a service on the user front; a stream meets no second gateway', async () => {
  const large = Buffer.alloc(300_000, 'x');
  const signed = await signRequest(lab.sm2, { body: JSON.stringify({ text: large.toString() }) });
  const chunked = { ...Object.fromEntries(signed.headers), authorization: signed.authorization, 'transfer-encoding': 'chunked' };
  const answer = await sendChunked(dmz.gateway, '/open/v1/appointments', chunked, signed.body);
  assert.deepEqual([answer.status, answer.text.length > large.length], [200, true]);
  const node = await lab.startDmz([inner], { front: 'user', certificate: lab.certificates.user });
  const headers = { authorization: `Bearer ${await lab.citizenToken()}`, 'content-type': 'application/octet-stream' };
  const upload = { method: 'POST', target: '/user/v1/images', headers, body: large };
  const uploaded = await callGateway(node.gateway, upload);
  assert.deepEqual([uploaded.status, uploaded.body.toString(), uploaded.headers['set-cookie']], [201, '300000', ['a=1', 'b=2']]);
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  lab.own(() => proxy.stop());
  proxy.refuse();
  const down = await lab.startDmz([proxy.port, proxy.port], {
    front: 'user',
    certificate: lab.certificates.user,
    given: (await lab.connect([inner.gateway.port], lab.certificates.user).newer(0))!,
  });
  assert.equal((await callGateway(down.gateway, upload)).code, 'GW50305');
});

test('what is decided about a caller who proved himself is decided, and signed, inside', async () => {
  const signed = await signRequest(lab.sm2, { path: '/open/v1/strict', body: '{}' });
  const answer = await callSigned(dmz.gateway, signed);
  assert.equal(answer.code, 'GW42201');
  assert.equal(await signsAnswer(answer, signed, lab.sm2, lab.plan), true);
});

test('with no gateway inside, or one that will not have this node, a call is answered 503 with Retry-After; the next one is asked first', async () => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  lab.own(() => proxy.stop());
  proxy.refuse();
  const handed = await lab.connect([inner.gateway.port], lab.certificates.open).newer(0);
  const alone = await lab.startDmz([proxy.port], { given: handed! });
  for (const node of [alone, await lab.startDmz([inner], { certificate: lab.certificates.strange, given: handed! })]) {
    const answer = await callSigned(node.gateway, await signRequest(lab.sm2));
    assert.deepEqual([answer.status, answer.code, Number(answer.headers['retry-after']) >= 1], [503, 'GW50305', true]);
  }
  const both = await lab.startDmz([proxy.port, inner], { given: handed! });
  for (let i = 0; i < 3; i += 1) assert.equal((await callSigned(both.gateway, await signRequest(lab.sm2))).status, 200);
  proxy.heal();
  assert.equal((await callSigned(alone.gateway, await signRequest(lab.sm2))).status, 200, 'and goes on by itself');
});

test('when the gateway inside dies in mid-call a write is unknown, is sent nowhere else, and is asked for with its key; a read may be asked again', async (t) => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  lab.own(() => proxy.stop());
  t.after(() => (lab.reply = echo));
  for (const [request, code] of [
    [{}, 'GW50402'],
    [{ method: 'GET', path: '/open/v1/reports/7', body: '' }, 'GW50201'],
  ] as const) {
    const node = await lab.startDmz([proxy.port, other]);
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<FlowResult>();
    lab.reply = () => (begun.resolve(), done.promise);
    const called = inner.calls.length + other.calls.length;
    // In turn: one of two calls meets the gateway behind the proxy.
    const answers = [await signRequest(lab.sm2, request), await signRequest(lab.sm2, request)].map((signed) =>
      callSigned(node.gateway, signed),
    );
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

const KEY = ['idempotency-key', 'book-7'] as const;
const TYPE = ['content-type', 'application/json'] as const;

test('of a call that is lost between the gateways the answer says what its caller may do: ask again, ask with the key, send anew, or find out', async (t) => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  lab.own(() => proxy.stop());
  const never = Promise.withResolvers<FlowResult>();
  t.after(() => (never.resolve({ outcome: 'unknown', executionId: 'exe_1' }), (lab.reply = echo)));
  const node = await lab.startDmz([proxy.port]);
  for (const [request, code, words, retryAfter] of [
    [{ method: 'GET', path: '/open/v1/reports/7', body: '' }, 'GW50201', /不可用/, '1'],
    [{ headers: [TYPE, KEY] }, 'GW50402', /使用相同 Idempotency-Key 查询/, undefined],
    [{ path: '/open/v1/put-down', headers: [TYPE, KEY] }, 'GW50402', /使用相同 Idempotency-Key 查询/, undefined],
    [{ path: '/open/v1/put-down' }, 'GW50402', /可以重新发送/, undefined],
    [{}, 'GW50402', /无法用 Idempotency-Key 查询：请先核实/, undefined],
  ] as const) {
    const begun = Promise.withResolvers<void>();
    lab.reply = () => (begun.resolve(), never.promise);
    const answered = callSigned(node.gateway, await signRequest(lab.sm2, request));
    await begun.promise;
    proxy.cut();
    const answer = await answered;
    assert.deepEqual([answer.code, answer.headers['retry-after']], [code, retryAfter]);
    assert.match(answer.body.toString(), words);
  }
});

test('a connection that died without a word ends a read with GW50401; a key that the service behind does not heed tells nothing', async () => {
  const proxy = await startFaultProxy({ targetPort: inner.gateway.port });
  lab.own(() => proxy.stop());
  const node = await lab.startDmz([proxy.port]);
  for (const [request, code, words] of [
    [{ method: 'GET', path: '/open/v1/short', body: '' }, 'GW50401', /响应超时/],
    [{ path: '/open/v1/ledger', headers: [TYPE, KEY] }, 'GW50402', /无法用 Idempotency-Key 查询/],
  ] as const) {
    proxy.heal();
    assert.equal((await callSigned(node.gateway, await signRequest(lab.sm2))).status, 200);
    proxy.swallow();
    const answer = await callSigned(node.gateway, await signRequest(lab.sm2, request));
    assert.equal(answer.code, code);
    assert.match(answer.body.toString(), words);
  }
});

test('as many and as large headers as a caller may send are handed over whole, and ours among them', async () => {
  const node = await lab.startDmz([inner], { front: 'user', certificate: lab.certificates.user });
  const authorization = `Bearer ${await lab.citizenToken()}`;
  const many = Array.from({ length: 2200 }, (_, i) => `${i.toString(36)}:\r\n`).join('');
  const large = `X-Large: ${'x'.repeat(15_000)}\r\n`;
  for (const headers of [many, large, 'X-A: 1\r\nX-B: 2\r\n'.repeat(500)]) {
    const before = inner.calls.length;
    const text = await sendRaw(
      node.gateway.port,
      `GET /user/v1/reports HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n${headers}`,
    );
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.equal(inner.calls.length, before + 1);
    assert.equal(inner.calls.at(-1)!.message.headers['x-b'], headers.startsWith('X-A') ? Array(500).fill('2').join(', ') : undefined);
  }
  const host = 'h'.repeat(256);
  assert.match(
    await sendRaw(node.gateway.port, `GET /user/v1/reports HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\n`),
    /GW40001/,
  );
});

test('while a gateway inside drains and stops under load, every call is answered', async () => {
  const [left, right] = [await lab.startInner(), await lab.startInner()];
  const node = await lab.startDmz([left, right]);
  const answers: Promise<TestAnswer>[] = [];
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const answer = callSigned(node.gateway, await signRequest(lab.hmac));
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
  t.after(() => (lab.reply = echo));
  lab.reply = () => ({
    outcome: 'failed',
    executionId: 'exe_1',
    error: { code: 'STORE_DOWN', kind: 'transient', message: 'down', retryAfterMs: 7000 },
  });
  const signed = await signRequest(lab.sm2);
  const answer = await callSigned(dmz.gateway, signed);
  assert.deepEqual([answer.status, answer.code, answer.headers['retry-after']], [503, 'GW50303', '7']);
  assert.equal(await signsAnswer(answer, signed, lab.sm2, lab.plan), true);
});

test('carries an envelope inside closed: it is opened there, and the answer comes back encrypted', async () => {
  const privatePem = lab.encryption.privatePems['app-sm2']!;
  const envelopes = createEnvelopes({ platformKey: { keyId: 'p2', publicPem: lab.encryption.platform.p2 }, privatePem });
  const nonce = Buffer.from(crypto.randomBytes(16)).toString('base64url');
  const { scheme, appId, keyId } = lab.sm2;
  const target = { method: 'POST', host: 'localhost', path: '/open/v1/appointments', query: '' };
  const head = { ...target, scheme, appId, keyId, ts: String(Date.now()), nonce };
  const signed = await signRequest(lab.sm2, {
    ...{ nonce, ts: Number(head.ts), body: Buffer.from(await envelopes.encrypt(head, Buffer.from('{"hospital":"甲"}'))) },
    headers: [
      ['content-type', 'application/json'],
      ['x-kq-enc', envelopes.cipher],
    ],
  });
  const answer = await callSigned(dmz.gateway, signed);
  assert.deepEqual([answer.status, answer.headers['x-kq-enc']], [200, envelopes.cipher], answer.body.toString());
  const opened = await envelopes.open(head, { headers: Object.entries(answer.headers), body: answer.body });
  assert.deepEqual((JSON.parse(Buffer.from(opened).toString()) as { body: unknown }).body, { hospital: '甲' });
});
