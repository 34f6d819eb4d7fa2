import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { fileBlobs, growthDuring, megabytes } from '../support/file-blobs.ts';
import { httpPeer } from '../support/peers.ts';

const MEGABYTES = Number(process.env['KQ_TEST_MEGABYTES'] ?? 100);

test('sends a form', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  await send(baseUrl, 'form', { data: { 姓名: '张 三&', n: 5, ok: true, list: ['a', 'b'], none: null } });
  assert.equal(requests[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(
    [...new URLSearchParams(requests[0]?.body)],
    [
      ['姓名', '张 三&'],
      ['n', '5'],
      ['ok', 'true'],
      ['list', 'a'],
      ['list', 'b'],
    ],
  );
});

test('sends fields and files as multipart, in a form that other programs read', async (t) => {
  const blobs = memoryBlobs();
  const image = Buffer.from([0xff, 0xd8, 0, 13, 10, 45, 45, 0]);
  const ref = await blobs.put(one(image), { limitBytes: 100 });
  const { baseUrl, requests } = await httpPeer(t);
  const data = {
    patient: 'P-1',
    报告: { ...ref, name: '胸片 "1".jpg', mediaType: 'image/jpeg' },
    notes: [
      { name: 'a.txt', content: '一' },
      { name: 'b.xml', content: '<b/>', mediaType: 'text/xml' },
    ],
    raw: new Uint8Array([1, 2]),
  };
  await send(baseUrl, 'multipart', { data, blobs }, { headers: { 'Content-Type': 'text/plain' } });
  const [request] = requests;
  assert.match(request!.headers['content-type']!, /^multipart\/form-data; boundary=kq-/);
  assert.equal(request!.headers['content-length'], String(request!.bytes.byteLength));
  const received = await new Response(request!.bytes as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': request!.headers['content-type']! },
  }).formData();
  assert.equal(received.get('patient'), 'P-1');
  const file = received.get('报告') as File;
  assert.deepEqual([file.name, file.type, Buffer.from(await file.arrayBuffer())], ['胸片 "1".jpg', 'image/jpeg', image]);
  const notes = received.getAll('notes') as File[];
  assert.deepEqual(await Promise.all(notes.map(async (note) => [note.name, await note.text()])), [
    ['a.txt', '一'],
    ['b.xml', '<b/>'],
  ]);
  assert.equal((received.get('raw') as File).size, 2);
});

test('sends a file as the whole body', async (t) => {
  const blobs = memoryBlobs();
  const ref = await blobs.put(one(Buffer.from('%PDF')), { limitBytes: 100 });
  const { baseUrl, requests } = await httpPeer(t);
  await send(baseUrl, 'blob', { data: { file: { ...ref, mediaType: 'application/pdf' } }, blobs }, { body: { path: 'data.file' } });
  assert.deepEqual([requests[0]?.body, requests[0]?.headers['content-type']], ['%PDF', 'application/pdf']);
});

test('data that does not fit is refused before anything is sent', async (t) => {
  const { baseUrl, requests } = await httpPeer(t);
  const cases: readonly [as: string, data: unknown, problem: string][] = [
    ['form', 'text', 'form'],
    ['form', [1], 'form'],
    ['form', { a: { b: 1 } }, 'field'],
    ['multipart', { a: { b: 1 } }, 'file'],
    ['multipart', { a: { blobId: 'x', sizeBytes: -1 } }, 'file'],
    ['multipart', { a: Array.from({ length: 1001 }, () => 'x') }, 'many'],
    ['blob', { blobId: 'x' }, 'blob'],
    ['blob', 'text', 'blob'],
  ];
  for (const [as, data, problem] of cases) {
    const attempt = send(baseUrl, as, { data });
    await assert.rejects(attempt, (error: { code: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.values.problem], ['HTTP_BODY_WRONG', problem]);
      return true;
    });
  }
  assert.equal(requests.length, 0);
});

test('a file that is gone, or has another size than its reference says, never arrives whole', async (t) => {
  const blobs = memoryBlobs();
  const ref = await blobs.put(one(Buffer.alloc(100)), { limitBytes: 100 });
  const { baseUrl, requests } = await httpPeer(t);
  for (const sizeBytes of [99, 101])
    await assert.rejects(send(baseUrl, 'blob', { data: { ...ref, sizeBytes }, blobs }), { code: 'HTTP_BODY_WRONG', kind: 'input' });
  await assert.rejects(send(baseUrl, 'blob', { data: { blobId: 'blb_none', sizeBytes: 5 }, blobs }), {
    code: 'BLOB_UNKNOWN',
    kind: 'input',
  });
  assert.equal(requests.length, 0);
});

test('a large file is read while it is sent, within bounded memory, and again when a read is repeated', async (t) => {
  const blobs = await fileBlobs(t);
  const ref = await blobs.put(megabytes(MEGABYTES), { limitBytes: 2 ** 31 });
  const { baseUrl, digests } = await digesting(t);
  const options = { data: { meta: 'x', file: ref }, blobs, limits: { timeoutMs: 600_000 } };
  await send(baseUrl, 'multipart', options);
  const growth = await growthDuring(() => send(baseUrl, 'multipart', options));
  assert.ok(growth < 100_000_000, `${growth}`);
  await send(baseUrl, 'blob', { ...options, data: ref });
  const expected = createHash('sha256');
  for await (const chunk of megabytes(MEGABYTES)) expected.update(chunk);
  assert.equal(digests[2], expected.digest('hex'));
});

function send(baseUrl: string, bodyAs: string, { limits = {}, ...options }: RunNodeOptions & { limits?: object }, config: object = {}) {
  return runNode(httpCall, {
    config: { method: 'POST', path: '/', bodyAs, ...config },
    adapter: { settings: { baseUrl }, limits },
    ...options,
  });
}

async function* one(bytes: Uint8Array) {
  yield bytes;
}

async function digesting(t: TestContext) {
  const digests: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const digest = createHash('sha256');
    request.on('data', (chunk: Buffer) => digest.update(chunk));
    request.on('end', () => {
      digests.push(digest.digest('hex'));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, digests };
}
