import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import { createIssuerKeys, type IssuerKey } from '../../../../gateways/shared/identity/issuer-keys.ts';
import { crypto } from '../../support/city-plan.ts';

const ISSUER = { issuer: 'https://id.example', audience: 'kangqiao', jwksUrl: 'https://id.example/jwks' };
const MINUTE_MS = 60_000;

async function jwkOf(alg: string, fields: JWK): Promise<JWK> {
  const { publicKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(publicKey)), ...fields };
}

async function newIssuer(keys?: readonly unknown[]) {
  const clock = fakeClock();
  const failures: unknown[] = [];
  const served = { keys: keys ?? [await jwkOf('ES256', { kid: 'a' })], isDown: false, text: undefined as string | undefined, fetches: 0 };
  const issuerKeys = createIssuerKeys({
    ...{ crypto, clock },
    fetchDocument: () => {
      served.fetches++;
      if (served.isDown) return Promise.reject(new Error('down'));
      return Promise.resolve(Buffer.from(served.text ?? JSON.stringify({ keys: served.keys })));
    },
    onFailure: (_url, error) => failures.push(error),
  });
  const find = async (kid: string) => {
    const found = await issuerKeys.find(ISSUER, kid);
    return typeof found === 'string' ? found : found.alg;
  };
  return { clock, served, failures, find, issuerKeys };
}

test('keys are fetched once, by however many tokens at a time, and again after ten minutes without a wait', async () => {
  const { clock, served, find } = await newIssuer();
  assert.deepEqual(await Promise.all([find('a'), find('a'), find('a')]), ['ES256', 'ES256', 'ES256']);
  assert.equal(served.fetches, 1);
  await clock.advance(9 * MINUTE_MS);
  assert.deepEqual([await find('a'), served.fetches], ['ES256', 1]);
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual([await find('a'), served.fetches], ['ES256', 2]);
});

test('unknown key ids cause one fetch in half a minute, however many there are, and a new key is found by it', async () => {
  const { clock, served, find } = await newIssuer();
  await find('a');
  for (let i = 0; i < 100; i++) assert.equal(await find(`invented-${i}`), 'unknown');
  assert.equal(served.fetches, 1, 'the first was just now');
  served.keys = [...served.keys, await jwkOf('RS256', { kid: 'b' })];
  await clock.advance(30_000);
  assert.deepEqual([await find('b'), served.fetches], ['RS256', 2]);
  assert.deepEqual([await find('c'), served.fetches], ['unknown', 2]);
});

test('a key that the issuer no longer publishes is unknown after the next fetch', async () => {
  const { clock, served, find } = await newIssuer();
  await find('a');
  served.keys = [];
  await clock.advance(10 * MINUTE_MS);
  await find('a');
  assert.equal(await find('a'), 'unknown');
});

test('keys serve for an hour while they cannot be fetched, and no longer', async () => {
  const { clock, served, find, failures } = await newIssuer();
  await find('a');
  served.isDown = true;
  await clock.advance(59 * MINUTE_MS);
  assert.equal(await find('a'), 'ES256');
  await clock.advance(MINUTE_MS);
  assert.equal(await find('a'), 'unavailable');
  const before = served.fetches;
  for (let i = 0; i < 50; i++) assert.equal(await find('a'), 'unavailable');
  assert.equal(served.fetches, before, 'not one fetch for each token');
  assert.ok(failures.length > 0);
  served.isDown = false;
  await clock.advance(5_000);
  assert.equal(await find('a'), 'ES256');
});

test('a document that is no JWK Set leaves the keys as they are', async () => {
  for (const text of ['', '<html>', '{}', '{"keys":{}}', '[]', '{"keys":[],"keys":[]}']) {
    const { clock, served, find, failures } = await newIssuer();
    await find('a');
    served.text = text;
    await clock.advance(10 * MINUTE_MS);
    await find('a');
    assert.deepEqual([await find('a'), failures.length], ['ES256', 1], text);
  }
});

test('keys that cannot verify tokens are left out, and a private half is not taken', async () => {
  const sm2 = (await crypto.generateKey('SM2-SM3')) as { publicPem: string };
  const handle = crypto.importKey({ format: 'pem', pem: sm2.publicPem }, 'SM2-SM3', 'public');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const whole = await exportJWK(privateKey);
  const { find, issuerKeys } = await newIssuer([
    { ...whole, kid: 'whole' },
    await jwkOf('PS256', { kid: 'ps', alg: 'PS256' }),
    await jwkOf('RSA-OAEP-256', { kid: 'enc', use: 'enc' }),
    await jwkOf('ES384', { kid: 'p384' }),
    { kty: 'oct', k: 'c2VjcmV0', kid: 'oct', alg: 'HS256' },
    { ...(await jwkOf('ES256', {})), kid: 7 },
    { ...(await jwkOf('ES256', { kid: 'confused' })), alg: 'RS256' },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' },
    'nothing',
  ]);
  assert.deepEqual([await find('whole'), await find('ps')], ['ES256', 'PS256']);
  for (const kid of ['enc', 'p384', 'oct', 'confused', 'broken', '__proto__', 'constructor']) assert.equal(await find(kid), 'unknown', kid);
  const { handle: imported } = (await issuerKeys.find(ISSUER, 'whole')) as IssuerKey;
  assert.deepEqual([imported.role, handle.role], ['public', 'public']);
});
