/** Encrypted bodies in a browser: SM2, SM3 and SM4 with sm-crypto-v2, RSA-OAEP and AES-256-GCM with WebCrypto. */
import { hkdf, sm2, sm3, sm4 } from 'sm-crypto-v2';
import type { ContentCipher, ContentKey, EncryptedContent, Encryption, EncryptionKey } from '../../engine/contract/ports/encryption.ts';
import { bytesOfHex, bytesOfPem, hexOf, isEqual, joined, utf8 } from '../core/bytes.ts';
import { keyRefused } from '../core/sdk-crypto.ts';
import { sm2Point, sm2PrivateNumber } from './sm2-keys.ts';

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
type Bytes = Uint8Array<ArrayBuffer>;

/** `open` returns undefined for what was not encrypted for this key. */
interface Receiver {
  encrypt(plain: Bytes): Bytes | Promise<Bytes>;
  open(encrypted: Bytes): Bytes | undefined | Promise<Bytes | undefined>;
}

const CONTENT_KEY_BYTES = 32;
const SM4_KEY_BYTES = 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;
const GCM_IV_BYTES = 12;
const GCM_TAG_BYTES = 16;
const C1C3C2 = 1;
const OAEP = { name: 'RSA-OAEP', hash: 'SHA-256' };

const receivers = new WeakMap<EncryptionKey, Receiver>();
const contentKeys = new WeakMap<ContentKey, Bytes>();

export const browserEncryption: Encryption = {
  importEncryptionKey(pem, algorithm, role) {
    const key: EncryptionKey = Object.freeze({ algorithm, role, fingerprint: '' });
    receivers.set(key, algorithm === 'SM2' ? sm2Receiver(pem, role) : rsaReceiver(pem, role));
    return key;
  },
  generateEncryptionKey: () => Promise.reject(new Error('A page holds no key of its own: register one that a server made.')),
  async makeContentKey(cipher, receiver) {
    const bytes = random(CONTENT_KEY_BYTES);
    return { key: contentKeyOf(cipher, bytes), encrypted: await receivers.get(receiver)!.encrypt(bytes) };
  },
  async openContentKey(cipher, encrypted, own) {
    const bytes = await receivers.get(own)!.open(new Uint8Array(encrypted));
    return bytes?.length === CONTENT_KEY_BYTES ? contentKeyOf(cipher, bytes) : undefined;
  },
  encryptContent: (key, aad, plain) =>
    key.cipher === 'AES-256-GCM' ? encryptGcm(contentKeys.get(key)!, aad, plain) : encryptSm4(contentKeys.get(key)!, aad, plain),
  decryptContent: (key, aad, content) =>
    key.cipher === 'AES-256-GCM' ? decryptGcm(contentKeys.get(key)!, aad, content) : decryptSm4(contentKeys.get(key)!, aad, content),
};

function contentKeyOf(cipher: ContentCipher, bytes: Bytes): ContentKey {
  const key = Object.freeze({ cipher });
  contentKeys.set(key, bytes);
  return key;
}

function sm2Receiver(pem: string, role: EncryptionKey['role']): Receiver {
  if (role === 'public') {
    const point = sm2Point(pem);
    return { ...ONE_WAY, encrypt: (plain) => bytesOfHex(sm2.doEncrypt(plain, point, C1C3C2, { asn1: true })) };
  }
  const number = sm2PrivateNumber(pem);
  const open = (encrypted: Bytes) => {
    try {
      return new Uint8Array(sm2.doDecrypt(hexOf(encrypted), number, C1C3C2, { output: 'array', asn1: true }));
    } catch {
      // It is not the encoding of an encryption, or its point is not on the curve.
      return undefined;
    }
  };
  return { ...ONE_WAY, open };
}

