/** The client of the admin API, against a control that only records and answers what the test says. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { ApiError, call, callWithProgress, ConfirmationGivenUp, LOGGED_OUT, login } from '../../../designer/src/api/client.ts';
import { onConfirmation, type Confirmation } from '../../../designer/src/api/step-up.ts';
import { exampleFlow } from '../model/sample-types.ts';

interface Asked {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

type Answer = (response: ServerResponse, asked: Asked) => void;

test('an id with special characters stays one part of the path, and conditions with several values are repeated in the query', async (t) => {
  const asked = await control(t, json(200, { items: [] }));
  await call('flows.get', { flowId: 'a/b ?#' });
  await call('executions.list', { flowId: 'flw_a', limit: 20, status: ['held', 'failed'] });
  await call('flows.list', {});
  assert.deepEqual(
    asked.map(({ line }) => line),
    ['GET /api/v1/flows/a%2Fb%20%3F%23', 'GET /api/v1/executions?flowId=flw_a&limit=20&status=held&status=failed', 'GET /api/v1/flows'],
  );
  assert.ok(asked.every(({ body, headers }) => body === undefined && headers['content-type'] === undefined));
});

test('a document is sent whole, and other fields of an action as its body', async (t) => {
  const asked = await control(t, json(200, { revision: 1 }));
  const document = exampleFlow('appointment');
  await call('flows.save', { flowId: document.flowId, document });
  await call('executions.cancel', { executionId: 'exe_1', reason: 'sent twice' });
  assert.deepEqual([asked[0]!.line, asked[0]!.body], [`PUT /api/v1/flows/${document.flowId}`, document]);
  assert.deepEqual([asked[1]!.line, asked[1]!.body], ['POST /api/v1/executions/exe_1/cancel', { reason: 'sent twice' }]);
});

test('a reason arrives as it was written, Chinese too', async (t) => {
  const asked = await control(t, json(200, {}));
  await call('flows.remove', { flowId: 'flw_a' }, { reason: '科室已停用' });
  assert.equal(decodeURIComponent(String(asked[0]!.headers['x-kq-reason'])), '科室已停用');
});

test('a refusal carries its code, advice, problems and number, so that the user can be told', async (t) => {
  const issue = { path: '/nodes/0', code: 'NODE_INVALID', severity: 'error', message: 'wrong' };
  const body = {
    code: 'FLOW_STALE',
    message: 'Somebody saved.',
    fix: 'Load it.',
    issues: [issue],
    requestId: 'req_1',
    theirs: { revision: 9 },
  };
  await control(t, json(409, body));
  const error = await refusal(call('flows.get', { flowId: 'flw_a' }));
  assert.deepEqual(
    [error.status, error.code, error.message, error.fix, error.requestId],
    [409, 'FLOW_STALE', 'Somebody saved.', 'Load it.', 'req_1'],
  );
  assert.deepEqual([error.issues, error.body['theirs']], [[issue], { revision: 9 }]);
});

test("a proxy's error page is a failure with its status, and no answer of the platform", async (t) => {
  await control(t, (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'));
  const error = await refusal(call('flows.list', {}));
  assert.deepEqual([error.status, error.code], [502, 'UNREACHABLE']);
  await control(t, (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'));
  await assert.rejects(call('flows.list', {}), ApiError, 'a page is no list');
});

test('an answer without content is a success', async (t) => {
  await control(t, (response) => response.writeHead(204).end());
  await call('flows.remove', { flowId: 'flw_a' });
});

test('a platform that is away is told apart from a call that the user cancelled', async (t) => {
  await control(t, (response) => response.destroy());
  const error = await refusal(call('flows.list', {}));
  assert.deepEqual([error.status, error.code], [0, 'UNREACHABLE']);
  const cancelled = new AbortController();
  await control(t, () => cancelled.abort());
  await assert.rejects(call('flows.list', {}, { signal: cancelled.signal }), { name: 'AbortError' });
});

test('when the session is over every call sends the user to the login, except the question who they are', async (t) => {
  await control(t, json(401, { code: 'LOGIN_REQUIRED' }));
  let times = 0;
  window.addEventListener(LOGGED_OUT, () => (times += 1));
  await assert.rejects(call('me.get', {}), { code: 'LOGIN_REQUIRED' });
  assert.equal(times, 0);
  await assert.rejects(call('flows.list', {}), { code: 'LOGIN_REQUIRED' });
  assert.equal(times, 1);
  await assert.rejects(login('wang', 'wrong'), { code: 'LOGIN_REQUIRED' });
  assert.equal(times, 1, 'a wrong password at the login is no lost session');
});

test('progress is reported step by step, wherever the network cuts the lines', async (t) => {
  const lines = ['{"progress":{"stage":"检查"}}', '', '{"progress":{"stage":"commit"}}', '{"result":{"version":2}}'].join('\n');
  const bytes = Buffer.from(lines);
  for (const size of [1, 2, 7, 16, bytes.length]) {
    await control(t, (response) => void inPieces(response, bytes, size));
    const stages: unknown[] = [];
    const made = await callWithProgress('flows.publish', { flowId: 'flw_a' }, (event) => stages.push(event));
    assert.deepEqual([stages, made], [[{ stage: '检查' }, { stage: 'commit' }], { version: 2 }], `pieces of ${size} bytes`);
  }
});

test('long work that fails, or that the platform never finishes, is no success', async (t) => {
  const failed = '{"progress":{"stage":"check"}}\n{"error":{"status":422,"code":"FLOW_INVALID","message":"no"}}\n';
  await control(t, (response) => ndjson(response).end(failed));
  const stages: unknown[] = [];
  const work = () => callWithProgress('flows.publish', { flowId: 'flw_a' }, (event) => stages.push(event));
  const error = await refusal(work());
  assert.deepEqual([error.status, error.code, stages.length], [422, 'FLOW_INVALID', 1]);
  await control(t, (response) => ndjson(response).end('{"progress":{"stage":"check"}}\n'));
  assert.equal((await refusal(work())).code, 'UNREACHABLE');
  await control(t, json(403, { code: 'PERMISSION_DENIED' }));
  assert.equal((await refusal(work())).code, 'PERMISSION_DENIED', 'a refusal before the work began');
});

test('a response that ends in the middle is reported as a platform that cannot be reached', async (t) => {
  const work = () => callWithProgress('flows.publish', { flowId: 'flw_a' }, () => undefined);
  const part = '{"progress":{"stage":"check"}}\n{"progr';
  await control(t, (response) => void ndjson(response).write(part, () => response.destroy()));
  assert.equal((await refusal(work())).code, 'UNREACHABLE');
  await control(t, (response) => ndjson(response).end(part));
  assert.equal((await refusal(work())).code, 'UNREACHABLE', 'also where a proxy ends it properly');
  await control(t, (response) => void response.writeHead(200, { 'content-length': 100 }).write('{"items":[', () => response.destroy()));
  assert.equal((await refusal(call('flows.list', {}))).code, 'UNREACHABLE');
});

test('a wrong password is asked for again with the reason, and the action is done once it is right', async (t) => {
  const asked = await control(t, (response, { headers }) => {
    const isRight = decodeURIComponent(String(headers['x-kq-password'])) === '密码 right';
    json(isRight ? 200 : 403, isRight ? { done: true } : { code: 'STEP_UP_REFUSED', message: 'wrong' })(response);
  });
  const problems = answerConfirmation(t, [{ password: 'wrong' }, { password: '密码 right', code: '123456' }]);
  assert.deepEqual(await call('secrets.reveal', { name: 'pw', reason: 'audit' }), { done: true });
  assert.deepEqual(problems, [undefined, 'STEP_UP_REFUSED']);
  assert.deepEqual([asked.length, asked[1]!.headers['x-kq-code']], [2, '123456']);
});

test('without a password nothing is sent; after a wrong one giving up is no error of the platform', async (t) => {
  const asked = await control(t, json(403, { code: 'STEP_UP_REFUSED' }));
  answerConfirmation(t, [undefined, { password: 'wrong' }, undefined]);
  await assert.rejects(call('secrets.reveal', { name: 'pw', reason: 'audit' }), ConfirmationGivenUp);
  assert.equal(asked.length, 0);
  await assert.rejects(call('secrets.reveal', { name: 'pw', reason: 'audit' }), ConfirmationGivenUp);
  assert.equal(asked.length, 1);
});

test('another refusal does not ask for the password again, and what needs none never asks', async (t) => {
  await control(t, json(403, { code: 'PERMISSION_DENIED', message: 'no' }));
  const problems = answerConfirmation(t, [{ password: 'right' }]);
  assert.equal((await refusal(call('secrets.reveal', { name: 'pw', reason: 'audit' }))).code, 'PERMISSION_DENIED');
  assert.equal((await refusal(call('flows.list', {}))).code, 'PERMISSION_DENIED');
  assert.deepEqual(problems, [undefined]);
});

/** Answers the prompts in turn; returns the codes of the problems with which they were shown. */
function answerConfirmation(t: TestContext, answers: readonly (Confirmation | undefined)[]): (string | undefined)[] {
  const problems: (string | undefined)[] = [];
  const stop = onConfirmation((problem) => {
    problems.push(problem instanceof ApiError ? problem.code : undefined);
    return Promise.resolve(answers[problems.length - 1]);
  });
  t.after(stop);
  return problems;
}

/** The page's own origin becomes a local server, which records what it is asked. */
async function control(t: TestContext, answer: Answer): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void record(request).then((one) => (asked.push(one), answer(response, one))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = globalThis.fetch;
  globalThis.fetch = (path, init) => real(new URL(String(path), address), init);
  globalThis.window = Object.assign(new EventTarget(), globalThis) as typeof window;
  t.after(() => {
    globalThis.fetch = real;
    server.closeAllConnections();
    server.close();
  });
  return asked;
}

async function record(request: IncomingMessage): Promise<Asked> {
  const sent = await text(request);
  const body: unknown = sent === '' ? undefined : JSON.parse(sent);
  return { line: `${request.method} ${request.url}`, headers: request.headers, body };
}

function json(status: number, body: object): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function ndjson(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/x-ndjson' });
}

async function inPieces(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  ndjson(response);
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await setImmediate();
  }
  response.end();
}

async function refusal(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.then(
    () => assert.fail('it succeeded'),
    (problem: unknown) => problem,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}
