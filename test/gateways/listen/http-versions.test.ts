/** Request lines and framing that HTTP/1.1 does not know, on real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { buildInterface, buildPlan, createTestKey, crypto } from '../support/city-plan.ts';
import { makeCertificate, startGateway, type TestGateway } from '../support/start-gateway.ts';

const PATIENCE_MS = 30_000;

async function start(t: TestContext): Promise<TestGateway> {
  const started = await startGateway(await buildPlan([await createTestKey('HMAC-SM3', 'app')], [buildInterface()]));
  t.after(() => started.stop());
  return started;
}

/** What comes until the gateway closes the connection, or with `first` until something came. */
async function send({ gateway }: TestGateway, text: string, until: 'closed' | 'first' = 'closed'): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, until === 'first' ? 'data' : 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
  socket.destroy();
  return answer;
}

test('a request line of HTTP/2.0 is refused, and the connection ends', async (t) => {
  const started = await start(t);
  const answer = await send(started, 'GET /open/v1/x HTTP/2.0\r\nHost: localhost\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 505 /);
  assert.match(answer, /GW50501/);
});

test('HTTP/1.0 is refused and the connection ends: what follows is not read as a request', async (t) => {
  const busConsumers = [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', 't')).toString('hex') }];
  const document = buildInterface({ front: 'bus', path: '/bus/v1/x' });
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [document], { busConsumers });
  const started = await startGateway(plan, { front: 'bus' });
  t.after(() => started.stop());
  const head = 'Host: localhost\r\nConnection: keep-alive\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n';
  const whole = `${head}Content-Length: 2\r\n\r\n{}`;
  for (const first of [
    `POST /bus/v1/x HTTP/1.0\r\n${whole}`,
    `POST /bus/v1/x HTTP/1.0\r\n${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    'GET /bus/v1/x HTTP/1.0\r\n\r\n',
  ]) {
    const answer = await send(started, `${first}POST /bus/v1/x HTTP/1.1\r\n${whole}`);
    assert.match(answer, /^HTTP\/1\.1 505 /, first);
    assert.match(answer, /GW50501.*HTTP\/1\.1/);
  }
  assert.equal(started.calls.length, 0);
  const answer = await send(started, `POST /bus/v1/x HTTP/1.1\r\n${whole}`, 'first');
  assert.match(answer, /^HTTP\/1\.1 200 /);
});

test('paths that are encoded twice, or hide a dot segment before a parameter, are malformed', async (t) => {
  const started = await start(t);
  for (const path of ['/open/v1/%252e%252e/x', '/open/v1/..%3b/x', '/open/v1/..;/x', '/open/v1/%2e%2e%3Bx/y']) {
    const answer = await send(started, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 'first');
    assert.match(answer, /^HTTP\/1\.1 400 /, `${path}: ${answer}`);
  }
  const answer = await send(started, 'GET /open/v1/100%25 HTTP/1.1\r\nHost: localhost\r\n\r\n', 'first');
  assert.match(answer, /^HTTP\/1\.1 404 /, 'a per cent sign is one');
});

test('suites whose MAC is SHA-1 are refused, and others of TLS 1.2 are taken', async (t) => {
  const tls = await makeCertificate();
  const started = await startGateway(undefined, { settings: { tls } });
  t.after(() => started.stop());
  const shake = async (ciphers: string) => {
    const options = { port: started.gateway.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers } as const;
    const socket = connectTls(options);
    try {
      await once(socket, 'secureConnect');
      return socket.getCipher().name;
    } catch {
      return 'refused';
    } finally {
      socket.destroy();
    }
  };
  for (const cipher of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA', 'AES128-SHA'])
    assert.equal(await shake(`${cipher}:@SECLEVEL=0`), 'refused', cipher);
  assert.match(await shake('ECDHE+AESGCM'), /GCM/);
  assert.match(await shake('ECDHE+AES:!AESGCM:!AESCCM:!SHA1'), /SHA256|SHA384/);
});
