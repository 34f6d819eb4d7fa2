/** What a connection test shows of its connections: steps, certificate and bytes, and never a secret. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsHttp } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import tls, { connect as connectTls, createServer as createTls } from 'node:tls';
import type { Health, ProbeExchange } from '../../../../engine/contract/node/probe.ts';
import { resolveAdapter } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { probeHttp } from '../../../../nodes/shared/http/probe.ts';
import { runProbe } from '../../../../nodes/shared/probe/run-probe.ts';
import mllpSend from '../../../../nodes/mllp/send.node.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';

const SECRET = 'lis:Päss wörd&"9';

function contextOf(protocol: string, settings: Record<string, unknown>) {
  return {
    adapter: resolveAdapter(protocol, { settings }),
    ...{ signal: new AbortController().signal, clock: wallClock(), outbound: anywhere, files: anyFile, secret: async () => SECRET },
  };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const textOf = ({ content }: ProbeExchange['sent']) => Buffer.from(content, 'base64').toString();
const namesOf = ({ steps }: Health) => steps.map(({ name, ok }) => `${name.en} ${ok ? 'ok' : 'failed'}`);

/** Tells the login back to the client, as a careless server does. */
function tellBack({ headers }: IncomingMessage, response: ServerResponse): void {
  const login = Buffer.from(headers.authorization!.slice(6), 'base64').toString();
  response.writeHead(401, { 'set-cookie': 'JSESSIONID=4711', 'www-authenticate': 'Basic realm="LIS"' });
  response.end(JSON.stringify({ asked: headers.authorization, login, form: encodeURIComponent(login), access_token: 'eyJhbGci' }));
}

test('shows the bytes of a refused login over HTTP, without the secret in any form', async (t) => {
  const port = await listen(t, createServer(tellBack));
  const health = await probeHttp(contextOf('http', { baseUrl: `http://127.0.0.1:${port}/a`, auth: 'basic' }));
  assert.deepEqual(namesOf(health), ['Settings ok', 'Name lookup (DNS) ok', 'TCP connection ok', 'Answer to GET failed']);
  const [{ target, isTls, sent, received }] = health.exchanges as [ProbeExchange];
  assert.deepEqual([target, isTls], [`127.0.0.1:${port}`, false]);
  assert.match(textOf(sent), /^GET \/a HTTP\/1\.1\r\n/);
  assert.match(textOf(sent), /\r\nauthorization: \*{6}\r\n/i);
  assert.match(textOf(received), /^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: Basic realm="LIS"/i);
  const whole = JSON.stringify(health) + textOf(sent) + textOf(received);
  for (const secret of [SECRET, 'Päss', Buffer.from(SECRET).toString('base64'), encodeURIComponent(SECRET), '4711', 'eyJhbGci'])
    assert.ok(!whole.includes(secret), secret);
});

test('shows the certificate of a TLS server, trusted or not, and what went through the encrypted connection', async (t) => {
  const authority = await createAuthority();
  const server = createTlsHttp(await authority.issue('his.hospital-a.example'), (_request, response) => void response.end('hello'));
  const baseUrl = `https://127.0.0.1:${await listen(t, server)}`;
  const bad = await probeHttp(contextOf('http', { baseUrl }));
  assert.deepEqual(namesOf(bad), ['Settings ok', 'Name lookup (DNS) ok', 'TCP connection ok', 'TLS handshake failed']);
  const good = await probeHttp(contextOf('http', { baseUrl, tls: { ca: authority.ca } }));
  assert.deepEqual(namesOf(good).slice(3), ['TLS handshake ok', 'Answer to GET ok']);
  for (const { steps } of [bad, good]) {
    const { subject, issuer, validTo } = steps[3]!.certificate!;
    assert.deepEqual([subject, issuer, validTo! > Date.now()], ['CN=his.hospital-a.example', 'CN=Test CA', true]);
  }
  const [{ isTls, sent, received }] = good.exchanges as [ProbeExchange];
  assert.deepEqual([isTls, /^GET \//.test(textOf(sent)), /hello/.test(textOf(received))], [true, true, true]);
});

test('shows the certificate where TLS starts on an open connection', async (t) => {
  const authority = await createAuthority();
  const port = await listen(t, createTls(await authority.issue('his')));
  const health = await mllpSend.probe!(contextOf('mllp', { host: '127.0.0.1', port, tls: { ca: authority.ca } }));
  assert.deepEqual(namesOf(health), ['Settings ok', 'Name lookup (DNS) ok', 'TCP connection ok', 'TLS handshake ok', 'Ready to send ok']);
  assert.equal(health.steps[3]?.certificate?.subject, 'CN=his');
});

test('a step that fails before its socket is open is the step of connecting; nothing else of the process is recorded', async (t) => {
  const health = await probeHttp(contextOf('http', { baseUrl: 'http://127.0.0.1:1' }));
  assert.deepEqual(namesOf(health).at(-1), 'TCP connection failed');
  const port = await listen(
    t,
    createServer((_request, response) => void response.end()),
  );
  const outside = fetch(`http://127.0.0.1:${port}`);
  const nothing = await runProbe(contextOf('http', {}), 'http', (_ctx, steps) => steps.run({ 'zh-CN': '等', en: 'Wait' }, () => ''));
  assert.deepEqual([(await outside).status, nothing.exchanges, namesOf(nothing)], [200, undefined, ['Wait ok']]);
});

test('while tests run, and only then, tls.connect is watched', async () => {
  const original = tls.connect;
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const isOriginal = () => tls.connect === original && connectTls === original;
  const runs = [first, second].map(({ promise }) =>
    runProbe(contextOf('http', {}), 'http', (_ctx, steps) => steps.run({ 'zh-CN': '等', en: 'Wait' }, () => promise)),
  );
  assert.equal(isOriginal(), false);
  first.resolve('');
  await runs[0];
  assert.equal(isOriginal(), false);
  second.reject(new Error('no'));
  await runs[1];
  assert.equal(isOriginal(), true);
});
