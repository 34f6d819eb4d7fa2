/** The sdk for browsers, bundled as in the package, in a real Chromium: the vectors, and calls to real gateways. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import {
  envelopeAad,
  KQ1_SCHEMES,
  parseAuthorization,
  type Envelope,
  type HeaderPair,
  type Kq1Scheme,
} from '../../../engine/contract/kq1/kq1.ts';
import { CONTENT_CIPHERS, type KeyEncryption } from '../../../engine/contract/ports/encryption.ts';
import type { EnvelopeHead } from '../../../sdk/public.ts';
import { noBrowser } from '../../designer/browser.ts';
import { buildInterface, buildPlan, createTestKey, crypto } from '../../gateways/support/city-plan.ts';
import { createEncryption } from '../../gateways/support/encryption.ts';
import { buildSafeSite } from '../../gateways/support/safe-sites.ts';
import { startGateway } from '../../gateways/support/start-gateway.ts';
import { blocksOf } from '../../support/document-blocks.ts';
import { openPageHost, type PageGlobals, type PageHost } from './page-host.ts';

interface Vectors {
  readonly deterministic: boolean;
  readonly key: { readonly appId: string; readonly keyId: string; privatePem?: string; publicPem?: string; secret?: string };
  readonly platformKey?: { readonly publicPem: string };
  readonly cases: readonly {
    readonly what: string;
    readonly request: { method: string; host: string; target: string; headers: HeaderPair[]; body: string } & Signed;
    readonly answer: { status: number; headers: HeaderPair[]; body: string };
  }[];
}

interface Signed {
  readonly canonical: string;
  readonly authorization: string;
}

interface EnvelopeVectors {
  readonly platformKeys: Readonly<Record<string, { algorithm: KeyEncryption; privatePem: string; publicPem: string }>>;
  readonly appKey: { readonly privatePem: string };
  readonly cases: readonly { readonly head: EnvelopeHead; readonly response: { plain: string; envelope: string } }[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../docs/kq1-vectors/${name}.json`, import.meta.url), 'utf8'));
let host: PageHost;

before(async () => {
  if (noBrowser === false) host = await openPageHost();
});
after(() => host?.close());

test('the bundle is one file without imports, of Node or else', { skip: noBrowser }, () => {
  assert.deepEqual(host.source.match(/\bnode:\w+|\brequire\(|\bimport\(|^import\b|;import\b/gm), null);
});

for (const scheme of KQ1_SCHEMES) {
  test(`${scheme}: a page makes the requests of the vectors and accepts their answers`, { skip: noBrowser }, async () => {
    const { key, platformKey, deterministic, cases } = read(scheme.toLowerCase()) as Vectors;
    for (const { what, request, answer } of cases) {
      const { appId, keyId, nonce, ts } = parseAuthorization(request.authorization);
      const made = await host.page.evaluate(signInPage, {
        scheme,
        ...{ request, answer, appId, keyId, nonce, ts: Number(ts), key: key.privatePem ?? key.secret ?? '' },
        ...{ platformKeys: { p1: platformKey?.publicPem ?? '' }, secret: key.secret ?? '' },
      });
      assert.equal(made.canonical, request.canonical, what);
      assert.deepEqual(made.verified, ['believed', 'SDK_ANSWER_FORGED'], what);
      if (deterministic) assert.equal(made.authorization, request.authorization, what);
      const { sig } = parseAuthorization(made.authorization);
      const own =
        key.secret === undefined
          ? crypto.importKey({ format: 'pem', pem: key.publicPem! }, scheme, 'public')
          : crypto.importKey({ format: 'raw', bytes: Buffer.from(key.secret, 'base64url') }, scheme, 'secret');
      assert.equal(await crypto.verify(own, Buffer.from(made.canonical), Buffer.from(sig, 'base64url')), true, what);
    }
  });
}

interface InPage {
  readonly scheme: Kq1Scheme;
  readonly request: Vectors['cases'][number]['request'];
  readonly answer: Vectors['cases'][number]['answer'];
  readonly appId: string;
  readonly keyId: string;
  readonly nonce: string;
  readonly ts: number;
  readonly key: string;
  readonly platformKeys: Readonly<Record<string, string>>;
  readonly secret: string;
}

/** Runs in the page. */
async function signInPage({ scheme, request, answer, appId, keyId, nonce, ts, key, platformKeys, secret }: InPage) {
  const { sdk } = globalThis as unknown as PageGlobals;
  const clock = { now: () => ts };
  const signed = await sdk.signRequest({
    ...{ method: request.method, url: `https://${request.host}${request.target}`, headers: Object.fromEntries(request.headers) },
    ...{ body: request.body, appId, keyId, scheme, key, nonce, clock },
  });
  const verified: string[] = [];
  for (const body of [answer.body, `${answer.body} `]) {
    const received = { status: answer.status, headers: answer.headers, body: new TextEncoder().encode(body) };
    const believed = sdk.verifyResponse({ request: signed, ...received, platformKeys, secret, clock });
    verified.push(
      await believed.then(
        () => 'believed',
        (error: { code: string }) => error.code,
      ),
    );
  }
  return { canonical: signed.canonical, authorization: signed.headers.Authorization!, verified };
}

