/** What the connection test of an HTTP adapter makes of the responses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../../../engine/contract/node/probe.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { resolveAdapter } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { probeHttp } from '../../../../nodes/shared/http/probe.ts';
import { httpPeer } from '../../support/peers.ts';

const ANSWER = 'Answer to GET';

function probe(settings: Record<string, unknown>, protocol = 'http', secret = 'lis:geheim-1'): Promise<Health> {
  return probeHttp({
    adapter: resolveAdapter(protocol, { settings }),
    ...{ signal: new AbortController().signal, clock: wallClock(), outbound: anywhere, files: anyFile, secret: async () => secret },
  });
}

/** The last step: its name, and its detail or the code of its error. */
function lastOf({ ok, steps }: Health) {
  const { name, detail, error } = steps.at(-1)!;
  return [ok, name.en, error?.code ?? detail];
}

test('any response shows that the way is open; errors of the server and refused logins are not green', async (t) => {
  let answer: [status: number, headers: Record<string, string>, body?: string] = [200, {}];
  const peer = await httpPeer(t, (_, response) => response.writeHead(answer[0], answer[1]).end(answer[2]));
  const { host, port } = new URL(peer.baseUrl);
  const judged = async (status: number, headers: Record<string, string> = {}, settings = {}) => {
    answer = [status, headers];
    return lastOf(await probe({ baseUrl: peer.baseUrl, ...settings }));
  };
  for (const status of [200, 204, 304, 400, 404, 405, 429]) assert.deepEqual(await judged(status), [true, ANSWER, `HTTP ${status}`]);
  for (const status of [401, 403, 407]) assert.deepEqual(await judged(status), [false, ANSWER, 'HTTP_LOGIN_REFUSED']);
  for (const status of [500, 501]) assert.deepEqual(await judged(status), [false, ANSWER, 'HTTP_SERVER_ERROR']);
  for (const status of [502, 503]) assert.deepEqual(await judged(status), [false, ANSWER, 'HTTP_BUSY']);
  assert.deepEqual(await judged(500, {}, { refusals: ['500'] }), [true, ANSWER, 'HTTP 500']);
  assert.deepEqual(await judged(302, { location: '/base/login;jsessionid=1' }), [true, ANSWER, `HTTP 302 → ${host}`]);
  for (const location of ['https://sso.hospital.example/login', `https://${host}/base`, `//localhost:${port}/`])
    assert.deepEqual(await judged(302, { location }), [false, ANSWER, 'HTTP_REDIRECTED']);
});

test('a SOAP fault with 500 is what many services respond to GET', async (t) => {
  const fault = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>…';
  const peer = await httpPeer(t, (_, response) => response.writeHead(500, { 'content-type': 'text/xml' }).end(fault));
  assert.deepEqual(lastOf(await probe({ baseUrl: peer.baseUrl }, 'soap')), [true, ANSWER, 'HTTP 500']);
  assert.deepEqual(lastOf(await probe({ baseUrl: peer.baseUrl })), [false, ANSWER, 'HTTP_SERVER_ERROR']);
});

test('with OAuth 2.0 a new access token is requested each time, in a step of its own', async (t) => {
  const api = await httpPeer(t);
  let secret = 'right-1';
  const tokens = await httpPeer(t, ({ body }, response) => {
    if (new URLSearchParams(body).get('client_secret') !== secret) return response.writeHead(401).end('{"error":"invalid_client"}');
    return response.end('{"access_token":"token-1","token_type":"Bearer","expires_in":3600}');
  });
  const oauth2 = { tokenUrl: tokens.baseUrl, clientId: 'c', authentication: 'client_secret_post' };
  const settings = { baseUrl: api.baseUrl, auth: 'oauth2', oauth2 };
  const good = await probe(settings, 'http', 'right-1');
  assert.deepEqual(
    good.steps.map(({ name }) => name.en),
    ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Access token', 'TCP connection', ANSWER],
  );
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer token-1');
  secret = 'changed-1';
  assert.deepEqual(lastOf(await probe(settings, 'http', 'right-1')), [false, 'Access token', 'OAUTH_TOKEN_REFUSED']);
  assert.deepEqual([tokens.requests.length, api.requests.length], [2, 1]);
});
