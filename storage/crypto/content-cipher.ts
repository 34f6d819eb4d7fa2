/** The ciphers of bodies: SM4-CBC-HSM3 (encrypt-then-MAC) and AES-256-GCM. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import type { ContentCipher, EncryptedContent } from '../../engine/contract/ports/encryption.ts';

export const CONTENT_KEY_BYTES = 32;
const SM4_KEY_BYTES = 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;
const GCM_IV_BYTES = 12;
const GCM_TAG_BYTES = 16;
/** SM4 and HMAC-SM3 take about a millisecond for this many bytes. */
const SLICE_BYTES = 64 * 1024;

/** The keys that a cipher makes of a content key. `mac` is absent for AES-256-GCM. */
export interface CipherKeys {
  readonly cipher: ContentCipher;
  readonly content: KeyObject;
  readonly mac: KeyObject | undefined;
}

export function cipherKeysOf(cipher: ContentCipher, contentKey: Uint8Array): CipherKeys {
  if (cipher === 'AES-256-GCM') return { cipher, content: createSecretKey(contentKey), mac: undefined };
  const derived = (info: string, length: number) =>
    createSecretKey(Buffer.from(hkdfSync('sm3', contentKey, new Uint8Array(), info, length)));
  return { cipher, content: derived('KQ1-ENC', SM4_KEY_BYTES), mac: derived('KQ1-MAC', MAC_BYTES) };
}

export function encryptWith(keys: CipherKeys, aad: Uint8Array, plain: Uint8Array): EncryptedContent | Promise<EncryptedContent> {
  if (keys.mac === undefined) return encryptGcm(keys.content, aad, plain);
  const iv = randomBytes(BLOCK_BYTES);
  const cipher = createCipheriv('sm4-cbc', keys.content, iv);
  const mac = startMac(keys.mac, aad, iv);
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer) => {
    mac.update(chunk);
    chunks.push(chunk);
  };
  const finish = () => {
    keep(cipher.final());
    return { iv, ciphertext: Buffer.concat(chunks), tag: mac.digest() };
  };
  const read = inSlices(plain, (slice) => keep(cipher.update(slice)));
  return read === undefined ? finish() : read.then(finish);
}

export function decryptWith(
  keys: CipherKeys,
  aad: Uint8Array,
  content: EncryptedContent,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  if (keys.mac === undefined) return decryptGcm(keys.content, aad, content);
  const { iv, ciphertext, tag } = content;
  if (iv.length !== BLOCK_BYTES || tag.length !== MAC_BYTES || ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0)
    return undefined;
  const mac = startMac(keys.mac, aad, iv);
  const read = inSlices(ciphertext, (slice) => mac.update(slice));
  const decipher = () => (timingSafeEqual(mac.digest(), tag) ? decipherCbc(keys.content, iv, ciphertext) : undefined);
  return read === undefined ? decipher() : read.then(decipher);
}

function startMac(key: KeyObject, aad: Uint8Array, iv: Uint8Array): ReturnType<typeof createHmac> {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(aad.length));
  return createHmac('sm3', key).update(length).update(aad).update(iv);
}

function decipherCbc(key: KeyObject, iv: Uint8Array, ciphertext: Uint8Array): Buffer | undefined | Promise<Buffer | undefined> {
  const decipher = createDecipheriv('sm4-cbc', key, iv);
  const chunks: Buffer[] = [];
  const finish = () => {
    try {
      chunks.push(decipher.final());
      return Buffer.concat(chunks);
    } catch {
      // The tag held, so the sender itself padded wrongly.
      return undefined;
    }
  };
  const read = inSlices(ciphertext, (slice) => void chunks.push(decipher.update(slice)));
  return read === undefined ? finish() : read.then(finish);
}

function encryptGcm(key: KeyObject, aad: Uint8Array, plain: Uint8Array): EncryptedContent | Promise<EncryptedContent> {
  const iv = randomBytes(GCM_IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  const chunks: Buffer[] = [];
  const finish = () => {
    chunks.push(cipher.final());
    return { iv, ciphertext: Buffer.concat(chunks), tag: cipher.getAuthTag() };
  };
  const read = inSlices(plain, (slice) => void chunks.push(cipher.update(slice)));
  return read === undefined ? finish() : read.then(finish);
}

function decryptGcm(
  key: KeyObject,
  aad: Uint8Array,
  { iv, ciphertext, tag }: EncryptedContent,
): Buffer | undefined | Promise<Buffer | undefined> {
  if (iv.length !== GCM_IV_BYTES || tag.length !== GCM_TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(aad).setAuthTag(tag);
  const chunks: Buffer[] = [];
  const finish = () => {
    try {
      chunks.push(decipher.final());
      return Buffer.concat(chunks);
    } catch {
      // The tag does not hold.
      return undefined;
    }
  };
  const read = inSlices(ciphertext, (slice) => void chunks.push(decipher.update(slice)));
  return read === undefined ? finish() : read.then(finish);
}

/** Calls `take` for each slice. Returns a promise if there are several, because other work runs between them. */
function inSlices(data: Uint8Array, take: (slice: Uint8Array) => void): Promise<void> | undefined {
  if (data.length > SLICE_BYTES) return takeInTurns(data, take);
  take(data);
  return undefined;
}

async function takeInTurns(data: Uint8Array, take: (slice: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < data.length; at += SLICE_BYTES) {
    take(data.subarray(at, at + SLICE_BYTES));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