test('a key that does not fit the scheme is refused, and the error does not contain it', { skip: noBrowser }, async () => {
  const { privatePem = '' } = (read('rsa-sha256') as Vectors).key;
  const refused = await host.page.evaluate(async (pem) => {
    const { sdk } = globalThis as unknown as PageGlobals;
    const base = { method: 'GET', url: 'https://gw.example/a', appId: 'app', keyId: 'k' };
    const errors: { code: string; message: string }[] = [];
    for (const [scheme, key] of [
      ['SM2-SM3', pem],
      ['SM2-SM3', 'nonsense'],
      ['RSA-SHA256', 'nonsense'],
      ['HMAC-SM3', 'short'],
      ['HMAC-SHA256', 'short'],
    ] as const)
      await sdk
        .signRequest({ ...base, scheme, key })
        .catch(({ code, message }: { code: string; message: string }) => errors.push({ code, message }));
    return errors;
  }, privatePem);
  assert.deepEqual(
    refused.map(({ code }) => code),
    Array.from({ length: 5 }, () => 'SDK_KEY_INVALID'),
  );
  assert.doesNotMatch(JSON.stringify(refused), /nonsense|short|MII/);
});

for (const cipher of CONTENT_CIPHERS) {
  test(`${cipher}: a page opens the envelopes of the vectors, and the platform opens those of the page`, { skip: noBrowser }, async () => {
    const { platformKeys, appKey, cases } = read(`envelope-${cipher.toLowerCase()}`) as EnvelopeVectors;
    for (const { head, response } of cases) {
      for (const [keyId, { publicPem, privatePem, algorithm }] of Object.entries(platformKeys)) {
        const { opened, stale, made } = await host.page.evaluate(envelopesInPage, {
          ...{ options: { cipher, platformKey: { keyId, publicPem }, privatePem: appKey.privatePem }, head, envelope: response.envelope },
        });
        assert.deepEqual([opened, stale], [response.plain, 'SDK_ENVELOPE_INVALID']);
        const { ek, iv, ct, tag } = JSON.parse(made) as Envelope;
        const bytesOf = (text: string) => Buffer.from(text, 'base64url');
        const contentKey = await crypto.openContentKey(cipher, bytesOf(ek), crypto.importEncryptionKey(privatePem, algorithm, 'private'));
        const content = { iv: bytesOf(iv), ciphertext: bytesOf(ct), tag: bytesOf(tag) };
        const plain = await crypto.decryptContent(contentKey!, Buffer.from(envelopeAad(head, 'request')), content);
        assert.equal(Buffer.from(plain!).toString(), '虚构甲');
      }
    }
  });
}

/** Runs in the page. */
async function envelopesInPage({
  options,
  head,
  envelope,
}: {
  options: Parameters<PageGlobals['sdk']['createEnvelopes']>[0];
  head: EnvelopeHead;
  envelope: string;
}) {
  const { sdk } = globalThis as unknown as PageGlobals;
  const envelopes = sdk.createEnvelopes(options);
  const answer = { headers: [['X-KQ-Enc', options.cipher!]] as const, body: new TextEncoder().encode(envelope) };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    opened: text(await envelopes.open(head, answer)),
    stale: await envelopes.open({ ...head, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }, answer).catch(({ code }: { code: string }) => code),
    made: text(await envelopes.encrypt(head, new TextEncoder().encode('虚构甲'))),
  };
}

