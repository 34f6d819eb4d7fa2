import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { resolveAdapter, runNode } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { toErrorRecord } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import httpCall from '../../../../nodes/http/call.node.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { httpPeer, type Received } from '../../support/peers.ts';

const SECRET = 'geheim/密 码:+';

test('takes a token once for all who wait, and again shortly before it expires', async (t) => {
  const { api, tokens, call, clock } = await setUp(t, { expires_in: 300 });
  await Promise.all(Array.from({ length: 20 }, () => call()));
  assert.equal(tokens.requests.length, 1);
  assert.deepEqual(new Set(api.requests.map(({ headers }) => headers.authorization)), new Set(['Bearer token-1']));
  await clock.advance(269_000);
  await call();
  assert.equal(tokens.requests.length, 1);
  await clock.advance(2000);
  await call();
  assert.equal(tokens.requests.length, 2);
  assert.equal(api.requests.at(-1)?.headers.authorization, 'Bearer token-2');
});

test('shows the client by a header, by the form, or by a signature', async (t) => {
  const { tokens, call } = await setUp(t);
  await call({ oauth2: { scope: 'fhir/*.read', audience: 'https://api.example' } });
  const [first] = tokens.requests;
  assert.equal(first?.headers.authorization, `Basic ${Buffer.from('client+1:geheim%2F%E5%AF%86+%E7%A0%81%3A%2B').toString('base64')}`);
  assert.deepEqual(formOf(first), { grant_type: 'client_credentials', scope: 'fhir/*.read', audience: 'https://api.example' });

  await call({ oauth2: { authentication: 'client_secret_post' } });
  assert.equal(tokens.requests[1]?.headers.authorization, undefined);
  assert.deepEqual(formOf(tokens.requests[1]), { grant_type: 'client_credentials', client_id: 'client 1', client_secret: SECRET });

  for (const pair of [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519'),
  ]) {
    const credential = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await call({ oauth2: { authentication: 'private_key_jwt', keyId: 'key-1' } }, credential);
    const form = formOf(tokens.requests.at(-1));
    assert.equal(form['client_assertion_type'], 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'key-1' }] });
    const { payload } = await jwtVerify(form['client_assertion']!, keys, {
      issuer: 'client 1',
      subject: 'client 1',
      audience: tokens.url,
      currentDate: new Date(0),
    });
    assert.equal(typeof payload.jti, 'string');
  }
});

test('a token that the other side no longer accepts is replaced, and the call is made once more', async (t) => {
  let accepted = 'Bearer token-1';
  const { api, tokens, call } = await setUp(t, {}, ({ headers }) => (headers.authorization === accepted ? 200 : 401));
  await call();
  accepted = 'Bearer token-2';
  await call();
  assert.deepEqual(
    api.requests.map(({ headers }) => [headers.authorization, headers['idempotency-key']]),
    ['token-1', 'token-1', 'token-2'].map((token) => [`Bearer ${token}`, 'key-of-this-run']),
  );
  accepted = 'none';
  await assert.rejects(call(), { code: 'HTTP_LOGIN_REFUSED', kind: 'input' });
  assert.deepEqual([tokens.requests.length, api.requests.length], [3, 5]);
});

test('tells which token server gave none, and why, without the secret', async (t) => {
  let answer: [status: number, body: string] = [401, '{"error":"invalid_client","error_description":"geheim/密 码:+ is wrong"}'];
  const { api, tokens, call } = await setUp(t, {}, undefined, () => answer);
  const { host } = new URL(tokens.url);
  const attempt = async () => {
    const error = await call().then(() => assert.fail('refused'), toErrorRecord);
    assert.ok(!JSON.stringify(error).includes('geheim'));
    assert.equal(error.values?.['host'], host);
    return [error.code, error.kind, error.values?.['reason']];
  };
  assert.deepEqual(await attempt(), ['OAUTH_TOKEN_REFUSED', 'input', 'HTTP 401, invalid_client']);
  answer = [302, ''];
  assert.deepEqual(await attempt(), ['OAUTH_TOKEN_REFUSED', 'input', 'HTTP 302']);
  for (const body of ['<html>', '{}', '{"access_token":"a\\r\\nb","token_type":"Bearer"}', '{"access_token":"a","token_type":"mac"}']) {
    answer = [200, body];
    assert.deepEqual(await attempt(), ['OAUTH_TOKEN_REFUSED', 'input', 'no bearer token in the answer']);
  }
  answer = [503, ''];
  assert.deepEqual(await attempt(), ['OAUTH_TOKEN_UNAVAILABLE', 'transient', 'HTTP 503']);
  answer = [200, `"${'x'.repeat(100_000)}"`];
  assert.deepEqual(await attempt(), ['OAUTH_TOKEN_REFUSED', 'input', 'HTTP_TOO_LARGE']);
  assert.equal(api.requests.length, 0);
});

