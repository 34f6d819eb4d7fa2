/**
 * The operations themselves, without key handling. They run in a thread: SM2 takes milliseconds, and a large body much
 * longer. SM2 (GB/T 32918) and SM4-GCM by `sm-crypto-v2`, because Node offers neither; HMAC (RFC 2104), SM4-CBC and
 * SM4-ECB (GB/T 32907) by OpenSSL.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sm2, sm4 } from 'sm-crypto-v2';
import { decryptionFailed, signatureWrong } from './errors.ts';
import type { CryptoSettings } from './settings.ts';

export type Hmac = 'HMAC-SM3' | 'HMAC-SHA256';
export type Sm4 = 'SM4-GCM' | 'SM4-CBC' | 'SM4-ECB';

interface Sm2Forms {
  /** 130 hexadecimal digits `04 x y`. */
  readonly publicKey: string;
  readonly userId: string;
  readonly signatureForm: CryptoSettings['signatureForm'];
  readonly ciphertextForm: CryptoSettings['ciphertextForm'];
}

/** A key as its operations need it. The private number of SM2 has 64 hexadecimal digits. */
export type LoadedKey =
  | { readonly kind: 'hmac'; readonly algorithm: Hmac; readonly secret: Uint8Array }
  | { readonly kind: 'sm4'; readonly algorithm: Sm4; readonly secret: Uint8Array }
  | ({ readonly kind: 'sm2'; readonly algorithm: 'SM2'; readonly privateKey: string | undefined } & Sm2Forms);

export type HmacKey = Extract<LoadedKey, { kind: 'hmac' }>;
export type Sm4Key = Extract<LoadedKey, { kind: 'sm4' }>;
export type Sm2Key = Extract<LoadedKey, { kind: 'sm2' }>;

/** What SM4 returns besides the ciphertext, or needs to decrypt it. */
export interface Sm4Parts {
  readonly iv?: Uint8Array | undefined;
  readonly tag?: Uint8Array | undefined;
}

export type CryptoTask =
  | { readonly do: 'sign'; readonly key: HmacKey | Sm2Key; readonly content: Uint8Array }
  | { readonly do: 'verify'; readonly key: HmacKey | Sm2Key; readonly content: Uint8Array; readonly signature: Uint8Array }
  | ({ readonly do: 'encrypt'; readonly key: Sm2Key | Sm4Key; readonly content: Uint8Array } & Sm4Parts)
  | ({ readonly do: 'decrypt'; readonly key: Sm2Key | Sm4Key; readonly content: Uint8Array } & Sm4Parts);

/** `bytes` is the signature, the ciphertext or the plain text. */
export type CryptoResult = { readonly bytes: Uint8Array } & Sm4Parts;

/** Throws CRYPTO_SIGNATURE_WRONG or CRYPTO_DECRYPTION_FAILED (input). */
export function compute(task: CryptoTask): CryptoResult {
  if (task.do === 'sign') return { bytes: task.key.kind === 'sm2' ? signSm2(task.key, task.content) : hmac(task.key, task.content) };
  if (task.do === 'verify') {
    if (isSignature(task.key, task.content, task.signature)) return { bytes: task.signature };
    throw signatureWrong();
  }
  if (task.do === 'encrypt') return task.key.kind === 'sm2' ? encryptSm2(task.key, task.content) : encryptSm4(task.key, task);
  return { bytes: task.key.kind === 'sm2' ? decryptSm2(task.key, task.content) : decryptSm4(task.key, task) };
}

function hmac({ algorithm, secret }: HmacKey, content: Uint8Array): Buffer {
  return createHmac(algorithm === 'HMAC-SM3' ? 'sm3' : 'sha256', secret)
    .update(content)
    .digest();
}

function signSm2({ privateKey, publicKey, userId, signatureForm }: Sm2Key, content: Uint8Array): Buffer {
  return fromHex(sm2.doSignature(content, privateKey!, { hash: true, der: signatureForm === 'der', publicKey, userId }));
}

function isSignature(key: HmacKey | Sm2Key, content: Uint8Array, signature: Uint8Array): boolean {
  if (key.kind === 'hmac') {
    const own = hmac(key, content);
    return own.length === signature.length && timingSafeEqual(own, signature);
  }
  const { publicKey, userId, signatureForm } = key;
  try {
    return sm2.doVerifySignature(content, toHex(signature), publicKey, { hash: true, der: signatureForm === 'der', userId });
  } catch {
    // The library throws for a signature that is not well-formed.
    return false;
  }
}

const FORMS = {
  der: { mode: 1, asn1: true },
  c1c3c2: { mode: 1, asn1: false },
  c1c2c3: { mode: 0, asn1: false },
} as const;

function encryptSm2({ publicKey, ciphertextForm }: Sm2Key, content: Uint8Array): CryptoResult {
  const { mode, asn1 } = FORMS[ciphertextForm];
  const text = sm2.doEncrypt(content, publicKey, mode, { asn1 });
  return { bytes: fromHex(asn1 ? text : `04${text}`) };
}

function decryptSm2({ privateKey, ciphertextForm }: Sm2Key, content: Uint8Array): Uint8Array {
  const { mode, asn1 } = FORMS[ciphertextForm];
  if (!asn1 && content[0] !== 4) throw decryptionFailed();
  try {
    const plain = sm2.doDecrypt(toHex(asn1 ? content : content.subarray(1)), privateKey!, mode, { output: 'array', asn1 });
    // The library returns nothing for a ciphertext whose check value is wrong. Nobody encrypts nothing.
    if (plain.length > 0) return plain;
  } catch {
    // A point that is not on the curve, or no ciphertext at all.
  }
  throw decryptionFailed();
}

export const IV_BYTES = { 'SM4-GCM': 12, 'SM4-CBC': 16, 'SM4-ECB': 0 } as const;

type Sm4Input = { readonly content: Uint8Array } & Sm4Parts;

function encryptSm4({ algorithm, secret }: Sm4Key, { content, iv = randomBytes(IV_BYTES[algorithm]) }: Sm4Input): CryptoResult {
  if (algorithm === 'SM4-GCM') {
    const { output, tag } = sm4.encrypt(content, secret, { mode: 'gcm', iv, output: 'array', outputTag: true });
    return { bytes: output, iv, tag };
  }
  const isChained = algorithm === 'SM4-CBC';
  const cipher = isChained ? createCipheriv('sm4-cbc', secret, iv) : createCipheriv('sm4-ecb', secret, null);
  return { bytes: Buffer.concat([cipher.update(content), cipher.final()]), ...(isChained ? { iv } : {}) };
}

function decryptSm4({ algorithm, secret }: Sm4Key, { content, iv, tag }: Sm4Input): Uint8Array {
  try {
    if (algorithm === 'SM4-GCM') return sm4.decrypt(content, secret, { mode: 'gcm', iv: iv!, tag: tag!, output: 'array' });
    const cipher = algorithm === 'SM4-CBC' ? createDecipheriv('sm4-cbc', secret, iv!) : createDecipheriv('sm4-ecb', secret, null);
    return Buffer.concat([cipher.update(content), cipher.final()]);
  } catch {
    throw decryptionFailed();
  }
}

function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
