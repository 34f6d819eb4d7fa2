import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GatewayPlan } from '../../../../gateways/documents/gateway-plan.ts';
import { createEnvelopes, type EnvelopeHead, type Envelopes } from '../../../../sdk/public.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest, type TestKey } from '../../support/city-plan.ts';
import { createEncryption, type EncryptionFixture } from '../../support/encryption.ts';
import { readLog } from '../../support/read-log.ts';
import { callSigned, startGateway, type TestAnswer, type TestGateway } from '../../support/start-gateway.ts';
import { signsAnswer } from '../../support/verify-answer.ts';

const SM4 = 'SM4-CBC-HSM3';
const AES = 'AES-256-GCM';

let sm2: TestKey;
let rsa: TestKey;
let keyless: TestKey;
let encryption: EncryptionFixture;
let plan: GatewayPlan;
let running: TestGateway;

before(async () => {
  [sm2, rsa, keyless] = [
    await createTestKey('SM2-SM3', 'app-sm2'),
    await createTestKey('RSA-SHA256', 'app-rsa'),
    await createTestKey('HMAC-SM3', 'app-keyless'),
  ];
  encryption = await createEncryption({ 'app-sm2': 'SM2', 'app-rsa': 'RSA-OAEP-SHA256' });
  const schema = { type: 'object', properties: { hospital: { type: 'string' } }, required: ['hospital'] };
  plan = await buildPlan(
    [sm2, rsa, keyless],
    [
      buildInterface({ requestSchema: schema, log: 'full' }),
      buildInterface({
        interfaceId: 'ifc_strict',
        path: '/open/v1/strict',
        policies: { envelope: { request: 'require', answer: 'always' } },
      }),
      buildInterface({ interfaceId: 'ifc_read', method: 'GET', path: '/open/v1/read', policies: { envelope: { answer: 'always' } } }),
    ],
    encryption.plan,
  );
  running = await startGateway(plan);
});
after(() => running.stop());

function envelopesOf(key: TestKey, cipher: typeof SM4 | typeof AES, platformKey: 'p2' | 'p3' = 'p2'): Envelopes {
  const privatePem = encryption.privatePems[key.appId] ?? encryption.privatePems['app-sm2']!;
  return createEnvelopes({ cipher, platformKey: { keyId: platformKey, publicPem: encryption.platform[platformKey] }, privatePem });
}

function newHead(key: TestKey, fields: Partial<EnvelopeHead> = {}): EnvelopeHead {
  const nonce = Buffer.from(crypto.randomBytes(16)).toString('base64url');
  const { scheme, appId, keyId } = key;
  return {
    ...{ scheme, appId, keyId, method: 'POST', host: 'localhost', path: '/open/v1/appointments', query: '', ts: String(Date.now()), nonce },
    ...fields,
  };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  /** Changes the envelope before it is signed. */
  readonly change?: (envelope: Record<string, string>) => Record<string, unknown>;
  /** The head that the envelope is bound to, if it is not that of the request. */
  readonly boundTo?: EnvelopeHead;
  readonly header?: string;
}

async function send(key: TestKey, envelopes: Envelopes, plain: string, sent: Sent = {}) {
  const { path = '/open/v1/appointments', method = 'POST', change = (envelope) => envelope } = sent;
  const head = newHead(key, { path, method });
  const envelope = JSON.parse(Buffer.from(await envelopes.encrypt(sent.boundTo ?? head, Buffer.from(plain))).toString()) as Record<
    string,
    string
  >;
  const signed = await signRequest(key, {
    ...{ path, method, nonce: head.nonce, ts: Number(head.ts), body: JSON.stringify(change(envelope)) },
    headers: [
      ['content-type', 'application/json'],
      ['x-kq-enc', sent.header ?? envelopes.cipher],
    ],
  });
  const answer = await callSigned(running.gateway, signed);
  return { answer, signed, opened: () => open(envelopes, head, answer) };
}

async function open(envelopes: Envelopes, head: EnvelopeHead, { headers, body }: TestAnswer): Promise<unknown> {
  return JSON.parse(Buffer.from(await envelopes.open(head, { headers: Object.entries(headers), body })).toString());
}

for (const cipher of [SM4, AES] as const) {
  for (const platformKey of ['p2', 'p3'] as const) {
    test(`opens ${cipher} for the platform's key ${platformKey}; the flow sees the content, and the answer comes back alike`, async () => {
      for (const key of [sm2, rsa]) {
        const { answer, signed, opened } = await send(key, envelopesOf(key, cipher, platformKey), '{"hospital":"甲"}');
        assert.equal(answer.status, 200, answer.body.toString());
        assert.equal(answer.headers['x-kq-enc'], cipher);
        assert.equal(answer.body.includes('hospital'), false);
        assert.deepEqual(await opened(), { body: { hospital: '甲' }, query: {}, params: {} });
        assert.equal(await signsAnswer(answer, signed, key, plan), true);
        assert.equal(running.calls.at(-1)!.message.headers?.['x-kq-enc'], undefined);
      }
    });
  }
}

test('opens a body of 1 MB', async () => {
  const { answer, opened } = await send(sm2, envelopesOf(sm2, SM4), JSON.stringify({ hospital: 'x'.repeat(1_000_000) }));
  assert.equal(answer.status, 200);
  assert.equal(((await opened()) as { body: { hospital: string } }).body.hospital.length, 1_000_000);
});

test('the content is checked as if it had come plain, and the refusal is encrypted too', async () => {
  const { answer, opened } = await send(sm2, envelopesOf(sm2, SM4), '{"clinic":"secret words"}');
  assert.deepEqual([answer.status, answer.headers['x-kq-enc']], [422, SM4]);
  assert.equal(((await opened()) as { code: string }).code, 'GW42201');
});

