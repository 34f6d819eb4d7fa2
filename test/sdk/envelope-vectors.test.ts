/**
 * The envelopes of `docs/kq1-vectors`: opened by the product, and computed again by libraries that share no code with
 * it (sm-crypto for SM3, SM4 and SM2; the additional data and HKDF are written out here).
 */
import assert from 'node:assert/strict';
import { constants, createDecipheriv, createPrivateKey, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { envelopeAad, type Envelope } from '../../engine/contract/kq1/kq1.ts';
import type { ContentCipher, KeyEncryption } from '../../engine/contract/ports/encryption.ts';
import { createEnvelopes, type EnvelopeHead } from '../../sdk/public.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';

interface VectorKey {
  readonly algorithm: KeyEncryption;
  readonly privatePem: string;
  readonly publicPem: string;
}

interface Half {
  readonly aad: string;
  readonly plain: string;
  readonly contentKey: string;
  readonly encKey?: string;
  readonly macKey?: string;
  readonly envelope: string;
}

interface Vectors {
  readonly enc: ContentCipher;
  readonly platformKeys: Readonly<Record<string, VectorKey>>;
  readonly appKey: VectorKey & { readonly keyId: string };
  readonly cases: readonly { readonly what: string; readonly head: EnvelopeHead; readonly request: Half; readonly response: Half }[];
}

interface SmCrypto {
  readonly sm2: { doDecrypt(cipher: string, privateKey: string, mode: number, options: object): number[] };
  readonly sm3: (message: number[], options?: { key: number[] }) => string;
  readonly sm4: { decrypt(cipher: number[], key: number[], options: object): number[] };
}

const { sm2, sm3, sm4 } = createRequire(import.meta.url)('sm-crypto') as SmCrypto;
const crypto = createSoftwareCrypto();
const bytesOf = (text: string) => Buffer.from(text, 'base64url');
const hmacSm3 = (key: Uint8Array, data: Uint8Array) => Buffer.from(sm3([...data], { key: [...key] }), 'hex');

for (const cipher of ['sm4-cbc-hsm3', 'aes-256-gcm']) {
  const file = new URL(`../../docs/kq1-vectors/envelope-${cipher}.json`, import.meta.url);
  const { enc, platformKeys, appKey, cases } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  for (const { what, head, request, response } of cases) {
    for (const [direction, half] of Object.entries({ request, response })) {
      const envelope = JSON.parse(half.envelope) as Envelope;
      const key = direction === 'request' ? platformKeys[envelope.kid]! : appKey;

      test(`${enc}, ${what}: the ${direction} opens to its content`, async () => {
        assert.equal(envelopeAad(head, direction as 'request' | 'response'), half.aad);
        const own = crypto.importEncryptionKey(key.privatePem, key.algorithm, 'private');
        const contentKey = await crypto.openContentKey(enc, bytesOf(envelope.ek), own);
        const content = { iv: bytesOf(envelope.iv), ciphertext: bytesOf(envelope.ct), tag: bytesOf(envelope.tag) };
        assert.equal(Buffer.from((await crypto.decryptContent(contentKey!, Buffer.from(half.aad), content))!).toString(), half.plain);
      });

      test(`${enc}, ${what}: other libraries give the ${direction} the same content key, tag and content`, () => {
        const { scheme, method, host, path, query, ts, nonce, appId, keyId } = head;
        const lines = ['KQ1', scheme, method, host, path, query, `${ts} ${nonce} ${appId} ${keyId}`, direction];
        assert.equal(lines.map((line) => `${line}\n`).join(''), half.aad);
        assert.equal(openKey(key, bytesOf(envelope.ek)).toString('hex'), half.contentKey);
        assert.equal(enc === 'AES-256-GCM' ? openGcm(half, envelope) : openSm4(half, envelope), half.plain);
      });
    }
  }

  test(`${enc}: the sdk opens the responses of the vectors`, async () => {
    const platformKey = { keyId: 'p2', publicPem: platformKeys['p2']!.publicPem };
    const envelopes = createEnvelopes({ cipher: enc, platformKey, privatePem: appKey.privatePem });
    for (const { head, response } of cases) {
      const answer = { headers: [['X-KQ-Enc', enc]] as const, body: Buffer.from(response.envelope) };
      assert.equal(Buffer.from(await envelopes.open(head, answer)).toString(), response.plain);
      await assert.rejects(envelopes.open({ ...head, nonce: bytesOf(head.nonce).fill(1).toString('base64url') }, answer), {
        code: 'SDK_ENVELOPE_INVALID',
      });
    }
  });
}

function openKey({ algorithm, privatePem }: VectorKey, encrypted: Buffer): Buffer {
  if (algorithm === 'RSA-OAEP-SHA256')
    return privateDecrypt({ key: privatePem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, encrypted);
  const pkcs8 = createPrivateKey(privatePem).export({ type: 'pkcs8', format: 'der' });
  const at = pkcs8.indexOf(Buffer.from('0201010420', 'hex')) + 5;
  const values: string[] = [];
  for (let place = encrypted[1] === 0x81 ? 3 : 2; place < encrypted.length; place += 2 + encrypted[place + 1]!)
    values.push(encrypted.subarray(place + 2, place + 2 + encrypted[place + 1]!).toString('hex'));
  const [x = '', y = '', check = '', text = ''] = values;
  const coordinate = (hex: string) => hex.slice(-64).padStart(64, '0');
  const raw = coordinate(x) + coordinate(y) + check + text;
  return Buffer.from(sm2.doDecrypt(raw, pkcs8.subarray(at, at + 32).toString('hex'), 1, { output: 'array' }));
}

function openSm4({ aad, contentKey, encKey, macKey }: Half, { iv, ct, tag }: Envelope): string {
  // HKDF (RFC 5869) for up to 32 bytes: the salt is 32 zeros, and one block is enough.
  const extracted = hmacSm3(Buffer.alloc(32), Buffer.from(contentKey, 'hex'));
  const derived = (info: string) => hmacSm3(extracted, Buffer.concat([Buffer.from(info), Buffer.of(1)]));
  assert.equal(derived('KQ1-ENC').subarray(0, 16).toString('hex'), encKey);
  assert.equal(derived('KQ1-MAC').toString('hex'), macKey);
  const length = Buffer.alloc(8);
  length.writeUInt32BE(Buffer.byteLength(aad), 4);
  const covered = Buffer.concat([length, Buffer.from(aad), bytesOf(iv), bytesOf(ct)]);
  assert.deepEqual(hmacSm3(Buffer.from(macKey!, 'hex'), covered), bytesOf(tag));
  const options = { mode: 'cbc', iv: [...bytesOf(iv)], output: 'array' };
  return Buffer.from(sm4.decrypt([...bytesOf(ct)], [...Buffer.from(encKey!, 'hex')], options)).toString();
}

function openGcm({ aad, contentKey }: Half, { iv, ct, tag }: Envelope): string {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(contentKey, 'hex'), bytesOf(iv))
    .setAAD(Buffer.from(aad))
    .setAuthTag(bytesOf(tag));
  return Buffer.concat([decipher.update(bytesOf(ct)), decipher.final()]).toString();
}
