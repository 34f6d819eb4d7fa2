import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { FlowCall, FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { buildInterface, buildPlan, createTestKey, signRequest, type RequestFields, type TestKey } from '../support/city-plan.ts';
import { callSigned, startGateway, type TestGateway } from '../support/start-gateway.ts';

let started: TestGateway;
let key: TestKey;
let reply: (call: FlowCall) => FlowResult | Promise<FlowResult>;

before(async () => {
  key = await createTestKey('HMAC-SM3', 'app');
  started = await startGateway(await buildPlan([key], [buildInterface({ deadlineMs: 2_000 })]), { reply: (call) => reply(call) });
});
after(() => started.stop());

const call = async (result: FlowResult, fields: RequestFields = {}, extra: Record<string, string> = {}) => {
  reply = () => result;
  return callSigned(started.gateway, await signRequest(key, fields), extra);
};
const replied = (data: unknown, mediaType = 'application/json', headers = {}, repeated = false): FlowResult => ({
  ...{ outcome: 'replied', executionId: 'exe_1', repeated },
  reply: { status: 201, headers, message: createMessage(data, { mediaType }) },
});
const failed = (kind: 'input' | 'transient' | 'unknown-outcome' | 'bug', code = 'X_FAILED'): FlowResult => ({
  outcome: 'failed',
  executionId: 'exe_1',
  error: { code, kind, message: 'inside text' },
});

test('answers with what the flow replied, by its media type', async () => {
  const json = await call(
    replied({ ok: true }, 'application/json', { 'X-Own': '1', Connection: 'upgrade', 'X-KQ-Ts': '0', 'x-bad': 'a\r\nb' }),
  );
  assert.equal(json.status, 201);
  assert.equal(json.body.toString(), '{"ok":true}');
  assert.equal(json.headers['x-own'], '1');
  assert.equal(json.headers['x-bad'], undefined);
  assert.notEqual(json.headers['x-kq-ts'], '0');
  assert.equal((await call(replied('<a/>', 'text/xml'))).headers['content-type'], 'text/xml; charset=utf-8');
  assert.equal((await call(replied(Uint8Array.of(0xd5), 'text/xml'))).body.length, 1);
});

test('a body of too many values is refused with the limit, how many it has and what to do', async () => {
  reply = () => assert.fail('no flow is called');
  const body = Buffer.from(`[${'1,'.repeat(1_200_000)}1]`);
  const answer = await callSigned(started.gateway, await signRequest(key, { body }));
  const { code, message } = JSON.parse(answer.body.toString()) as { code: string; message: string };
  assert.deepEqual([answer.status, code], [413, 'GW41301']);
  assert.match(message, /1200002.*1000000.*(分几次|several requests)/);
});

test('says when the answer is a stored one', async () => {
  assert.equal((await call(replied({}, 'application/json', {}, true))).headers['x-kq-idempotent-replay'], 'true');
});

test('hands the Idempotency-Key, app and interface to the flow as the origin of its keys', async () => {
  await call(replied({}), {
    headers: [
      ['content-type', 'application/json'],
      ['idempotency-key', 'order-7'],
    ],
  });
  assert.deepEqual(started.calls.at(-1)!.caller, { interfaceId: 'ifc_book', appId: 'app', idempotencyKey: 'order-7' });
});

/** The status that the flow's author chose (`control.end`). */
function chosen(result: FlowResult, status: number): FlowResult {
  return result.outcome === 'failed' ? { ...result, error: { ...result.error, status } } : result;
}

test('gives each way a flow can end its own answer', async () => {
  const cases: [FlowResult, number, string | undefined][] = [
    [{ outcome: 'accepted', executionId: 'exe_1', repeated: false }, 202, undefined],
    [{ outcome: 'running', executionId: 'exe_1' }, 409, 'GW40901'],
    [{ outcome: 'unknown', executionId: 'exe_1' }, 504, 'GW50402'],
    [{ outcome: 'key-reused', executionId: 'exe_1' }, 422, 'GW42202'],
    [failed('input'), 422, 'GW42203'],
    [failed('transient'), 502, 'GW50201'],
    [failed('transient', 'NODE_TIMEOUT'), 504, 'GW50401'],
    [failed('transient', 'STORE_FULL'), 503, 'GW50303'],
    [chosen(failed('input'), 404), 404, 'GW42203'],
    [failed('unknown-outcome'), 504, 'GW50402'],
    [failed('bug'), 500, 'GW50001'],
  ];
  for (const [result, status, code] of cases) {
    const answer = await call(result);
    assert.equal(answer.status, status);
    assert.equal(answer.code, code);
    assert.equal(answer.body.toString().includes('inside text'), code === 'GW42203');
    assert.ok(answer.headers['x-kq-signature'], 'refusals are signed, too');
  }
});

test('a reply that cannot be returned is named by its code, with the reason where that names no data', async () => {
  const unusable = (kind: 'bug' | 'input', code: string, message: string): FlowResult => ({
    ...{ outcome: 'reply-unusable', executionId: 'exe_1' },
    error: { code, kind, message },
  });
  const english = { 'accept-language': 'en' };
  const fhir = await call(unusable('bug', 'FHIR_REPLY', 'The reply of the flow is not a resource.'), {}, english);
  const told = JSON.parse(fhir.body.toString()) as { cause: string; message: string };
  assert.deepEqual([fhir.status, fhir.code, told.cause], [500, 'GW50001', 'FHIR_REPLY']);
  assert.match(told.message, /cannot be returned \(FHIR_REPLY\): The reply of the flow is not a resource\. Give the traceId/);
  const chinese = await call(unusable('bug', 'FHIR_REPLY', 'x'));
  assert.match(chinese.body.toString(), /流程已执行，但其回复不能返回（FHIR_REPLY）：流程的回复不符合 FHIR 操作/);
  const named = await call(unusable('input', 'XML_FORM', 'The field "张三" is wrong.'), {}, english);
  assert.match(named.body.toString(), /XML_FORM/);
  assert.doesNotMatch(named.body.toString(), /张三/);
});

test('says of a write whether it was done, and names the Idempotency-Key only to those who sent one', async () => {
  const withKey: RequestFields = {
    headers: [
      ['content-type', 'application/json'],
      ['idempotency-key', 'order-7'],
    ],
  };
  const told = async (outcome: 'unknown' | 'done', fields: RequestFields, language: string) => {
    const { body, status, code } = await call({ outcome, executionId: 'exe_1' }, fields, { 'accept-language': language });
    const answer = JSON.parse(body.toString()) as { outcome: string; message: string; traceId: string };
    assert.deepEqual([status, code, answer.outcome], [504, 'GW50402', outcome]);
    assert.match(answer.traceId, /./);
    return answer.message;
  };
  for (const language of ['zh-CN', 'en']) {
    assert.match(await told('unknown', withKey, language), /相同 Idempotency-Key 查询|ask again with the same Idempotency-Key/);
    assert.doesNotMatch(await told('unknown', {}, language), /(?:相同|the same) Idempotency-Key/);
    assert.match(await told('done', withKey, language), /已办理.*相同的 Idempotency-Key 查询|was done.*with the same Idempotency-Key/);
    assert.match(await told('done', {}, language), /已办理.*traceId|was done.*traceId/);
    for (const fields of [withKey, {}]) assert.doesNotMatch(await told('done', fields, language), /重发|重新|再次|again|anew|resend/i);
    assert.doesNotMatch(await told('done', {}, language), /Idempotency-Key/);
  }
});

test('speaks Chinese, or English to those who ask for it', async () => {
  assert.match((await call({ outcome: 'running', executionId: 'exe_1' })).body.toString(), /正在处理/);
  assert.match(
    (await call({ outcome: 'running', executionId: 'exe_1' }, {}, { 'accept-language': 'en-GB' })).body.toString(),
    /being processed/,
  );
});

test('what a flow refuses is told in the caller’s language, with what it is about', async () => {
  const error = {
    code: 'CODE_UNKNOWN',
    kind: 'input',
    message: 'The code table "sex" does not contain this code and has no fallback.',
    values: { table: 'sex' },
    fix: 'Add the code.',
  } as const;
  const result: FlowResult = { outcome: 'failed', executionId: 'exe_1', error };
  const chinese = (await call(result)).body.toString();
  assert.match(chinese, /流程拒绝了该请求（CODE_UNKNOWN）：代码表“sex”中没有这个代码，也没有设置默认值。请改用接口约定的代码/);
  assert.doesNotMatch(chinese, /补充该代码/);
  const english = (await call(result, {}, { 'accept-language': 'en' })).body.toString();
  assert.match(english, /does not contain this code.*Send a code that the interface knows/);
  assert.doesNotMatch(english, /Add the code/);
});

test('advice that is for the author of the flow is not told to its caller', async () => {
  const error = {
    ...failed('input', 'SOAP_FAULT'),
    error: { ...FAULT, fix: 'Let faults leave through their own port to see reason and detail.' },
  };
  const chinese = (await call(error as FlowResult)).body.toString();
  assert.match(chinese, /流程拒绝了该请求（SOAP_FAULT）：对方返回了 SOAP Fault（Client）。请按接口约定核对请求内容/);
  assert.doesNotMatch(chinese, /端口/);
  assert.doesNotMatch((await call(error as FlowResult, {}, { 'accept-language': 'en' })).body.toString(), /port/);
});

test('a fault of an adapter is none of the caller: it learns the code, and no place or reason inside', async () => {
  for (const code of ['OAUTH_TOKEN_REFUSED', 'HTTP_LOGIN_REFUSED', 'HTTP_CERTIFICATE_REFUSED', 'HTTP_PRIVATE_KEY']) await isOurs(code);
  for (const code of ['DATABASE_LOGIN_REFUSED', 'FILE_LOGIN_REFUSED', 'MESSAGING_LOGIN_REFUSED', 'MAIL_LOGIN_FAILED']) await isOurs(code);
  for (const code of ['SECRET_MISSING', 'ADAPTER_SETTINGS_WRONG', 'OUTBOUND_REFUSED', 'DATABASE_TLS_REQUIRED']) await isOurs(code);

  async function isOurs(code: string): Promise<void> {
    const error = { code, kind: 'input', message: 'auth.internal:8443: inside text', values: { host: 'auth.internal:8443' } } as const;
    const result: FlowResult = { outcome: 'failed', executionId: 'exe_1', error };
    for (const language of ['zh-CN', 'en']) {
      const answer = await call(result, {}, { 'accept-language': language });
      const told = JSON.parse(answer.body.toString()) as { cause: string; message: string };
      assert.deepEqual([answer.status, answer.code, told.cause], [502, 'GW50201', code]);
      assert.match(told.message, language === 'en' ? /could not log in.*traceId/ : /未能连接或登录.*traceId/);
      assert.doesNotMatch(told.message, /internal|8443|inside/);
    }
  }
});

test('of a system that is down or busy the caller learns the code, when to repeat, and that nothing was done', async () => {
  const busy = { code: 'HTTP_BUSY', values: { status: 429, peer: 'lis.internal:80' }, retryAfterMs: 6500 };
  for (const [error, status, code, seconds] of [
    [busy, 502, 'GW50201', '7'],
    [{ code: 'MESSAGING_CONNECT', values: { host: 'broker.internal' } }, 502, 'GW50201', '1'],
    [{ code: 'DATABASE_TIMEOUT' }, 504, 'GW50401', '1'],
  ] as const)
    for (const language of ['zh-CN', 'en']) {
      const failure = { kind: 'transient', message: 'broker.internal: inside text', ...error } as const;
      const answer = await call({ outcome: 'failed', executionId: 'exe_1', error: failure }, {}, { 'accept-language': language });
      const told = JSON.parse(answer.body.toString()) as { cause: string; message: string };
      assert.deepEqual([answer.status, answer.code, told.cause, answer.headers['retry-after']], [status, code, error.code, seconds]);
      assert.match(told.message, language === 'en' ? /\([A-Z_]+\).*nothing was done.*again/ : /（[A-Z_]+）.*没有办理.*重新发送/);
      assert.doesNotMatch(told.message, /internal|inside/);
    }
});

test('a temporary error says how to repeat with a key, and one of the author has his words', async () => {
  const error = { code: 'HTTP_CONNECT', kind: 'transient', message: 'inside text' } as const;
  const messageOf = async (failure: FlowResult, headers: RequestFields['headers'] = []) =>
    (
      JSON.parse((await call(failure, { headers: [['content-type', 'application/json'], ...headers] })).body.toString()) as {
        message: string;
      }
    ).message;
  const keyed = await messageOf({ outcome: 'failed', executionId: 'exe_1', error }, [['idempotency-key', 'order-8']]);
  assert.match(keyed, /HTTP_CONNECT.*相同的 Idempotency-Key 重新发送/);
  assert.doesNotMatch(keyed, /没有办理/);
  const givenUp = await messageOf({ outcome: 'failed', executionId: 'exe_1', error: { ...error, values: { problem: 'given-up' } } });
  assert.match(givenUp, /HTTP_CONNECT）；请求可能已经办理/);
  const text = { 'zh-CN': '号源系统维护中', en: '号源系统维护中' };
  assert.equal(await messageOf({ outcome: 'failed', executionId: 'exe_1', error: { ...error, text, status: 503 } }), '号源系统维护中');
});

test('of another fault behind the interface the caller learns the reason, unless it may name what is inside', async () => {
  const cases = [
    { code: 'HTTP_REDIRECTED', message: 'inside text', values: { problem: 'call', status: 302 }, told: /HTTP 302.*traceId/ },
    {
      code: 'DATABASE_STATEMENT_REFUSED',
      message: 'no table inside',
      values: { problem: 'message', message: 'inside', code: '1' },
      told: /traceId/,
    },
  ];
  for (const { told, ...error } of cases) {
    const answer = await call({ outcome: 'failed', executionId: 'exe_1', error: { kind: 'input', fault: 'receiver', ...error } });
    const { message, cause } = JSON.parse(answer.body.toString()) as { cause: string; message: string };
    assert.deepEqual([answer.status, answer.code, cause], [502, 'GW50201', error.code]);
    assert.match(message, told);
    assert.doesNotMatch(message, /inside/);
  }
});

test('advice that a caller can follow is told as it is', async () => {
  const fix = 'Send each key once.';
  const error = { code: 'JSON_DUPLICATE_KEY', kind: 'input', message: 'A key comes twice.', values: { key: 'a' }, fix } as const;
  const result: FlowResult = { outcome: 'failed', executionId: 'exe_1', error };
  assert.match((await call(result, {}, { 'accept-language': 'en' })).body.toString(), /A key comes twice\. Send each key once\./);
});

const FAULT = { code: 'SOAP_FAULT', kind: 'input', message: 'The other side returned a fault (Client).', values: { fault: 'Client' } };

test('does not wait beyond the deadline for a flow that does not heed it', async () => {
  reply = () => new Promise(() => undefined);
  const answer = await callSigned(started.gateway, await signRequest(key));
  assert.equal(answer.code, 'GW50402');
});

test('answers GW50001 without detail when the flow throws', async () => {
  reply = () => Promise.reject(new Error('secret detail'));
  const answer = await callSigned(started.gateway, await signRequest(key));
  assert.equal(answer.code, 'GW50001');
  assert.ok(!answer.body.toString().includes('secret'));
});

test('tells a flow that its caller has left', async () => {
  const aborted = new Promise<void>((resolve) => {
    reply = (flowCall) => new Promise(() => flowCall.onLeave(resolve));
  });
  const signed = await signRequest(key);
  const { request } = await import('node:http');
  const socket = request({
    host: '127.0.0.1',
    port: started.gateway.port,
    method: 'POST',
    path: signed.path,
    headers: { host: 'localhost', 'content-type': 'application/json', authorization: signed.authorization },
  });
  socket.on('error', () => undefined);
  const before = started.calls.length;
  socket.end(signed.body);
  while (started.calls.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
  await aborted;
});
