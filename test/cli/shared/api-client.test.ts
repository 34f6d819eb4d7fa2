/** The client of the command line, against a control that only records and answers what the test says. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { createApiClient, type ApiTarget } from '../../../cli/shared/api-client.ts';
import { EXIT, exitCodeOf } from '../../../cli/shared/exit-codes.ts';
import { recordingControl, type Asked } from '../recording-control.ts';

test('a call carries the token, the password and the body as they are, Chinese too', async (t) => {
  const { client, asked } = await open(t, json(200, { ok: true }), { token: 'kqt_1', password: '密码' });
  assert.deepEqual(await client.call('PUT', '/adapters/a', { name: '甲院' }), { ok: true });
  await client.call('GET', '/flows');
  const [put, get] = asked;
  assert.deepEqual([put!.line, put!.body, put!.headers.authorization], ['PUT /api/v1/adapters/a', { name: '甲院' }, 'Bearer kqt_1']);
  assert.equal(decodeURIComponent(String(put!.headers['x-kq-password'])), '密码');
  assert.deepEqual([get!.line, get!.body, get!.headers['content-type']], ['GET /api/v1/flows', undefined, undefined]);
});

test('an answer without content is a success', async (t) => {
  const { client } = await open(t, (response) => void response.writeHead(204).end());
  assert.equal(await client.call('DELETE', '/adapters/a'), undefined);
});

test('scripts tell from the exit code whether they may not, somebody was faster, or it failed', async (t) => {
  for (const [status, code] of [
    [401, EXIT.notAllowed],
    [403, EXIT.notAllowed],
    [409, EXIT.conflict],
    [422, EXIT.failed],
  ] as const) {
    const { client } = await open(t, json(status, { code: 'X', message: 'said so', fix: 'do this', issues: [] }));
    await assert.rejects(client.call('GET', '/flows'), (error) => {
      assert.deepEqual([exitCodeOf(error), (error as Error).message, (error as { fix?: string }).fix], [code, 'said so', 'do this']);
      return true;
    });
  }
});

test('an error page of a proxy is reported with its status, and a page in place of control as what it is', async (t) => {
  const page = (status: number) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hi</h1>');
  const away = await open(t, page(502));
  await assert.rejects(away.client.call('GET', '/flows'), { name: 'ApiError', status: 502, message: /502/ });
  await assert.rejects(
    away.client.follow('/flows/a/publish', {}, () => undefined),
    { status: 502 },
  );
  const empty = await open(t, (response) => void response.writeHead(500).end('null'));
  await assert.rejects(empty.client.call('GET', '/flows'), { name: 'ApiError', status: 500 });
  const other = await open(t, page(200));
  await assert.rejects(other.client.call('GET', '/flows'), { name: 'ApiError', message: /not from control/ });
});

test('without control it says how to start or name it, and exits as unreachable', async (t) => {
  const { client, close } = await open(t, json(200, {}));
  await close();
  await assert.rejects(client.call('GET', '/flows'), (error) => {
    assert.match((error as Error).message, /ECONNREFUSED.*kangqiao start.*--address/);
    return exitCodeOf(error) === EXIT.unreachable;
  });
});

test('progress is shown step by step, wherever the network cuts the lines', async (t) => {
  const bytes = Buffer.from('{"progress":{"stage":"检查"}}\n\n{"progress":{"stage":"commit"}}\n{"result":{"version":2}}\n');
  for (const size of [1, 2, 7, 16, bytes.length]) {
    const { client, asked } = await open(t, (response) => void inPieces(response, bytes, size));
    const stages: unknown[] = [];
    const made = await client.follow('/flows/a/publish', {}, (event) => stages.push(event));
    assert.deepEqual([stages, made], [[{ stage: '检查' }, { stage: 'commit' }], { version: 2 }], `pieces of ${size} bytes`);
    assert.equal(asked[0]!.headers.accept, 'application/x-ndjson');
  }
});

test('long work that fails is no success, nor is one that control never finished', async (t) => {
  const failing = await open(t, (response) => void ndjson(response).end('{"error":{"status":422,"code":"FLOW_INVALID","message":"no"}}\n'));
  await assert.rejects(
    failing.client.follow('/x', {}, () => undefined),
    { name: 'ApiError', status: 422, code: 'FLOW_INVALID' },
  );
  const ended = await open(t, (response) => void ndjson(response).end('{"progress":{}}\n{"res'));
  await assert.rejects(
    ended.client.follow('/x', {}, () => undefined),
    { name: 'ConnectionError', message: /before it had finished/ },
  );
});

test('a response that ends in the middle exits as unreachable and says where to look', async (t) => {
  const broken = await open(t, (response) => void ndjson(response).write('{"progress":{}}\n', () => response.destroy()));
  await assert.rejects(
    broken.client.follow('/x', {}, () => undefined),
    { name: 'ConnectionError', message: /before it had finished/ },
  );
  const half = await open(t, (response) => void response.writeHead(200, { 'content-length': 99 }).write('{"a', () => response.destroy()));
  await assert.rejects(half.client.call('GET', '/flows'), { name: 'ConnectionError' });
});

test('Ctrl-C cancels a call and work under way; it is no lost connection', async (t) => {
  for (const work of ['call', 'follow'] as const) {
    const interrupt = new AbortController();
    const reason = Object.assign(new Error('interrupted'), { name: 'AbortError' });
    const { client } = await open(
      t,
      (response) => {
        if (work === 'follow') ndjson(response).write('{"progress":{}}\n');
        else interrupt.abort(reason);
      },
      {},
      interrupt.signal,
    );
    const running = work === 'call' ? client.call('GET', '/flows') : client.follow('/x', {}, () => interrupt.abort(reason));
    await assert.rejects(running, (error) => exitCodeOf(error) === EXIT.interrupted);
  }
});

test('after the login the session takes the place of the token, and the password goes with every call', async (t) => {
  const answer = (response: ServerResponse) =>
    void response.writeHead(200, { 'set-cookie': 'kq=s1; HttpOnly; Path=/' }).end('{"mustChangePassword":true}');
  const { client, asked } = await open(t, answer, { token: 'kqt_1' });
  const { client: own, mustChangePassword, mustSetUpSecondFactor } = await client.login('wang', 'secret', '123456');
  t.after(() => own.close());
  assert.deepEqual(
    [asked[0]!.body, mustChangePassword, mustSetUpSecondFactor],
    [{ name: 'wang', password: 'secret', code: '123456' }, true, false],
  );
  await own.call('GET', '/me');
  const changed = own.withPassword('next');
  t.after(() => changed.close());
  await changed.call('GET', '/me');
  assert.deepEqual(
    asked.slice(1).map(({ headers }) => [headers.cookie, headers.authorization, headers['x-kq-password']]),
    [
      ['kq=s1', undefined, 'secret'],
      ['kq=s1', undefined, 'next'],
    ],
  );
});

async function open(
  t: TestContext,
  answer: (response: ServerResponse, asked: Asked) => void,
  target: Omit<ApiTarget, 'address'> = {},
  signal: AbortSignal = new AbortController().signal,
) {
  const { address, asked, close } = await recordingControl(t, answer);
  const client = createApiClient({ address, ...target }, signal);
  t.after(() => client.close());
  return { client, asked, close };
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
