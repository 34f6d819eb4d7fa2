/** The part `Encryption` of the port `Crypto`, in software. Raw keys never leave this closure. */
import { constants, generateKeyPair, publicEncrypt, randomBytes, webcrypto } from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ContentKey, Encryption, EncryptionKey, KeyEncryption } from '../../engine/contract/ports/encryption.ts';
import { cipherKeysOf, CONTENT_KEY_BYTES, decryptWith, encryptWith, type CipherKeys } from './content-cipher.ts';
import { fingerprintOf, loadKey } from './import-key.ts';
import { createPrepareHmac } from './prepare-hmac.ts';
import { pointOf, prepareSm2Decrypter, sm2Decrypt, sm2Encrypt } from './sm2-encryption.ts';

interface LoadedEncryptionKey {
  encrypt(plain: Uint8Array): Uint8Array;
  /** Absent for a public key. */
  readonly decrypt?: (encrypted: Uint8Array) => Promise<Uint8Array | undefined>;
}

const RSA_BITS = 3072;

export function createSoftwareEncryption(): Encryption {
  const prepareHmac = createPrepareHmac();
  const keys = new WeakMap<EncryptionKey, LoadedEncryptionKey>();
  const contentKeys = new WeakMap<ContentKey, CipherKeys>();
  const contentKeyOf = (cipher: ContentKey['cipher'], bytes: Uint8Array): ContentKey => {
    const handle = Object.freeze({ cipher });
    contentKeys.set(handle, cipherKeysOf(cipher, bytes));
    return handle;
  };
  return {
    importEncryptionKey(pem, algorithm, role) {
      const loaded = loadKey({ format: 'pem', pem }, algorithm === 'SM2' ? 'SM2-SM3' : 'RSA-SHA256', role, prepareHmac);
      if (loaded.kind !== 'pair') throw foreign();
      const handle: EncryptionKey = Object.freeze({ algorithm, role, fingerprint: fingerprintOf(loaded) });
      keys.set(handle, algorithm === 'SM2' ? loadSm2(loaded) : loadRsa(loaded));
      return handle;
    },
    generateEncryptionKey,
    async makeContentKey(cipher, receiver) {
      const bytes = randomBytes(CONTENT_KEY_BYTES);
      return { key: contentKeyOf(cipher, bytes), encrypted: (keys.get(receiver) ?? fail()).encrypt(bytes) };
    },
    async openContentKey(cipher, encrypted, own) {
      const bytes = await (keys.get(own)?.decrypt ?? fail())(encrypted);
      return bytes?.length === CONTENT_KEY_BYTES ? contentKeyOf(cipher, bytes) : undefined;
    },
    encryptContent: (key, aad, plain) => encryptWith(contentKeys.get(key) ?? fail(), aad, plain),
    decryptContent: (key, aad, content) => decryptWith(contentKeys.get(key) ?? fail(), aad, content),
  };
}

type Pair = Extract<ReturnType<typeof loadKey>, { kind: 'pair' }>;

function loadSm2({ publicKey, privateKey }: Pair): LoadedEncryptionKey {
  const point = pointOf(publicKey);
  const encrypt = (plain: Uint8Array) => sm2Encrypt(point, plain);
  if (privateKey === undefined) return { encrypt };
  const decrypter = prepareSm2Decrypter(privateKey);
  return { encrypt, decrypt: (encrypted) => sm2Decrypt(decrypter, encrypted) };
}

function loadRsa({ publicKey, privateKey }: Pair): LoadedEncryptionKey {
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const encrypt = (plain: Uint8Array) => publicEncrypt({ key: publicKey, ...padding }, plain);
  if (privateKey === undefined) return { encrypt };
  // `privateDecrypt` would block the event loop for milliseconds; WebCrypto decrypts in the pool of threads.
  const webKey = privateKey.toCryptoKey({ name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt']);
  const decrypt = (encrypted: Uint8Array) =>
    webcrypto.subtle.decrypt({ name: 'RSA-OAEP' }, webKey, encrypted).then(
      (plain) => new Uint8Array(plain),
      () => undefined,
    );
  return { encrypt, decrypt };
}

async function generateEncryptionKey(algorithm: KeyEncryption): Promise<{ privatePem: string; publicPem: string }> {
  const encoding = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicPem: string, privatePem: string) =>
      error === null ? resolve({ privatePem, publicPem }) : reject(error);
    if (algorithm === 'SM2') generateKeyPair('ec', { namedCurve: 'SM2', ...encoding }, done);
    else generateKeyPair('rsa', { modulusLength: RSA_BITS, ...encoding }, done);
  });
}

function fail(): never {
  throw foreign();
}

function foreign(): AppError {
  return new AppError('CRYPTO_KEY_FOREIGN', 'bug', 'The key handle was not created by this crypto backend for this use.');
}
