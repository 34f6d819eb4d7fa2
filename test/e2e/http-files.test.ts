/**
 * In the real engine: an archive comes over HTTP into a flow that logs in by OAuth 2.0, is unpacked and packed again, and
 * goes out as a form with a file. Neither the secret nor the token is shown by the platform, or lies in its folder.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fromBufferPromise } from 'yauzl';
import { ZipFile } from 'yazl';
import { openCity } from '../support/city.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const SECRET = 'client-secret-4711';
const TOKEN = 'access-token-of-the-test';
const ADAPTER = 'adp_images';

const OTHER_ANSWERS: Readonly<Record<string, { readonly status: number; readonly headers?: object; readonly body?: string | Uint8Array }>> =
  {
    '/list': { status: 200, body: '{"next": "/list?page=2", "items": [1]}' },
    '/moved': { status: 302, headers: { location: 'http://inner.example/login?session=4711' } },
    '/gbk': { status: 200, body: Buffer.from('22d5c522', 'hex') },
    '/broken': { status: 200, body: '{' },
    '/absent': { status: 404 },
  };

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let archive: Buffer;
let tokens = 0;
let received: FormData | undefined;
const server = createServer((request, response) => void answer(request, response));

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  const zip = new ZipFile();
  zip.addBuffer(Buffer.alloc(200_000, '影'), '影像/胸片.jpg');
  zip.addBuffer(Buffer.from('张三'), 'note.txt');
  zip.end();
  archive = await buffer(zip.outputStream as Readable);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const city = await openCity(platform);
  const person = await city.person(['analyst', 'security-admin']);
  assert.equal((await person.call('PUT', '/secrets/images', { value: SECRET, adapters: [ADAPTER] })).status, 200);
  const settings = { baseUrl, auth: 'oauth2', oauth2: { tokenUrl: `${baseUrl}/token`, clientId: 'kangqiao' } };
  const name = { 'zh-CN': '影像', en: 'Images' };
  const adapter = { adapterId: ADAPTER, revision: 0, name, protocol: 'http', owner: '', domain: 'sh-city', credential: 'images' };
  const saved = await person.call('PUT', `/adapters/${ADAPTER}`, { ...adapter, environments: { DEV: settings } });
  assert.equal(saved.status, 200, saved.text);
  await city.close();
  api = await openPlatformApi(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await api?.close();
  server.closeAllConnections();
  server.close();
  if (scratch !== undefined) await removeScratch(scratch);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  if (request.url === '/token') {
    tokens += 1;
    return void response.end(JSON.stringify({ access_token: TOKEN, token_type: 'Bearer', expires_in: 3600 }));
  }
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end();
  const other = OTHER_ANSWERS[request.url!];
  if (other !== undefined)
    return void response.writeHead(other.status, { 'content-type': 'application/json', ...other.headers }).end(other.body);
  if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'application/zip' }).end(archive);
  const type = request.headers['content-type']!;
  received = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}');
}

test('an archive comes in over HTTP, is unpacked and packed, and goes out as a form with a file', { timeout: 120_000 }, async () => {
  await api.publish(
    chainFlow('flw_images', [
      { type: 'http.call@1', adapter: ADAPTER, config: { path: '/studies/today.zip', responseAs: 'blob' } },
      { type: 'archive.unpack@1' },
      { type: 'archive.pack@1', config: { name: '今日影像.zip' } },
      {
        type: 'http.call@1',
        adapter: ADAPTER,
        config: { method: 'POST', path: '/inbox', bodyAs: 'multipart', body: { expression: '{"ward": "A1", "archive": data}' } },
      },
    ]),
  );
  const path = await api.offer('flw_images');
  for (let call = 0; call < 2; call++) {
    received = undefined;
    const { status, body } = await api.bus('POST', path, {});
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(JSON.stringify(body), /"received":true/);
    assert.equal((received as FormData | undefined)?.get('ward'), 'A1');
    const file = received!.get('archive') as File;
    assert.deepEqual([file.name, file.type], ['今日影像.zip', 'application/zip']);
    const names: string[] = [];
    for await (const entry of (await fromBufferPromise(Buffer.from(await file.arrayBuffer()), { lazyEntries: true })).eachEntry())
      names.push(`${entry.fileName} ${entry.uncompressedSize}`);
    assert.deepEqual(names, ['影像/胸片.jpg 200000', 'note.txt 6']);
  }
  assert.equal(tokens, 1);
  const { items } = (await api.ask('GET', '/executions?flowId=flw_images&limit=5')) as { items: { executionId: string }[] };
  const shown = JSON.stringify(await Promise.all(items.map(({ executionId }) => api.ask('GET', `/executions/${executionId}`))));
  for (const secret of [SECRET, TOKEN]) {
    assert.ok(!shown.includes(secret));
    // grep exits with 1 if no file contains the text.
    assert.equal(spawnSync('grep', ['-rlF', secret, platform.dataFolder]).status, 1, secret);
  }
});

test(
  'a caller hears of faults behind the interface as such, with the reason; of its own data as before',
  { timeout: 120_000 },
  async () => {
    const pages = { by: 'address', items: 'items', next: 'next', maxPages: 1 };
    const faults: readonly [path: string, config: object, status: number, cause: string, reason: RegExp][] = [
      ['/list', { pages }, 502, 'HTTP_PAGES_TOO_MANY', /超过 1 页/],
      ['/moved', {}, 502, 'HTTP_REDIRECTED', /HTTP 302/],
      ['/gbk', {}, 502, 'CHARSET_INVALID_BYTES', /UTF-8/],
      ['/broken', {}, 502, 'JSON_INVALID', /JSON/],
      ['/list', { bodyAs: 'form', body: { expression: String.raw`{"a": "\ud800"}` } }, 422, 'CHARSET_UNENCODABLE', /UTF-8/],
      ['/absent', {}, 422, 'HTTP_REFUSED', /HTTP 404/],
      ['/{data.body.id}', {}, 422, 'HTTP_VALUE_REFUSED', /data\.body\.id/],
      ['/list', { bodyAs: 'form', body: { path: 'data.body.id' } }, 422, 'HTTP_BODY_WRONG', /表单/],
      ['/list', { body: { expression: '$number(data.body.name)' } }, 422, 'EXPRESSION_FAILED', /./],
    ];
    for (const [index, [path, config, status, cause, reason]] of faults.entries()) {
      const flowId = `flw_fault_${index}`;
      await api.publish(chainFlow(flowId, [{ type: 'http.call@1', adapter: ADAPTER, config: { method: 'GET', path, ...config } }]));
      const answer = await api.bus('POST', await api.offer(flowId), { id: '', name: 'x' });
      const { cause: code, message: told } = answer.body as { cause: string; message: string };
      assert.deepEqual([answer.status, code], [status, cause], told);
      assert.match(told, reason);
      assert.doesNotMatch(told, /127\.0\.0\.1|inner\.example|4711/);
    }
    await api.publish(chainFlow('flw_fault_called', [{ type: 'flow.call@1', config: { flowId: 'flw_fault_0', effect: 'read' } }]));
    const { status, body } = await api.bus('POST', await api.offer('flw_fault_called'), {});
    assert.deepEqual([status, (body as { cause: string }).cause], [502, 'HTTP_PAGES_TOO_MANY']);
  },
);
