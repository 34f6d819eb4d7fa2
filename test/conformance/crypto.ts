/** What every backend of the port `Crypto` must do. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { CONTENT_CIPHERS, type EncryptionKey, type KeyEncryption } from '../../engine/contract/ports/encryption.ts';
import type { Crypto, KeyHandle, SignatureScheme } from '../../engine/contract/ports/crypto.ts';

const ASYMMETRIC = ['SM2-SM3', 'RSA-SHA256', 'RSA-PSS-SHA256', 'ES256', 'ED25519'] as const satisfies readonly SignatureScheme[];
const SCHEMES: readonly SignatureScheme[] = [...ASYMMETRIC, 'HMAC-SM3', 'HMAC-SHA256'];
const message = Buffer.from('预约挂号 appointment');
const SM2_ORDER = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123';

export function cryptoConformance(name: string, create: () => Crypto): void {
  const crypto = create();

  for (const scheme of SCHEMES) {
    test(`${name}: ${scheme} accepts its own signature and refuses it with any bit changed`, async () => {
      const { signer, verifier } = await newKeys(crypto, scheme);
      const signature = await crypto.sign(signer, message);
      assert.equal(await crypto.verify(verifier, message, signature), true);
      for (let index = 0; index < signature.length; index += signature.length > 100 ? 37 : 1) {
        const changed = Uint8Array.from(signature);
        changed[index] = (changed[index] ?? 0) ^ 1;
        assert.equal(await crypto.verify(verifier, message, changed), false, `byte ${index}`);
      }
      assert.equal(await crypto.verify(verifier, Buffer.from('another message'), signature), false);
      assert.equal(await crypto.verify(verifier, message, Buffer.concat([signature, Buffer.of(0)])), false);
    });

    test(`${name}: ${scheme} answers false to malformed signatures and never throws`, async () => {
      const { verifier } = await newKeys(crypto, scheme);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => (await crypto.verify(verifier, message, bytes)) === false),
        { numRuns: 200 },
      );
    });

    test(`${name}: a signature in ${scheme} does not verify under another key`, async () => {
      const { signer } = await newKeys(crypto, scheme);
      const { verifier } = await newKeys(crypto, scheme);
      assert.equal(await crypto.verify(verifier, message, await crypto.sign(signer, message)), false);
    });
  }

  test(`${name}: an SM2 signature counts only in its one DER form with r and s below the order`, async () => {
    const { signer, verifier } = await newKeys(crypto, 'SM2-SM3');
    const { r, s } = readDer(await crypto.sign(signer, message));
    const valid = derOf(r, s);
    assert.equal(await crypto.verify(verifier, message, valid), true);
    const order = BigInt(`0x${SM2_ORDER}`);
    const variants = {
      'r + n': derOf(r + order, s),
      's + n': derOf(r, s + order),
      'r = 0': derOf(0n, s),
      's = 0': derOf(r, 0n),
      'r = n': derOf(order, s),
      'leading zero': derSequence(Buffer.concat([derInteger(r, 1), derInteger(s)])),
      'long form length': Buffer.concat([Buffer.of(0x30, 0x81), valid.subarray(1)]),
      'trailing byte inside': derSequence(Buffer.concat([derInteger(r), derInteger(s), Buffer.of(0)])),
      raw: Buffer.from(r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'), 'hex'),
      empty: Buffer.alloc(0),
    };
    for (const [variant, signature] of Object.entries(variants)) {
      assert.equal(await crypto.verify(verifier, message, signature), false, variant);
    }
  });

  test(`${name}: ES256 signatures are 64 raw bytes`, async () => {
    const { signer } = await newKeys(crypto, 'ES256');
    assert.equal((await crypto.sign(signer, message)).length, 64);
  });

  test(`${name}: both halves of a pair have one fingerprint, different pairs have different ones`, async () => {
    for (const scheme of ASYMMETRIC) {
      const first = await newKeys(crypto, scheme);
      const second = await newKeys(crypto, scheme);
      assert.equal(first.signer.fingerprint, first.verifier.fingerprint);
      assert.notEqual(first.signer.fingerprint, second.signer.fingerprint);
    }
  });

  test(`${name}: a handle gives nothing of its key away`, async () => {
    const { secret } = (await crypto.generateKey('HMAC-SM3')) as { secret: string };
    const handle = crypto.importKey({ format: 'raw', bytes: Buffer.from(secret, 'base64url') }, 'HMAC-SM3', 'secret');
    assert.deepEqual(Object.keys(handle).sort(), ['fingerprint', 'role', 'scheme']);
    assert.equal(handle.fingerprint.includes(secret), false);
  });

  test(`${name}: a changed input buffer does not change an imported secret`, async () => {
    const bytes = Buffer.alloc(32, 7);
    const handle = crypto.importKey({ format: 'raw', bytes }, 'HMAC-SM3', 'secret');
    const before = await crypto.sign(handle, message);
    bytes.fill(0);
    assert.deepEqual(await crypto.sign(handle, message), before);
  });

  test(`${name}: keys that are weak, off the curve, of another scheme or role are refused with KEY_INVALID`, async () => {
    const sm2 = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
    const es256 = (await crypto.generateKey('ES256')) as { privatePem: string; publicPem: string };
    const rsa = (await crypto.generateKey('RSA-SHA256')) as { privatePem: string; publicPem: string };
    const offCurve = Buffer.alloc(65, 1);
    offCurve[0] = 4;
    const refused: readonly (() => KeyHandle)[] = [
      () => crypto.importKey({ format: 'pem', pem: WEAK_RSA }, 'RSA-SHA256', 'public'),
      () => crypto.importKey({ format: 'raw', bytes: offCurve }, 'SM2-SM3', 'public'),
      () => crypto.importKey({ format: 'raw', bytes: Buffer.alloc(32) }, 'SM2-SM3', 'private'),
      () => crypto.importKey({ format: 'raw', bytes: Buffer.from(SM2_ORDER, 'hex') }, 'SM2-SM3', 'private'),
      () => crypto.importKey({ format: 'pem', pem: sm2.publicPem }, 'ES256', 'public'),
      () => crypto.importKey({ format: 'pem', pem: es256.publicPem }, 'SM2-SM3', 'public'),
      () => crypto.importKey({ format: 'pem', pem: es256.privatePem }, 'SM2-SM3', 'private'),
      () => crypto.importKey({ format: 'pem', pem: rsa.publicPem }, 'SM2-SM3', 'public'),
      () => crypto.importKey({ format: 'pem', pem: sm2.publicPem }, 'RSA-PSS-SHA256', 'public'),
      () => crypto.importKey({ format: 'pem', pem: sm2.publicPem }, 'SM2-SM3', 'private'),
      () => crypto.importKey({ format: 'pem', pem: sm2.privatePem }, 'SM2-SM3', 'public'),
      () => crypto.importKey({ format: 'pem', pem: sm2.privatePem }, 'SM2-SM3', 'secret'),
      () => crypto.importKey({ format: 'pem', pem: 'not a key' }, 'SM2-SM3', 'public'),
      () => crypto.importKey({ format: 'raw', bytes: Buffer.alloc(8) }, 'HMAC-SM3', 'secret'),
      () => crypto.importKey({ format: 'raw', bytes: Buffer.alloc(32) }, 'HMAC-SM3', 'private'),
      () => crypto.importKey({ format: 'jwk', jwk: { kty: 'EC', crv: 'SM2', x: 'AA', y: 'AA' } }, 'SM2-SM3', 'public'),
    ];
    for (const [index, attempt] of refused.entries()) assert.throws(attempt, { code: 'KEY_INVALID', kind: 'input' }, `case ${index}`);
  });

  test(`${name}: digests agree whether computed at once or in chunks`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), fc.constantFrom('sm3', 'sha256'), (chunks, algorithm) => {
        const hash = crypto.createHash(algorithm);
        for (const chunk of chunks) hash.update(chunk);
        assert.deepEqual(hash.digest(), crypto.digest(algorithm, Buffer.concat(chunks)));
      }),
      { numRuns: 100 },
    );
  });

  test(`${name}: comparing takes unequal lengths without throwing`, () => {
    assert.equal(crypto.timingSafeEqual(Buffer.from('ab'), Buffer.from('ab')), true);
    assert.equal(crypto.timingSafeEqual(Buffer.from('ab'), Buffer.from('abc')), false);
  });

  for (const algorithm of ['SM2', 'RSA-OAEP-SHA256'] as const) {
    test(`${name}: a content key encrypted by ${algorithm} opens under its own key alone`, async () => {
      const [own, other] = [await newEncryptionKeys(crypto, algorithm), await newEncryptionKeys(crypto, algorithm)];
      assert.equal(own.sender.fingerprint, own.receiver.fingerprint);
      for (const cipher of CONTENT_CIPHERS) {
        const { key, encrypted } = await crypto.makeContentKey(cipher, own.sender);
        const content = await crypto.encryptContent(key, Buffer.from('aad'), message);
        const opened = await crypto.openContentKey(cipher, encrypted, own.receiver);
        assert.ok(opened);
        assert.deepEqual(Buffer.from((await crypto.decryptContent(opened, Buffer.from('aad'), content))!), message);
        assert.equal(await crypto.openContentKey(cipher, encrypted, other.receiver), undefined);
        assert.equal(await crypto.openContentKey(cipher, encrypted.subarray(1), own.receiver), undefined);
      }
      const { publicPem } = await crypto.generateEncryptionKey(algorithm === 'SM2' ? 'RSA-OAEP-SHA256' : 'SM2');
      assert.throws(() => crypto.importEncryptionKey(publicPem, algorithm, 'public'), { code: 'KEY_INVALID', kind: 'input' });
    });
  }

  for (const cipher of CONTENT_CIPHERS) {
    test(`${name}: ${cipher} opens content of every length, and none of which a bit or the additional data changed`, async () => {
      const { sender } = await newEncryptionKeys(crypto, 'SM2');
      const { key } = await crypto.makeContentKey(cipher, sender);
      const aad = Buffer.from('KQ1\nPOST\nrequest\n');
      for (const length of [0, 1, 15, 16, 17, 1000, 65_536, 65_537, 300_000]) {
        const plain = crypto.randomBytes(length);
        const content = await crypto.encryptContent(key, aad, plain);
        assert.deepEqual(Buffer.from((await crypto.decryptContent(key, aad, content))!), Buffer.from(plain), `${length} bytes`);
        for (const part of ['iv', 'ciphertext', 'tag'] as const) {
          const changed = Uint8Array.from(content[part]);
          if (changed.length === 0) continue;
          changed[changed.length >> 1]! ^= 1;
          assert.equal(await crypto.decryptContent(key, aad, { ...content, [part]: changed }), undefined, `${part} of ${length}`);
          assert.equal(await crypto.decryptContent(key, aad, { ...content, [part]: content[part].subarray(1) }), undefined);
        }
        assert.equal(await crypto.decryptContent(key, Buffer.from('KQ1\nPOST\nresponse\n'), content), undefined);
      }
      const again = [await crypto.encryptContent(key, aad, message), await crypto.encryptContent(key, aad, message)];
      assert.notDeepEqual(again[0]!.iv, again[1]!.iv);
    });
  }

  test(`${name}: the self-test passes`, () => crypto.selfTest());
}

async function newKeys(crypto: Crypto, scheme: SignatureScheme): Promise<{ signer: KeyHandle; verifier: KeyHandle }> {
  const made = await crypto.generateKey(scheme);
  if ('secret' in made) {
    const secret = crypto.importKey({ format: 'raw', bytes: Buffer.from(made.secret, 'base64url') }, scheme, 'secret');
    return { signer: secret, verifier: secret };
  }
  return {
    signer: crypto.importKey({ format: 'pem', pem: made.privatePem }, scheme, 'private'),
    verifier: crypto.importKey({ format: 'pem', pem: made.publicPem }, scheme, 'public'),
  };
}

async function newEncryptionKeys(crypto: Crypto, algorithm: KeyEncryption): Promise<{ sender: EncryptionKey; receiver: EncryptionKey }> {
  const { privatePem, publicPem } = await crypto.generateEncryptionKey(algorithm);
  return {
    sender: crypto.importEncryptionKey(publicPem, algorithm, 'public'),
    receiver: crypto.importEncryptionKey(privatePem, algorithm, 'private'),
  };
}

function readDer(bytes: Uint8Array): { r: bigint; s: bigint } {
  const rLength = bytes[3] ?? 0;
  const hex = (from: number, to: number) => BigInt(`0x${Buffer.from(bytes.subarray(from, to)).toString('hex')}`);
  return { r: hex(4, 4 + rLength), s: hex(6 + rLength, bytes.length) };
}

function derOf(r: bigint, s: bigint): Buffer {
  return derSequence(Buffer.concat([derInteger(r), derInteger(s)]));
}

function derSequence(content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}

function derInteger(value: bigint, extraZeros = 0): Buffer {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const zeros = ((digits[0] ?? 0) >= 0x80 ? 1 : 0) + extraZeros;
  return Buffer.concat([Buffer.of(0x02, digits.length + zeros), Buffer.alloc(zeros), digits]);
}

/** RSA with 1024 bits, for refusal only. */
const WEAK_RSA = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC4wLYbf53pu4/8S3g/qWfrmhhb
VsWOjDxR5zg3moXxUTqSYB7WiFbU/ulGwX7A3yVSJY5uI1hXxpkovjZsmcBBGnjD
GML+AWCF7qIDuHuuFiCGZ7YvxRqRbsZsYXFWvERR+4UKgS2a/Os3V3xOm+BqDOF0
J4HmcTzGOASA7FnlEQIDAQAB
-----END PUBLIC KEY-----`;
