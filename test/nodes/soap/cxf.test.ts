/** Against a foreign implementation: Apache CXF with WSS4J signatures and user name tokens. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import soapCall from '../../../nodes/soap/call.node.ts';
import { prepareCxf, startCxf, type Cxf } from '../../servers/cxf.ts';
import { bytesOf } from './attachments/bytes-of.ts';
import { offersOf } from './wsdl/describe.ts';

const absent = prepareCxf();
if (process.env.CI === 'true') assert.equal(absent, undefined);
const skip = absent ?? false;
let cxf: Cxf;
before(async () => {
  if (skip === false) cxf = await startCxf();
});
after(() => (skip === false ? cxf.stop() : undefined));

const body = { value: { 姓名: '张三 & \r\n李四', 序号: 3 } };

async function call(
  path: string,
  more: Record<string, unknown>,
  { secret = cxf.client, signers = cxf.serverCertificate, charset = 'UTF-8' } = {},
) {
  const settings = { baseUrl: `${cxf.baseUrl}${path}`, signers };
  const find = (await offersOf({ baseUrl: settings.baseUrl })).find(({ name }) => name === 'find');
  assert.equal(find?.problems, undefined);
  return runNode(soapCall, {
    config: { ...find!.config, body, ...more },
    adapter: { settings, charset, limits: { timeoutMs: 20_000 } },
    secrets: { '': secret },
  });
}

function resultOf(outcome: Outcome): unknown {
  assert.ok('emit' in outcome && outcome.emit?.ok !== undefined, JSON.stringify(outcome));
  return (outcome.emit.ok[0]!.data as Record<string, unknown>)['结果'];
}

const FOUND = '报告 张三 & \r\n李四 #3'.replace('\r\n', '\n');

test('its description, with the WSDL and schema that it imports, says all that a call needs', { skip }, async () => {
  assert.equal(String(resultOf(await call('/plain', {}))).replace('\r\n', '\n'), FOUND);
});

test('logs in by a user name token', { skip }, async () => {
  assert.ok(resultOf(await call('/login', { security: 'digest' }, { secret: 'lab:secret' })));
  await assert.rejects(call('/login', { security: 'digest' }, { secret: 'lab:wrong' }), { code: 'SOAP_FAULT' });
});

test('signs the request and verifies the answer, also in GB18030', { skip }, async () => {
  for (const charset of ['UTF-8', 'GB18030']) {
    const outcome = await call('/signed', { security: 'signature', signedAnswer: true }, { charset });
    assert.equal(String(resultOf(outcome)).replace('\r\n', '\n'), FOUND);
  }
});

test('a request by a stranger is refused there, and so is one that is not signed', { skip }, async () => {
  await assert.rejects(call('/signed', { security: 'signature' }, { secret: cxf.stranger }), { code: 'SOAP_FAULT' });
  await assert.rejects(call('/signed', {}), { code: 'SOAP_FAULT' });
});

test('an answer without signature, or of another signer, is not believed', { skip }, async () => {
  const unknown = (problem: string) => (error: { code: string; kind: string; values: Record<string, unknown> }) => {
    assert.deepEqual([error.code, error.kind, error.values['problem']], ['SOAP_SIGNATURE', 'unknown-outcome', problem]);
    return true;
  };
  await assert.rejects(call('/plain', { signedAnswer: true }), unknown('unsigned'));
  await assert.rejects(call('/signed', { security: 'signature', signedAnswer: true }, { signers: cxf.stranger }), unknown('wrong'));
});

test('a credential that is no key with its certificate is named without being shown', { skip }, async () => {
  const [key] = cxf.client.split('-----BEGIN CERTIFICATE-----');
  const [, certificate] = cxf.stranger.split('-----BEGIN CERTIFICATE-----');
  for (const [secret, problem] of [
    ['lab:secret', 'absent'],
    [`${key}-----BEGIN CERTIFICATE-----${certificate}`, 'pair'],
  ] as const)
    await assert.rejects(
      call('/signed', { security: 'signature' }, { secret }),
      (error: { code: string; values: Record<string, unknown> }) => {
        assert.deepEqual([error.code, error.values['problem']], ['SOAP_CREDENTIAL', problem]);
        return true;
      },
    );
});

test('files travel by MTOM both ways, or as Base64', { skip }, async () => {
  const blobs = memoryBlobs();
  const file = randomBytes(300_000);
  const { blobId, sizeBytes } = await blobs.put(Readable.from([file]), { limitBytes: file.length });
  const settings = { baseUrl: `${cxf.baseUrl}/mtom` };
  const store = (await offersOf(settings)).find(({ name }) => name === 'store');
  for (const attachments of ['mtom', 'inline']) {
    const outcome = await runNode(soapCall, {
      config: { ...store!.config, body: { value: { 文件: { blobId, sizeBytes, mediaType: 'image/png' } } }, attachments },
      adapter: { settings, limits: { timeoutMs: 20_000 } },
      blobs,
    });
    assert.ok('emit' in outcome);
    const answer = (outcome.emit!.ok![0]!.data as { 文件: { blobId: string; sizeBytes: number; mediaType: string } }).文件;
    assert.deepEqual([answer.sizeBytes, answer.mediaType], [file.length, 'application/octet-stream']);
    const kept = await bytesOf(blobs, answer.blobId);
    assert.ok(kept.reverse().equals(file));
  }
});
