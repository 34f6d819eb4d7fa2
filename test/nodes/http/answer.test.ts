import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { fileNameOf } from '../../../nodes/http/file-name.ts';
import { fileBlobs, growthDuring, megabytes } from '../support/file-blobs.ts';
import { httpPeer, tcpPeer, type Received } from '../support/peers.ts';

const MEGABYTES = Number(process.env['KQ_TEST_MEGABYTES'] ?? 100);

test('an answer becomes a file with its media type, size and name', async (t) => {
  const { get } = await peer(t, {
    'content-type': 'application/pdf; x=1',
    'content-disposition': `attachment; filename="r.pdf"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf`,
  });
  const { data, mediaType, stored } = await get({ responseAs: 'blob' });
  assert.deepEqual(data, { blobId: data.blobId, sizeBytes: 8, mediaType: 'application/pdf', name: '报告.pdf' });
  assert.deepEqual([mediaType, String(stored)], ['application/json', '%PDF-1.7']);
  const { data: whole } = await get({ responseAs: 'blob', full: true });
  assert.deepEqual([whole['status'], (whole['body'] as { sizeBytes: number }).sizeBytes], [200, 8]);
});

test('an answer without a name gets one by its media type', async (t) => {
  const { get } = await peer(t, { 'content-type': 'application/pdf' });
  assert.equal((await get({ responseAs: 'blob' })).data['name'], 'file.pdf');
});

test('only an answer above the limit of the node becomes a file, also after decompression', async (t) => {
  const json = JSON.stringify({ long: 'x'.repeat(1000) });
  for (const isCompressed of [false, true]) {
    const body = isCompressed ? gzipSync(json) : Buffer.from(json);
    const { get } = await peer(t, { 'content-type': 'application/json', ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) }, body);
    assert.deepEqual((await get({ blobAboveBytes: json.length })).data, JSON.parse(json));
    const { data, stored } = await get({ blobAboveBytes: json.length - 1 });
    assert.deepEqual([data.sizeBytes, String(stored)], [json.length, json]);
  }
});

test('only an expected status becomes a file', async (t) => {
  const { baseUrl } = await httpPeer(t, (_request, response) => void response.writeHead(404).end('no'));
  await assert.rejects(runNode(httpCall, { config: { path: '/', responseAs: 'blob' }, adapter: { settings: { baseUrl } } }), {
    code: 'HTTP_REFUSED',
  });
});

test('a file beyond the limit of the adapter, cut off or badly compressed leaves nothing, and a write unknown', async (t) => {
  const blobs = memoryBlobs();
  const attempt = (baseUrl: string, config: object, limits: object = {}) =>
    runNode(httpCall, { config: { path: '/', responseAs: 'blob', ...config }, adapter: { settings: { baseUrl }, limits }, blobs });
  const large = await httpPeer(t, (_request, response) => {
    response.write(Buffer.alloc(60_000));
    response.end(Buffer.alloc(60_000));
  });
  const zipped = await httpPeer(t, (_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(Buffer.alloc(200_000)));
  });
  for (const { baseUrl } of [large, zipped]) {
    await assert.rejects(attempt(baseUrl, {}, { maxResponseBytes: 100_000 }), { code: 'HTTP_TOO_LARGE', kind: 'input' });
    await assert.rejects(attempt(baseUrl, { method: 'POST' }, { maxResponseBytes: 100_000 }), {
      code: 'HTTP_TOO_LARGE',
      kind: 'unknown-outcome',
    });
  }
  const cut = await tcpPeer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
  });
  await assert.rejects(attempt(cut.baseUrl, {}), { code: 'HTTP_NO_ANSWER', kind: 'transient' });
  const stalled = await tcpPeer(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
  });
  await assert.rejects(attempt(stalled.baseUrl, { method: 'POST' }, { timeoutMs: 300 }), {
    code: 'HTTP_NO_ANSWER',
    kind: 'unknown-outcome',
  });
  const damaged = await httpPeer(t, (_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end('no gzip');
  });
  await assert.rejects(attempt(damaged.baseUrl, {}), { code: 'HTTP_ENCODING', kind: 'input' });
  const full: Blobs = { ...blobs, put: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) };
  const write = {
    config: { method: 'POST', path: '/', responseAs: 'blob' },
    adapter: { settings: { baseUrl: large.baseUrl } },
    blobs: full,
  };
  await assert.rejects(runNode(httpCall, write), { code: 'HTTP_ANSWER_UNREADABLE', kind: 'unknown-outcome' });
  for await (const blobId of blobs.list(-1000)) assert.fail(blobId);
});

