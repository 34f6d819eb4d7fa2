import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import {
  canonicalAnswer,
  canonicalRequest,
  collectSignedHeaders,
  digestOfScheme,
  KQ1_SCHEMES,
  parseAuthorization,
  signedAnswerHeaders,
  splitTarget,
  type HeaderPair,
  type Kq1Scheme,
} from '../../engine/contract/kq1/kq1.ts';
import type { KeyHandle } from '../../engine/contract/ports/crypto.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { signRequest, verifyResponse } from '../../sdk/public.ts';

interface VectorKey {
  readonly privatePem?: string;
  readonly publicPem?: string;
  readonly secret?: string;
}

interface Vectors {
  readonly scheme: Kq1Scheme;
  readonly deterministic: boolean;
  readonly key: VectorKey & { readonly appId: string; readonly keyId: string };
  readonly platformKey?: VectorKey;
  readonly cases: readonly {
    readonly what: string;
    readonly request: {
      method: string;
      host: string;
      target: string;
      headers: HeaderPair[];
      body: string;
      canonical: string;
      authorization: string;
    };
    readonly answer: { scheme: Kq1Scheme; status: number; headers: HeaderPair[]; body: string; canonical: string };
  }[];
}

interface Refused {
  readonly authorization: { readonly valid: string; readonly refused: Readonly<Record<string, string>> };
  readonly targets: Readonly<Record<string, string>>;
}

const crypto = createSoftwareCrypto();
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../docs/kq1-vectors/${name}.json`, import.meta.url), 'utf8'));
const hex = (scheme: Kq1Scheme, text: string) => Buffer.from(crypto.digest(digestOfScheme(scheme), text)).toString('hex');

for (const scheme of KQ1_SCHEMES) {
  const vectors = read(scheme.toLowerCase()) as Vectors;
  for (const { what, request, answer } of vectors.cases) {
    test(`${scheme}: "${what}" gives the canonical strings of the vectors, and their signatures hold`, async () => {
      const claim = parseAuthorization(request.authorization);
      const headers = collectSignedHeaders(request.headers.flat(), claim.signed);
      const { method, host } = request;
      assert.equal(
        canonicalRequest({ ...claim, ...splitTarget(request.target), method, host, headers, bodyDigest: hex(scheme, request.body) }),
        request.canonical,
      );
      assert.equal(
        await crypto.verify(keyOf(vectors.key, scheme), Buffer.from(request.canonical), Buffer.from(claim.sig, 'base64url')),
        true,
      );

      const sent = new Map(answer.headers);
      const signature = Buffer.from(sent.get('X-KQ-Signature') ?? '', 'base64url');
      const canonical = canonicalAnswer({
        requestDigest: hex(answer.scheme, request.canonical),
        scheme: answer.scheme,
        status: answer.status,
        nonce: claim.nonce,
        ts: sent.get('X-KQ-Ts') ?? '',
        keyId: sent.get('X-KQ-Keyid') ?? '',
        headers: signedAnswerHeaders(answer.headers),
        bodyDigest: hex(answer.scheme, answer.body),
      });
      assert.equal(canonical, answer.canonical);
      assert.equal(await crypto.verify(keyOf(vectors.platformKey ?? vectors.key, answer.scheme), Buffer.from(canonical), signature), true);
    });

    test(`${scheme}: the sdk makes the request "${what}" and accepts its answer`, async () => {
      const { appId, keyId, nonce, ts } = parseAuthorization(request.authorization);
      const signed = await signRequest({
        method: request.method,
        url: `https://${request.host}${request.target}`,
        headers: Object.fromEntries(request.headers),
        body: request.body,
        appId,
        keyId,
        scheme,
        key: vectors.key.privatePem ?? vectors.key.secret ?? '',
        nonce,
        clock: { now: () => Number(ts) },
      });
      assert.equal(signed.canonical, request.canonical);
      if (vectors.deterministic) assert.equal(signed.headers.Authorization, request.authorization);
      await verifyResponse({
        request: signed,
        status: answer.status,
        headers: answer.headers,
        body: Buffer.from(answer.body),
        platformKeys: { p1: vectors.platformKey?.publicPem ?? '' },
        ...(vectors.key.secret === undefined ? {} : { secret: vectors.key.secret }),
        clock: { now: () => Number(ts) },
      });
    });
  }
}

test('what the vectors call refused is malformed', () => {
  const { authorization, targets } = read('refused') as Refused;
  assert.doesNotThrow(() => parseAuthorization(authorization.valid));
  for (const [what, header] of Object.entries(authorization.refused))
    assert.throws(() => parseAuthorization(header), { code: 'KQ1_MALFORMED' }, what);
  for (const [what, target] of Object.entries(targets)) assert.throws(() => splitTarget(target), { code: 'KQ1_MALFORMED' }, what);
});

function keyOf(key: VectorKey, scheme: Kq1Scheme): KeyHandle {
  if (key.secret !== undefined) return crypto.importKey({ format: 'raw', bytes: Buffer.from(key.secret, 'base64url') }, scheme, 'secret');
  return crypto.importKey({ format: 'pem', pem: key.publicPem ?? '' }, scheme, 'public');
}
