import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { createSigningClient, KQ1_SCHEMES, signRequest, verifyResponse, type Kq1Scheme, type SigningClient } from '../../sdk/public.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startSmallGateway, type RegisteredKey, type SmallGateway } from './small-gateway.ts';

const keys: Record<string, string> = {};
let gateway: SmallGateway;
const clients: SigningClient[] = [];

before(async () => {
  const crypto = createSoftwareCrypto();
  const registered: Record<string, RegisteredKey> = {};
  for (const scheme of KQ1_SCHEMES) {
    const made = await crypto.generateKey(scheme);
    keys[scheme] = 'secret' in made ? made.secret : made.privatePem;
    registered[`app/${scheme}`] = { scheme, ...('secret' in made ? made : { publicPem: made.publicPem }) };
  }
  gateway = await startSmallGateway(registered);
});
beforeEach(() => (gateway.tamper = undefined));
after(async () => {
  for (const client of clients) await client.close();
  await gateway.stop();
});

for (const scheme of KQ1_SCHEMES) {
  test(`a client with a key of ${scheme} is accepted and accepts the answer`, async () => {
    const answer = await clientFor(scheme).fetch('/open/v1/appointments?day=1&x=a+b', {
      body: { patient: '测试患者甲' },
      idempotencyKey: 'k-1',
      headers: { 'X-KQ-Trace': 't' },
    });
    assert.equal(answer.verified, true);
    assert.deepEqual(answer.json(), {
      accepted: 'app',
      headers: [
        ['content-type', 'application/json'],
        ['idempotency-key', 'k-1'],
        ['x-kq-trace', 't'],
      ],
      body: '{"patient":"测试患者甲"}',
    });
  });
}

const attacks: Readonly<Record<string, (answer: { status: number; headers: Record<string, string>; body: Buffer }) => void>> = {
  'another body': (answer) => (answer.body = Buffer.from('{}')),
  'another status': (answer) => (answer.status = 201),
  'another content type': (answer) => (answer.headers['Content-Type'] = 'text/html'),
  'an added x-kq header': (answer) => (answer.headers['X-KQ-Trace'] = 'x'),
  'another time': (answer) => (answer.headers['X-KQ-Ts'] = String(Number(answer.headers['X-KQ-Ts']) + 1)),
};
for (const [what, attack] of Object.entries(attacks)) {
  test(`an answer with ${what} is not believed`, async () => {
    gateway.tamper = attack;
    for (const scheme of ['SM2-SM3', 'HMAC-SHA256'] as const) {
      await assert.rejects(clientFor(scheme).fetch('/a'), { code: 'SDK_ANSWER_FORGED', kind: 'unknown-outcome' });
    }
  });
}

test('an unsigned success is not believed, an unsigned refusal is marked as such', async () => {
  gateway.tamper = (answer) => delete answer.headers['X-KQ-Signature'];
  await assert.rejects(clientFor('SM2-SM3').fetch('/a'), { code: 'SDK_ANSWER_UNSIGNED' });
  gateway.tamper = undefined;
  const refused = await clientFor('SM2-SM3', { keyId: 'unknown' }).fetch('/a');
  assert.deepEqual([refused.status, refused.verified], [401, false]);
});

test('an answer signed by an unknown platform key or too long ago is not believed', async () => {
  await assert.rejects(clientFor('SM2-SM3', { platformKeys: {} }).fetch('/a'), { code: 'SDK_ANSWER_KEY_UNKNOWN' });
  gateway.tamper = (answer) => (answer.headers['X-KQ-Ts'] = '1');
  await assert.rejects(clientFor('SM2-SM3').fetch('/a'), { code: 'SDK_ANSWER_STALE' });
});

test('an answer to one request does not verify for another', async () => {
  const sign = () =>
    signRequest({ method: 'GET', url: `${gateway.url}/a`, appId: 'app', keyId: 'SM2-SM3', scheme: 'SM2-SM3', key: keys['SM2-SM3'] ?? '' });
  const [mine, other] = [await sign(), await sign()];
  const response = await fetch(`${gateway.url}/a`, { headers: mine.headers });
  const answer = {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
    platformKeys: gateway.platformKeys,
  };
  await verifyResponse({ ...answer, request: mine });
  await assert.rejects(verifyResponse({ ...answer, request: other }), { code: 'SDK_ANSWER_FORGED' });
});

test('a signature holds only for the bytes it was made for', async () => {
  const body = 'a';
  const make = () =>
    signRequest({
      method: 'POST',
      url: `${gateway.url}/a?b=c`,
      headers: { 'Content-Type': 'text/plain' },
      body,
      appId: 'app',
      keyId: 'SM2-SM3',
      scheme: 'SM2-SM3',
      key: keys['SM2-SM3'] ?? '',
    });
  const send = async (path: string, method: string, headers: Record<string, string>, sent: string) =>
    (await fetch(gateway.url + path, { method, headers, body: sent })).status;
  const { headers } = await make();
  assert.equal(await send('/a?b=c', 'POST', headers, body), 200);
  assert.equal(await send('/a?b=d', 'POST', headers, body), 401);
  assert.equal(await send('/b?b=c', 'POST', headers, body), 401);
  assert.equal(await send('/a?b=c', 'PUT', headers, body), 401);
  assert.equal(await send('/a?b=c', 'POST', headers, 'b'), 401);
  assert.equal(await send('/a?b=c', 'POST', { ...headers, 'Content-Type': 'text/html' }, body), 401);
  assert.equal(await send('/a?b=c', 'POST', { ...headers, 'X-More': '1' }, body), 400);
});

test('a request without a single reading or with an unusable key is not signed', async () => {
  const base = {
    method: 'GET',
    url: 'http://gw.example/a',
    appId: 'app',
    keyId: 'k',
    scheme: 'SM2-SM3',
    key: keys['SM2-SM3'] ?? '',
  } as const;
  await assert.rejects(signRequest({ ...base, url: 'http://gw.example/a//b' }), { code: 'KQ1_MALFORMED' });
  await assert.rejects(signRequest({ ...base, headers: { 'X-Name': '张' } }), { code: 'KQ1_MALFORMED' });
  await assert.rejects(signRequest({ ...base, appId: 'a b' }), { code: 'KQ1_MALFORMED' });
  await assert.rejects(signRequest({ ...base, key: 'nonsense' }), { code: 'SDK_KEY_INVALID' });
  await assert.rejects(signRequest({ ...base, scheme: 'RSA-SHA256' }), { code: 'SDK_KEY_INVALID' });
  await assert.rejects(signRequest({ ...base, key: keys['RSA-SHA256'] ?? '' }), { code: 'SDK_KEY_INVALID' });
  await assert.rejects(signRequest({ ...base, scheme: 'HMAC-SM3', key: 'short' }), { code: 'SDK_KEY_INVALID' });
});

test('a gateway that is not there gives SDK_NO_ANSWER with an unknown outcome', async () => {
  await assert.rejects(clientFor('SM2-SM3', { baseUrl: 'http://127.0.0.1:1' }).fetch('/a'), {
    code: 'SDK_NO_ANSWER',
    kind: 'unknown-outcome',
  });
});

function clientFor(
  scheme: Kq1Scheme,
  changes: { baseUrl?: string; keyId?: string; platformKeys?: Readonly<Record<string, string>> } = {},
): SigningClient {
  const client = createSigningClient({
    baseUrl: gateway.url,
    appId: 'app',
    keyId: scheme,
    scheme,
    key: keys[scheme] ?? '',
    platformKeys: gateway.platformKeys,
    ...changes,
  });
  clients.push(client);
  return client;
}