test('a page of a safe site calls the user front with a session, and signs each request', { skip: noBrowser }, async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const tokens = { issuer: 'https://id.example.cn', audience: 'kangqiao' };
  const userTokenKeys = [{ kid: 'es', ...tokens, alg: 'ES256' as const, publicPem: await exportSPKI(publicKey) }];
  const policies = { 'user-session': { session: 'require' } };
  const plan = await buildPlan([], [buildInterface({ interfaceId: 'ifc_user', front: 'user', path: '/user/v1/reports', policies })], {
    userTokenKeys,
    safeSites: [buildSafeSite(host.origin)],
  });
  const running = await startGateway(plan, { front: 'user' });
  t.after(running.stop);
  const token = await new SignJWT({ sub: 'citizen-1' })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .setIssuer(tokens.issuer)
    .setAudience(tokens.audience)
    .setIssuedAt()
    .setExpirationTime('5 min')
    .sign(privateKey);
  const call = async ({ baseUrl, token: given }: { baseUrl: string; token: string }) => {
    const { sdk } = globalThis as unknown as PageGlobals;
    const client = sdk.createUserClient({ baseUrl, token: () => given });
    const answers = [];
    for (const name of ['甲', '乙']) {
      const { status, verified, ...answer } = await client.fetch('/user/v1/reports?a=%E7%94%B2+b', {
        body: { name },
        idempotencyKey: name === '甲' ? 'k1' : 'k2',
      });
      answers.push({ status, verified, name: (answer.json() as { body: { name: string } }).body.name });
    }
    await client.close();
    return answers;
  };
  const asked = { baseUrl: running.gateway.address, token };
  assert.deepEqual(await host.page.evaluate(call, asked), [
    { status: 200, verified: false, name: '甲' },
    { status: 200, verified: false, name: '乙' },
  ]);
  assert.deepEqual(
    running.calls.map(({ message }) => (message.data as { query: unknown }).query),
    [{ a: '甲+b' }, { a: '甲+b' }],
  );

  const { text } = blocksOf('docs/signing.md').find(({ language }) => language === 'javascript')!;
  const example = text.replace('kangqiao/sdk/browser', '/sdk.js').replace('https://gateway.example:8442', asked.baseUrl);
  await host.page.evaluate(`sessionStorage.setItem('token', ${JSON.stringify(token)})`);
  const printed = host.page.waitForEvent('console');
  await host.page.addScriptTag({ type: 'module', content: example });
  assert.match((await printed).text(), /^200 /, 'the example of the guide');

  running.feed.publish({ ...plan, number: 2, safeSites: [buildSafeSite('https://other.example.cn')] });
  await assert.rejects(host.page.evaluate(call, asked), /no complete response/);
});

test('a page at the origin of the open front opens a session, and encrypts and verifies', { skip: noBrowser }, async (t) => {
  const key = await createTestKey('SM2-SM3', 'app-sm2');
  const made = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const encryption = await createEncryption({ 'app-sm2': 'SM2' });
  const plan = await buildPlan([{ ...key, document: { ...key.document, publicPem: made.publicPem } }], [buildInterface()], encryption.plan);
  const running = await startGateway(plan);
  t.after(running.stop);
  host.gatewayPort = running.gateway.port;
  const answer = await host.page.evaluate(
    async ({ baseUrl, options, body }) => {
      const { sdk } = globalThis as unknown as PageGlobals;
      const client = sdk.createSigningClient({ ...options, baseUrl, sessions: true });
      const { status, verified, headers, ...read } = await client.fetch('/open/v1/appointments', { body, idempotencyKey: 'k1' });
      return { status, verified, keyId: headers['x-kq-keyid'], enc: headers['x-kq-enc'], body: (read.json() as { body: unknown }).body };
    },
    {
      baseUrl: host.origin,
      options: {
        ...({ appId: 'app-sm2', keyId: 'k1', scheme: 'SM2-SM3', key: made.privatePem } as const),
        platformKeys: { p1: plan.platformKey.publicPem },
        encryption: { platformKey: { keyId: 'p2', publicPem: encryption.platform.p2 }, privatePem: encryption.privatePems['app-sm2']! },
      },
      body: { name: '虚构甲' },
    },
  );
  assert.match(answer.keyId!, /^s_/);
  assert.deepEqual({ ...answer, keyId: '' }, { status: 200, verified: true, keyId: '', enc: 'SM4-CBC-HSM3', body: { name: '虚构甲' } });
});
