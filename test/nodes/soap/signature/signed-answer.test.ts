/** Calls whose answer must be signed, and what somebody between both sides may answer instead. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { AppError } from '../../../../engine/contract/values/errors.ts';
import { memoryBlobs } from '../../../../engine/testing/memory-blobs.ts';
import { resolveAdapter, runNode } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import soapCall from '../../../../nodes/soap/call.node.ts';
import { buildEnvelope } from '../../../../nodes/soap/envelope.ts';
import { runSignature } from '../../../../nodes/soap/signature/in-thread.ts';
import { SIGNED_BODY, signatureHeader } from '../../../../nodes/soap/signature/request-parts.ts';
import { signEnvelope } from '../../../../nodes/soap/signature/sign-envelope.ts';
import { readSigningKey } from '../../../../nodes/soap/signature/signing-key.ts';
import { httpPeer } from '../../support/peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'kq-signed-answer-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=hospital', '-keyout', 'key', '-out', 'certificate'];
assert.equal(spawnSync('openssl', ['req', ...options], { cwd: folder }).status, 0);
const signers = readFileSync(join(folder, 'certificate'), 'utf8');
const key = readSigningKey(readFileSync(join(folder, 'key'), 'utf8') + signers);

const XOP = { 'xop:Include': { '@xmlns:xop': 'http://www.w3.org/2004/08/xop/include', '@href': 'cid:r' } };
const PART = 'Content-Type: application/pdf\r\nContent-ID: <r>\r\n\r\nof somebody else';

function signed(content: object): string {
  const operation = {
    ...({ version: '1.1', namespace: 'urn:a', operation: 'answer', prefix: 'm' } as const),
    ...{ qualified: true, bare: false, namespaces: {}, types: {}, nillable: [] },
  };
  return signEnvelope(buildEnvelope(operation, [signatureHeader(key.certificate, Date.now())], content, 'UTF-8', SIGNED_BODY), key);
}

function multipart(envelope: string, ...parts: readonly string[]): string {
  const all = [`Content-Type: text/xml; charset=UTF-8\r\nContent-ID: <root>\r\n\r\n${envelope}`, ...parts];
  return `${all.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;
}

async function call(t: TestContext, status: number, answer: string, more = {}) {
  const type = answer.startsWith('--b') ? 'multipart/related; boundary="b"; start="<root>"' : 'text/xml';
  const { baseUrl } = await httpPeer(t, (_, response) => void response.writeHead(status, { 'content-type': type }).end(answer));
  const outcome = await runNode(soapCall, {
    config: { namespace: 'urn:a', operation: 'x', signedAnswer: true, body: { value: {} }, ...more },
    adapter: { settings: { baseUrl, signers } },
    blobs: memoryBlobs(),
  });
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!.data;
}

test('a signed envelope is read, also as the only part of several', async (t) => {
  for (const answer of [signed({ result: 'done' }), multipart(signed({ result: 'done' }))])
    assert.deepEqual(await call(t, 200, answer), { result: 'done' });
});

test('files beside the signed envelope are refused, whether it refers to them or not', async (t) => {
  for (const content of [{ report: XOP }, { report: 'cid:r' }, { result: 'done' }]) {
    const answer = multipart(signed(content), PART);
    await assert.rejects(call(t, 200, answer), { code: 'SOAP_SIGNATURE', kind: 'unknown-outcome', values: { problem: 'attachments' } });
    await assert.rejects(call(t, 200, answer, { reads: true }), {
      code: 'SOAP_SIGNATURE',
      kind: 'input',
      values: { problem: 'attachments' },
    });
  }
});

test('an answer without content is not signed', async (t) => {
  for (const status of [200, 202, 204]) {
    await assert.rejects(call(t, status, ''), { code: 'SOAP_SIGNATURE', kind: 'unknown-outcome', values: { problem: 'unsigned' } });
    await assert.rejects(call(t, status, '', { reads: true }), { code: 'SOAP_SIGNATURE', kind: 'input', values: { problem: 'unsigned' } });
  }
});

test('many answers of one adapter do not keep those of another from being verified', async () => {
  const envelope = signed({ result: 'done' });
  const task = { kind: 'verify', envelope, trusted: signers, now: Date.now() } as const;
  // As in a process, all of them have the same clock.
  const clock = wallClock();
  const verify = (adapterId: string) =>
    runSignature(task, {
      adapter: resolveAdapter('soap', { adapterId, settings: { baseUrl: 'http://127.0.0.1' } }),
      clock,
      signal: new AbortController().signal,
    });
  const many = Array.from({ length: 100 }, () => verify('busy'));
  const other = verify('other');
  const refused = (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected');
  assert.ok(refused.length > 0);
  for (const { reason } of refused as PromiseRejectedResult[]) assert.equal((reason as AppError).code, 'PARSE_BUSY');
  assert.match(await other, /done/);
});

test('a one-way operation cannot ask for a signed answer', () => {
  const base = { namespace: 'urn:a', operation: 'op', security: 'none', attachments: 'inline', signedAnswer: true };
  assert.deepEqual(
    [false, true].map((oneWay) => soapCall.check!({ ...base, oneWay } as never).map(({ path }) => path)),
    [[], ['/signedAnswer']],
  );
});
