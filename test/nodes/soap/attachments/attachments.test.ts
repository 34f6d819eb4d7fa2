/** SOAP with Attachments, and answers that break the rules of MIME. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { bytesOf } from './bytes-of.ts';
import type { Blobs } from '../../../../engine/contract/ports/blobs.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { memoryBlobs } from '../../../../engine/testing/memory-blobs.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import soapCall from '../../../../nodes/soap/call.node.ts';
import { httpPeer } from '../../support/peers.ts';

const ENVELOPE = (content: string) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r>${content}</r></e:Body></e:Envelope>`;
const TYPE = 'multipart/related; type="text/xml"; start="<root>"; boundary=b';

function multipart(content: string, ...parts: readonly string[]): string {
  return [
    '',
    `\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <root>\r\n\r\n${ENVELOPE(content)}\r\n`,
    ...parts.map((part) => `\r\n${part}\r\n`),
    '--\r\n',
  ].join('--b');
}

async function call(t: TestContext, answer: string, data: unknown, blobs: Blobs = memoryBlobs(), more = {}) {
  const { baseUrl, requests } = await httpPeer(t, (_, response) => void response.setHeader('content-type', TYPE).end(answer));
  const outcome = await runNode(soapCall, {
    ...{ config: { namespace: 'urn:a', operation: 'op', body: { value: data }, ...more }, adapter: { settings: { baseUrl } }, blobs },
  });
  assert.ok('emit' in outcome);
  return { data: outcome.emit!.ok![0]!.data as Record<string, unknown>, request: requests[0]! };
}

test('attachments are files, those that an element names in its place', async (t) => {
  const blobs = memoryBlobs();
  const content = async (file: unknown) => (await bytesOf(blobs, (file as { blobId: string }).blobId)).toString();
  const { blobId, sizeBytes } = await blobs.put(Readable.from([Buffer.from('out')]), { limitBytes: 10 });
  const answer = multipart(
    '<doc>cid:a%40x</doc><inc><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:b"/></inc>',
    'Content-ID: <a@x>\r\nContent-Type: text/plain; name="甲.txt"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=',
    'Content-ID: <b>\r\nContent-Type: image/png\r\n\r\n\r\n--not a delimiter\r\n',
    'Content-Type: application/pdf\r\n\r\nPDF',
  );
  const { data, request } = await call(t, answer, { file: { blobId, sizeBytes, mediaType: 'text/csv' } }, blobs, { attachments: 'swa' });
  assert.equal(await content(data['doc']), 'hello');
  assert.equal((data['doc'] as { name: string }).name, '甲.txt');
  assert.equal(await content(data['inc']), '\r\n--not a delimiter\r\n');
  const [other] = data['#attachments'] as { mediaType: string }[];
  assert.deepEqual([other?.mediaType, await content(other)], ['application/pdf', 'PDF']);
  assert.match(String(request.headers['content-type']), /^multipart\/related; type="text\/xml"; start="<root@kangqiao>"; boundary="kq-/);
  const id = /<file>cid:([^<]+)<\/file>/.exec(request.body)?.[1];
  assert.ok(request.body.includes(`Content-Type: text/csv\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\nout\r\n`));
});

test('an answer that is cut off, or refers to a part that it lacks, is named and leaves the write unknown', async (t) => {
  for (const [answer, problem] of [
    [multipart('').slice(0, -6), 'form'],
    ['nothing', 'form'],
    [multipart('<a><Include href="cid:none"/></a>', 'Content-ID: <b>\r\n\r\nx'), 'absent'],
    [multipart('', 'Content-Transfer-Encoding: x-odd\r\n\r\nx'), 'encoding'],
  ] as const) {
    await assert.rejects(call(t, answer, {}), { code: 'SOAP_ATTACHMENT', kind: 'unknown-outcome', values: { problem } });
    await assert.rejects(call(t, answer, {}, memoryBlobs(), { reads: true }), {
      code: 'SOAP_ATTACHMENT',
      kind: 'input',
      values: { problem },
    });
  }
});

test('a file that cannot be stored says why, and the write is not done again', async (t) => {
  const full: Blobs = {
    ...memoryBlobs(),
    put: () => Promise.reject(new AppError('STORE_FULL', 'transient', 'The disk is full.', { retryAfterMs: 7 })),
  };
  const answer = multipart('', 'Content-ID: <b>\r\n\r\nx');
  await assert.rejects(call(t, answer, {}, full), { code: 'STORE_FULL', kind: 'unknown-outcome' });
  await assert.rejects(call(t, answer, {}, full, { reads: true }), { code: 'STORE_FULL', kind: 'transient', retryAfterMs: 7 });
});

test('a signed request keeps its files in the body', () => {
  const base = { namespace: 'urn:a', operation: 'op', security: 'signature' };
  assert.deepEqual(
    ['inline', 'mtom'].map((attachments) => soapCall.check!({ ...base, attachments } as never).length),
    [0, 1],
  );
});