test('a token server that is away or silent is transient; the call is not sent', async (t) => {
  const { api, call } = await setUp(t);
  await assert.rejects(call({ oauth2: { tokenUrl: 'http://127.0.0.1:1/token' } }), {
    code: 'OAUTH_TOKEN_UNAVAILABLE',
    kind: 'transient',
    values: { host: '127.0.0.1:1', reason: 'ECONNREFUSED' },
  });
  const silent = await httpPeer(t, () => undefined);
  const cancel = new AbortController();
  const waiting = call({ oauth2: { tokenUrl: `${silent.baseUrl}/token` } }, SECRET, { signal: cancel.signal });
  cancel.abort(new Error('cancelled'));
  await assert.rejects(waiting, { code: 'OAUTH_TOKEN_UNAVAILABLE', values: { host: new URL(silent.baseUrl).host, reason: 'cancelled' } });
  assert.equal(api.requests.length, 0);
});

test('goes only where connections may go, and needs its settings', async (t) => {
  const { api, tokens, call } = await setUp(t);
  const { port } = new URL(api.baseUrl);
  const outbound = createOutboundGuard({ isExcepted: (_host, _address, at) => at === Number(port) });
  await assert.rejects(call({}, SECRET, { outbound }), { code: 'OUTBOUND_REFUSED', kind: 'input' });
  assert.equal(tokens.requests.length, 0);
  await assert.rejects(call({ oauth2: undefined }), { code: 'ADAPTER_SETTINGS_WRONG', kind: 'input' });
});

test('a connection test shows neither the secret nor the token, though the other side tells both back', async (t) => {
  const echo = await httpPeer(t, ({ headers }, response) => void response.end(JSON.stringify({ asked: headers.authorization })));
  const tokens = await httpPeer(t, ({ body }, response) =>
    response.end(JSON.stringify({ access_token: 'token-1', token_type: 'Bearer', asked: body, secret: SECRET, more: [SECRET] })),
  );
  const oauth2 = { tokenUrl: `${tokens.baseUrl}/token`, clientId: 'c', authentication: 'client_secret_post' };
  const health = await httpCall.probe!({
    adapter: resolveAdapter('http', { settings: { baseUrl: echo.baseUrl, auth: 'oauth2', oauth2 } }),
    ...{ signal: new AbortController().signal, clock: wallClock(), outbound: anywhere, files: anyFile, secret: async () => SECRET },
  });
  assert.ok(health.ok);
  assert.equal(health.exchanges?.length, 2);
  const shown = health.exchanges
    .flatMap(({ sent, received }) => [sent, received])
    .map(({ content }) => Buffer.from(content, 'base64').toString());
  for (const secret of [SECRET, encodeURIComponent(SECRET), 'geheim', 'token-1']) assert.ok(!shown.join().includes(secret), secret);
});

test('asks a token server with a private authority, which demands a client certificate', async (t) => {
  const authority = await createAuthority();
  const own = await authority.issue('client');
  let shown: string | undefined;
  const server = createTlsServer({ ...(await authority.issue('auth')), ca: authority.ca, requestCert: true }, (request, response) => {
    shown = (request.socket as import('node:tls').TLSSocket).getPeerCertificate().subject.CN as string;
    response.end('{"access_token":"token-1","token_type":"bearer"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { api, call } = await setUp(t);
  const tokenUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/token?tenant=1`;
  await assert.rejects(call({ oauth2: { tokenUrl } }), { code: 'OAUTH_TOKEN_UNAVAILABLE' });
  await call({ oauth2: { tokenUrl }, tls: { ca: authority.ca, certificate: own.cert } }, `${SECRET}\n${own.key}`);
  assert.equal(shown, 'client');
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer token-1');
});

interface Settings {
  readonly oauth2?: object | undefined;
  readonly tls?: object;
}

async function setUp(
  t: TestContext,
  fields: object = {},
  statusOf: (request: Received) => number = () => 200,
  answerOf?: () => readonly [status: number, body: string],
) {
  const api = await httpPeer(t, (request, response) => void response.writeHead(statusOf(request)).end('{}'));
  let count = 0;
  const tokens = await httpPeer(t, (_request, response) => {
    count += 1;
    const [status, body] = answerOf?.() ?? [200, JSON.stringify({ access_token: `token-${count}`, token_type: 'Bearer', ...fields })];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const url = `${tokens.baseUrl}/token`;
  const clock = fakeClock();
  const call = (settings: Settings = {}, credential = SECRET, options: object = {}) => {
    const oauth2 =
      'oauth2' in settings && settings.oauth2 === undefined ? {} : { oauth2: { tokenUrl: url, clientId: 'client 1', ...settings.oauth2 } };
    const { tls } = settings;
    return runNode(httpCall, {
      config: { method: 'POST', path: '/x' },
      adapter: {
        adapterId: 'adp_api',
        settings: { baseUrl: api.baseUrl, auth: 'oauth2', ...oauth2, ...(tls === undefined ? {} : { tls }) },
      },
      secrets: { '': credential },
      clock,
      ...options,
    });
  };
  return { api, tokens: { ...tokens, url }, call, clock };
}

function formOf(request: Received | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request?.body));
}
