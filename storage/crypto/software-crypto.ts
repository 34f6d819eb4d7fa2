/**
 * The port `Crypto` in software, with node:crypto only. SM2 (0.4 ms), HMAC, ES256 and RSA verification run
 * synchronously; RSA signing (1 to 7 ms) runs in the thread pool. Raw keys never leave this closure: a handle
 * contains only scheme, role and fingerprint.
 */
import {
  constants,
  createHash,
  createHmac,
  createSecretKey,
  generateKeyPair,
  hash,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto, DigestAlgorithm, KeyHandle, SignatureScheme } from '../../engine/contract/ports/crypto.ts';
import { fingerprintOf, loadKey, type LoadedKey } from './import-key.ts';
import { createPrepareHmac } from './prepare-hmac.ts';
import { selfTest } from './self-test.ts';
import { createSoftwareEncryption } from './software-encryption.ts';
import { sm2Sign, sm2Verify } from './sm2.ts';

export function createSoftwareCrypto(): Crypto {
  const prepareHmac = createPrepareHmac();
  const keys = new WeakMap<KeyHandle, LoadedKey>();
  const loaded = (handle: KeyHandle): LoadedKey => {
    const key = keys.get(handle);
    if (key === undefined) throw new AppError('CRYPTO_KEY_FOREIGN', 'bug', 'The key handle was not created by this crypto backend.');
    return key;
  };
  const crypto: Crypto = {
    importKey(material, scheme, role) {
      const key = loadKey(material, scheme, role, prepareHmac);
      const handle: KeyHandle = Object.freeze({ scheme, role, fingerprint: fingerprintOf(key) });
      keys.set(handle, key);
      return handle;
    },
    generateKey,
    sign: (handle, data) => signWith(loaded(handle), handle.scheme, data),
    verify: (handle, data, signature) => verifyWith(loaded(handle), handle.scheme, data, signature),
    // Converting from a string takes half the time that node:crypto needs to return a Buffer.
    digest: (algorithm, data) => Buffer.from(hash(algorithm, data, 'binary'), 'latin1'),
    createHash: streamingHash,
    // With a key object an HMAC takes a quarter of the time that it takes with raw bytes.
    hmac: (algorithm, key, data) => createHmac(algorithm, createSecretKey(key)).update(data).digest(),
    randomBytes: (size) => randomBytes(size),
    timingSafeEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    ...createSoftwareEncryption(),
    selfTest: () => selfTest(crypto),
  };
  return crypto;
}

async function generateKey(scheme: SignatureScheme): Promise<{ privatePem: string; publicPem: string } | { secret: string }> {
  if (scheme === 'HMAC-SM3' || scheme === 'HMAC-SHA256') return { secret: randomBytes(32).toString('base64url') };
  const encoding = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicPem: string, privatePem: string) =>
      error === null ? resolve({ privatePem, publicPem }) : reject(error);
    if (scheme === 'ED25519') generateKeyPair('ed25519', encoding, done);
    else if (scheme === 'ES256') generateKeyPair('ec', { namedCurve: 'prime256v1', ...encoding }, done);
    else if (scheme === 'SM2-SM3') generateKeyPair('ec', { namedCurve: 'SM2', ...encoding }, done);
    else generateKeyPair('rsa', { modulusLength: 3072, ...encoding }, done);
  });
}

function signWith(key: LoadedKey, scheme: SignatureScheme, data: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (key.kind === 'secret') return key.hmac(data);
  const { privateKey, identity } = key;
  if (privateKey === undefined) throw new AppError('CRYPTO_KEY_ROLE', 'bug', 'A public key cannot sign.', { values: { scheme } });
  if (scheme === 'SM2-SM3') return sm2Sign(privateKey, identity, data);
  if (scheme === 'ED25519') return sign(null, data, privateKey);
  if (scheme === 'ES256') return sign('sha256', data, nodeKey(privateKey, scheme));
  return new Promise((resolve, reject) => {
    sign('sha256', data, nodeKey(privateKey, scheme), (error, signature) => (error === null ? resolve(signature) : reject(error)));
  });
}

function verifyWith(key: LoadedKey, scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean {
  if (key.kind === 'secret') {
    const expected = key.hmac(data);
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }
  try {
    if (scheme === 'SM2-SM3') return sm2Verify(key.publicKey, key.identity, data, signature);
    if (scheme === 'ED25519') return verify(null, data, key.publicKey, signature);
    return verify('sha256', data, nodeKey(key.publicKey, scheme), signature);
  } catch {
    // OpenSSL reports some malformed signatures as errors; for the caller they are simply invalid.
    return false;
  }
}

function nodeKey(
  key: KeyObject,
  scheme: SignatureScheme,
): { key: KeyObject; dsaEncoding?: 'ieee-p1363'; padding?: number; saltLength?: number } {
  if (scheme === 'ES256') return { key, dsaEncoding: 'ieee-p1363' };
  if (scheme === 'RSA-SHA256') return { key, padding: constants.RSA_PKCS1_PADDING };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function streamingHash(algorithm: DigestAlgorithm): { update(chunk: Uint8Array | string): void; digest(): Uint8Array } {
  const running = createHash(algorithm);
  return { update: (chunk) => void running.update(chunk), digest: () => running.digest() };
}