test('a large file goes to the disk as it arrives, within bounded memory', async (t) => {
  const blobs = await fileBlobs(t);
  const { baseUrl } = await httpPeer(t, (request, response) => void pour(request, response));
  async function pour({ url }: Received, response: import('node:http').ServerResponse) {
    const zip = url?.includes('zip') === true ? createGzip({ level: 1 }) : undefined;
    if (zip !== undefined) response.setHeader('content-encoding', 'gzip');
    zip?.pipe(response);
    const target = zip ?? response;
    for await (const block of megabytes(Number(url?.split('=')[1]))) if (!target.write(block)) await once(target, 'drain');
    target.end();
  }
  const get = async (path: string, count: number) => {
    const limits = { maxResponseBytes: 1_073_741_824, timeoutMs: 600_000 };
    const outcome = await runNode(httpCall, {
      config: { path, query: { size: String(count) }, responseAs: 'blob' },
      adapter: { settings: { baseUrl }, limits },
      blobs,
    });
    assert.ok('emit' in outcome);
    assert.equal((outcome.emit!['ok']![0]!.data as { sizeBytes: number }).sizeBytes, count * 1_048_576);
  };
  for (const path of ['/plain', '/zip']) {
    // What starting takes is no growth.
    await get(path, 30);
    const growth = await growthDuring(() => get(path, MEGABYTES));
    assert.ok(growth < 100_000_000, `${path} ${growth}`);
  }
});

test('names of files are taken from the header or the path, without folders', () => {
  const cases: readonly [disposition: string | undefined, path: string, name: string, mediaType?: string][] = [
    ['attachment; filename=a.txt', '/x', 'a.txt'],
    ['attachment; filename="../../etc/pass\\"wd"', '/x', 'pass"wd'],
    ['attachment; filename="C:\\\\x\\\\报告.pdf"', '/x', '报告.pdf'],
    [`attachment; filename="${Buffer.from('报告.pdf').toString('latin1')}"`, '/x', '报告.pdf'],
    [`attachment; filename*=UTF-8''%ZZ; filename=b`, '/x', 'b'],
    ['inline', '/files/%E6%8A%A5.pdf?x=/a.b', '报.pdf'],
    [undefined, '/reports', 'file.bin'],
    ['attachment; filename=".."', '/..', 'file.bin'],
    [undefined, '/studies/1.2.840.113619.2.5', 'file.dcm', 'application/dicom'],
    [undefined, '/reports?at=/a.b', 'file.bin'],
    [undefined, '/a.7z', 'a.7z'],
    [undefined, '/v1.2', 'file.pdf', 'application/pdf'],
    [undefined, '/.pdf', 'file.pdf', 'application/pdf'],
    [undefined, '/Patient/7', 'file.json', 'application/fhir+json'],
    [undefined, '/cda', 'file.xml', 'application/xml'],
    [undefined, '/image', 'file.jpg', 'image/jpeg'],
    [undefined, '/x', 'file.bin', 'constructor'],
  ];
  for (const [disposition, path, name, mediaType = 'application/octet-stream'] of cases)
    assert.equal(fileNameOf(disposition, path, mediaType), name, disposition ?? path);
});

async function peer(t: TestContext, headers: Record<string, string>, body: Buffer = Buffer.from('%PDF-1.7')) {
  const { baseUrl } = await httpPeer(t, (_request, response) => void response.writeHead(200, headers).end(body));
  const get = async (config: object) => {
    const blobs = memoryBlobs();
    const outcome = await runNode(httpCall, { config: { path: '/r', ...config }, adapter: { settings: { baseUrl } }, blobs });
    assert.ok('emit' in outcome);
    const message = outcome.emit!['ok']![0]!;
    const data = message.data as Record<string, unknown> & { readonly blobId: string; readonly sizeBytes: number };
    const stored: Uint8Array[] = [];
    if (typeof data.blobId === 'string') for await (const chunk of blobs.get(data.blobId)) stored.push(chunk);
    return { data, mediaType: message.mediaType, stored: Buffer.concat(stored) };
  };
  return { get };
}
