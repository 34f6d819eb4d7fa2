/** What an attacker may do to a signed answer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildEnvelope } from '../../../../nodes/soap/envelope.ts';
import { EXCLUSIVE, RSA_SHA256, SHA256 } from '../../../../nodes/soap/signature/names.ts';
import { SIGNED_BODY, signatureHeader } from '../../../../nodes/soap/signature/request-parts.ts';
import { signEnvelope } from '../../../../nodes/soap/signature/sign-envelope.ts';
import { readSigningKey } from '../../../../nodes/soap/signature/signing-key.ts';
import { verifyEnvelope } from '../../../../nodes/soap/signature/verify-envelope.ts';
import { SignedXml } from '../../../../nodes/soap/signature/xml-crypto.ts';

const folder = mkdtempSync(join(tmpdir(), 'kq-signature-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function openssl(...options: readonly string[]): void {
  const done = spawnSync('openssl', options, { cwd: folder });
  assert.equal(done.status, 0, String(done.stderr));
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');
openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.crt');
openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=hospital', '-keyout', 'one.key', '-out', 'one.csr');
openssl('x509', '-req', '-in', 'one.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-out', 'one.crt');
openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', 'other.key', '-out', 'other.crt');
/** After the certificates begin to be valid. */
const NOW = Date.now() + 1000;
const key = readSigningKey(read('one.key') + read('one.crt'));

function envelopeAt(at: number): string {
  const operation = {
    version: '1.1',
    namespace: 'urn:a',
    operation: 'answer',
    prefix: 'm',
    qualified: true,
    bare: false,
    namespaces: {},
    types: {},
    nillable: [],
  } as const;
  return buildEnvelope(operation, [signatureHeader(key.certificate, at)], { 姓名: '张三' }, 'UTF-8', SIGNED_BODY);
}

const signed = (at = NOW) => signEnvelope(envelopeAt(at), key);

function signBodyOf(envelope: string): string {
  const { privateKey } = key;
  const algorithms = { signatureAlgorithm: RSA_SHA256, canonicalizationAlgorithm: EXCLUSIVE };
  const signer = new SignedXml({ privateKey, ...algorithms, idMode: 'wssecurity' });
  signer.addReference({ xpath: "/*/*[local-name()='Body']", transforms: [EXCLUSIVE], digestAlgorithm: SHA256 });
  signer.computeSignature(envelope, { prefix: 'ds', location: { reference: "/*/*[local-name()='Header']/*[local-name()='Security']" } });
  return envelope.replace('</wsse:Security>', `${signer.getSignatureXml()}</wsse:Security>`);
}

const refused = (envelope: string, problem: string, trusted = read('one.crt')) =>
  assert.throws(() => verifyEnvelope(envelope, trusted, NOW), { code: 'SOAP_SIGNATURE', values: { problem } });

test('the certificate itself, or the one that issued it, verifies', () => {
  for (const name of ['one.crt', 'ca.crt']) assert.match(verifyEnvelope(signed(), read(name), NOW), /<姓名>张三<\/姓名>/);
  refused(signed(), 'wrong', read('other.crt'));
  refused(signed(), 'certificate', '');
});

test('a changed body, or none of ours, is refused', () => {
  refused(signed().replace('张三', '李四'), 'wrong');
  refused(signed().replace(/<ds:Signature .*<\/ds:Signature>/, ''), 'unsigned');
  refused(signed().replace('rsa-sha256', 'hmac-sha256'), 'algorithm');
  refused(signed().replaceAll('xml-exc-c14n#', 'xml-c14n#'), 'algorithm');
  refused(signed(NOW - 3_600_000), 'expired');
});

test('the time must be signed too, and its creation be near, whenever it is said to expire', () => {
  // Nobody signed this time, so anybody may write it.
  const bodyOnly = signBodyOf(envelopeAt(NOW));
  refused(bodyOnly, 'timestamp');
  refused(bodyOnly.replace(/<wsu:Timestamp.*<\/wsu:Timestamp>/, ''), 'timestamp');
  refused(signEnvelope(envelopeAt(NOW).replace(/<wsu:Created>.*<\/wsu:Created>/, ''), key), 'timestamp');
  const longLived = (at: number) => envelopeAt(at).replace(/<wsu:Expires>[^<]*/, '<wsu:Expires>2999-01-01T00:00:00Z');
  refused(signEnvelope(longLived(NOW - 301_000), key), 'expired');
  refused(signed(NOW + 301_000), 'expired');
  assert.match(verifyEnvelope(signEnvelope(longLived(NOW - 290_000), key), read('one.crt'), NOW), /张三/);
});

test('a body beside the signed one is never returned', () => {
  const envelope = signed();
  const body = /<soap:Body.*<\/soap:Body>/.exec(envelope)![0];
  const forged = body.replace('张三', '李四').replace('kq-body', 'forged');
  const wrapped = envelope.replace(body, forged).replace('</wsse:Security>', `</wsse:Security><wrapper>${body}</wrapper>`);
  const answer = verifyEnvelope(wrapped, read('one.crt'), NOW);
  assert.match(answer, /张三/);
  assert.doesNotMatch(answer, /李四/);
  // Two elements with the signed id are ambiguous.
  refused(wrapped.replace('"forged"', '"kq-body"'), 'wrong');
});