test('whatever keeps an envelope from opening gives the same signed answer', async () => {
  const envelopes = envelopesOf(sm2, SM4);
  const before = running.calls.length;
  const flipped = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  const stranger = createEnvelopes({
    platformKey: { keyId: 'p2', publicPem: (await crypto.generateEncryptionKey('SM2')).publicPem },
    privatePem: encryption.privatePems['app-sm2']!,
  });
  const attempts: Record<string, Promise<{ answer: TestAnswer; signed: Parameters<typeof signsAnswer>[1] }>> = {
    'unknown key': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, kid: 'p9' }) }),
    'key of another algorithm': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, kid: 'p3' }) }),
    'another platform': send(sm2, stranger, '{}'),
    'changed tag': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, tag: flipped(envelope['tag']!) }) }),
    'changed content': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, ct: flipped(envelope['ct']!) }) }),
    'changed iv': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, iv: flipped(envelope['iv']!) }) }),
    'changed content key': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, ek: flipped(envelope['ek']!) }) }),
    'tag left out': send(sm2, envelopes, '{}', { change: ({ tag: _tag, ...envelope }) => envelope }),
    'further member': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, more: '' }) }),
    'not base64url': send(sm2, envelopes, '{}', { change: (envelope) => ({ ...envelope, ct: `${envelope['ct']}=` }) }),
    'envelope of another request': send(sm2, envelopes, '{}', { boundTo: newHead(sm2) }),
    'unknown cipher': send(sm2, envelopes, '{}', { header: 'SM4-CBC' }),
    'header of another cipher': send(sm2, envelopes, '{}', { header: AES }),
  };
  const bodies = new Set<string>();
  for (const [what, attempt] of Object.entries(attempts)) {
    const { answer, signed } = await attempt;
    assert.deepEqual([answer.status, answer.code], [400, 'GW40003'], what);
    assert.equal(await signsAnswer(answer, signed, sm2, plan), true, what);
    const { code, message } = JSON.parse(answer.body.toString()) as { code: string; message: string };
    bodies.add(`${code} ${message}`);
  }
  assert.equal(bodies.size, 1);
  assert.equal(running.calls.length, before);
});

test('an interface that requires encryption refuses a plain body, and answers a plain read encrypted where it says always', async () => {
  assert.equal((await callSigned(running.gateway, await signRequest(sm2, { path: '/open/v1/strict' }))).code, 'GW40003');
  const envelopes = envelopesOf(sm2, SM4);
  assert.equal((await send(sm2, envelopes, '{}', { path: '/open/v1/strict' })).answer.status, 200);
  const head = newHead(rsa, { method: 'GET', path: '/open/v1/read' });
  const signed = await signRequest(rsa, { method: 'GET', path: '/open/v1/read', body: '', nonce: head.nonce, ts: Number(head.ts) });
  const answer = await callSigned(running.gateway, signed);
  assert.deepEqual([answer.status, answer.headers['x-kq-enc']], [200, AES], answer.body.toString());
  assert.deepEqual(await open(envelopesOf(rsa, AES), head, answer), { body: null, query: {}, params: {} });
});

test('an app without an encryption key is refused before the call, and learns what is missing', async () => {
  const before = running.calls.length;
  const { answer } = await send(keyless, envelopesOf(keyless, SM4), '{"hospital":"A"}');
  assert.equal(answer.code, 'GW40003');
  assert.match(answer.body.toString(), /加密公钥/);
  assert.equal((await callSigned(running.gateway, await signRequest(keyless))).status, 200, 'plain calls are as before');
  assert.equal(running.calls.length, before + 1);
});

test('an encryption key never verifies a request', async () => {
  const forged: TestKey = {
    ...{ scheme: 'SM2-SM3', appId: 'app-sm2', keyId: 'e1', document: sm2.document },
    sign: crypto.importKey({ format: 'pem', pem: encryption.privatePems['app-sm2']! }, 'SM2-SM3', 'private'),
  };
  assert.equal((await callSigned(running.gateway, await signRequest(forged))).code, 'GW40101');
});

test('the access log has the content of both bodies masked, and sealed', async () => {
  await send(sm2, envelopesOf(sm2, SM4), '{"hospital":"瑞金","patientName":"张三丰"}');
  await running.gateway.stop();
  const { lines, blocks } = await readLog(running.logFolder);
  assert.equal(
    lines.some((line) => line.includes('瑞金')),
    false,
  );
  const { in: input, out } = (JSON.parse(blocks.at(-1)!) as readonly { readonly in: string; readonly out: string }[]).at(-1)!;
  for (const text of [input, out]) {
    assert.match(text, /瑞金/);
    assert.equal(text.includes('张三丰'), false);
  }
  running = await startGateway(plan);
});

test('a key of the platform that is revoked, or retired and over, opens nothing more, not even with a known content key', async () => {
  const envelopes = envelopesOf(sm2, SM4);
  assert.equal((await send(sm2, envelopes, '{"hospital":"A"}')).answer.status, 200);
  const [first, second] = encryption.plan.platformKeys;
  running.feed.publish({ ...plan, number: 2, platformKeys: [{ ...first!, state: 'RETIRING', expiresAt: Date.now() - 1 }, second!] });
  assert.equal((await send(sm2, envelopes, '{"hospital":"A"}')).answer.code, 'GW40003');
  running.feed.publish({ ...plan, number: 3 });
  assert.equal((await send(sm2, envelopes, '{"hospital":"A"}')).answer.status, 200);
});