function rsaReceiver(pem: string, role: EncryptionKey['role']): Receiver {
  if (role === 'public') {
    const key = importRsa('spki', bytesOfPem(pem, 'PUBLIC KEY'), 'encrypt');
    return { ...ONE_WAY, encrypt: async (plain) => new Uint8Array(await crypto.subtle.encrypt(OAEP, await key, plain)) };
  }
  const key = importRsa('pkcs8', bytesOfPem(pem, 'PRIVATE KEY'), 'decrypt');
  const open = async (encrypted: Bytes) => {
    const imported = await key;
    return crypto.subtle.decrypt(OAEP, imported, encrypted).then(
      (plain) => new Uint8Array(plain),
      () => undefined,
    );
  };
  return { ...ONE_WAY, open };
}

/** The half of a receiver that a public or a private key does not have. */
const ONE_WAY: Receiver = {
  encrypt: () => Promise.reject(keyRefused('a private key does not encrypt')),
  open: () => Promise.reject(keyRefused('a public key does not decrypt')),
};

function importRsa(format: 'spki' | 'pkcs8', der: Bytes, use: 'encrypt' | 'decrypt'): Promise<WebKey> {
  const key = crypto.subtle.importKey(format, der, OAEP, false, [use]).catch(() => {
    throw keyRefused('it is neither SM2 nor RSA');
  });
  // The first use reports the failure.
  key.catch(() => undefined);
  return key;
}

function encryptSm4(contentKey: Bytes, aad: Uint8Array, plain: Uint8Array): EncryptedContent {
  const iv = random(BLOCK_BYTES);
  const ciphertext = sm4.encrypt(plain, derived(contentKey, 'KQ1-ENC', SM4_KEY_BYTES), { mode: 'cbc', iv, output: 'array' });
  return { iv, ciphertext, tag: sm4Tag(contentKey, aad, iv, ciphertext) };
}

function decryptSm4(contentKey: Bytes, aad: Uint8Array, { iv, ciphertext, tag }: EncryptedContent): Uint8Array | undefined {
  if (iv.length !== BLOCK_BYTES || tag.length !== MAC_BYTES || ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0)
    return undefined;
  if (!isEqual(sm4Tag(contentKey, aad, iv, ciphertext), tag)) return undefined;
  try {
    return sm4.decrypt(ciphertext, derived(contentKey, 'KQ1-ENC', SM4_KEY_BYTES), { mode: 'cbc', iv, output: 'array' });
  } catch {
    // The tag held, so the sender itself padded wrongly.
    return undefined;
  }
}

function sm4Tag(contentKey: Bytes, aad: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(aad.length));
  return bytesOfHex(sm3(joined(length, aad, iv, ciphertext), { key: derived(contentKey, 'KQ1-MAC', MAC_BYTES) }));
}

function derived(contentKey: Bytes, info: string, length: number): Uint8Array {
  return hkdf(contentKey, undefined, utf8(info), length);
}

async function encryptGcm(contentKey: Bytes, aad: Uint8Array, plain: Uint8Array): Promise<EncryptedContent> {
  const iv = random(GCM_IV_BYTES);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(iv, aad), await aesKey(contentKey, 'encrypt'), new Uint8Array(plain)));
  return { iv, ciphertext: sealed.subarray(0, -GCM_TAG_BYTES), tag: sealed.subarray(-GCM_TAG_BYTES) };
}

async function decryptGcm(contentKey: Bytes, aad: Uint8Array, { iv, ciphertext, tag }: EncryptedContent): Promise<Uint8Array | undefined> {
  if (iv.length !== GCM_IV_BYTES || tag.length !== GCM_TAG_BYTES) return undefined;
  const key = await aesKey(contentKey, 'decrypt');
  return crypto.subtle.decrypt(gcm(iv, aad), key, joined(ciphertext, tag)).then(
    (plain) => new Uint8Array(plain),
    () => undefined,
  );
}

function gcm(iv: Uint8Array, aad: Uint8Array): { name: string; iv: Bytes; additionalData: Bytes } {
  return { name: 'AES-GCM', iv: new Uint8Array(iv), additionalData: new Uint8Array(aad) };
}

function aesKey(bytes: Bytes, use: 'encrypt' | 'decrypt'): Promise<WebKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [use]);
}

function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}
