import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { resolveAdapter, runNode } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { createAuthority, type Authority, type Certificate } from '../../support/certificates.ts';
import { freePort } from '../../servers/free-port.ts';
import { isListening } from '../../servers/is-listening.ts';

test('shows its certificate to a server that demands one, beside another login', async (t) => {
  const authority = await createAuthority();
  const own = await authority.issue('kangqiao');
  const seen: unknown[] = [];
  const server = createServer({ ...(await authority.issue('his')), ca: authority.ca, requestCert: true }, (request, response) => {
    seen.push([(request.socket as TLSSocket).getPeerCertificate().subject.CN, request.headers.authorization]);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tls = { ca: authority.ca, certificate: own.cert };
  await call({ baseUrl, tls }, own.key);
  await call({ baseUrl, tls, auth: 'basic' }, `user:password\n${own.key}`);
  assert.deepEqual(seen, [
    ['kangqiao', undefined],
    ['kangqiao', `Basic ${Buffer.from('user:password').toString('base64')}`],
  ]);
  const { ok, steps } = await probe({ baseUrl, tls }, own.key);
  assert.ok(ok, JSON.stringify(steps));
});

test('a certificate that the server does not accept is named in the error, and nothing was done', async (t) => {
  const authority = await createAuthority();
  const own = await authority.issue('kangqiao');
  const stranger = await (await createAuthority()).issue('stranger');
  for (const version of ['-tls1_3', '-tls1_2']) {
    const baseUrl = await startDemanding(t, authority, version);
    const { ca } = authority;
    const refused = { code: 'HTTP_CERTIFICATE_REFUSED', kind: 'input' };
    await assert.rejects(call({ baseUrl, tls: { ca, certificate: stranger.cert } }, stranger.key), refused, version);
    const outcome = await call({ baseUrl, tls: { ca, certificate: own.cert } }, own.key, 'GET');
    assert.ok('emit' in outcome, version);
    const { steps } = await probe({ baseUrl, tls: { ca, certificate: stranger.cert } }, stranger.key);
    assert.equal(steps.at(-1)?.error?.code, 'HTTP_CERTIFICATE_REFUSED', version);
  }
});

test('a key that is absent, unreadable or of another certificate is refused before anything is sent, and never quoted', async () => {
  const authority = await createAuthority();
  const [own, other] = [await authority.issue('own'), await authority.issue('other')];
  const damaged = own.key.replace(/[A-Za-z0-9+/]{40}/, 'AAAA');
  const cases: readonly [certificate: string, credential: string, problem: string][] = [
    [own.cert, 'user:password', 'absent'],
    [own.cert, damaged, 'unreadable'],
    [own.cert, other.key, 'pair'],
    ['-----BEGIN CERTIFICATE-----\nno certificate\n-----END CERTIFICATE-----', own.key, 'certificate'],
  ];
  for (const [certificate, credential, problem] of cases) {
    const error = await call({ baseUrl: 'https://127.0.0.1:1', tls: { certificate } }, credential).then(() => assert.fail(), toErrorRecord);
    assert.deepEqual([error.code, error.kind, error.values?.['problem']], ['HTTP_PRIVATE_KEY', 'input', problem]);
    assert.ok(!JSON.stringify(error).includes('MIG'));
  }
});

function call(settings: object, credential: string, method = 'POST') {
  return runNode(httpCall, {
    config: { method, path: '/', responseAs: 'text' },
    adapter: { settings: settings as Record<string, unknown> },
    secrets: { '': credential },
  });
}

function probe(settings: object, credential: string) {
  return httpCall.probe!({
    adapter: resolveAdapter('http', { settings: settings as Record<string, unknown> }),
    signal: new AbortController().signal,
    clock: wallClock(),
    outbound: anywhere,
    files: anyFile,
    secret: async () => credential,
  });
}

/** OpenSSL's own server, because it sends the alerts of TLS (Node's closes the connection without one). It answers GET only. */
async function startDemanding(t: TestContext, authority: Authority, version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-mtls-'));
  const server: Certificate = await authority.issue('his');
  await writeFile(join(folder, 'ca.pem'), authority.ca);
  await writeFile(join(folder, 'server.pem'), server.cert + '\n' + server.key);
  const port = await freePort();
  const options = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', 'server.pem', '-CAfile', 'ca.pem', '-Verify', '1'];
  const child = spawn('openssl', [...options, '-verify_return_error', version, '-www', '-quiet'], { cwd: folder, stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  return `https://127.0.0.1:${port}`;
}
