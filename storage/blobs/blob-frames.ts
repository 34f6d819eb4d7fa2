/**
 * The encrypted form of a stream. File: `KQB1` · number of the data key (4) · salt (16) · frames. Frame: length with
 * the top bit set in the last one (4) · SM4-CTR ciphertext (at most 32 KB) · HMAC-SM3 over frame number (8), length
 * and ciphertext (32). The keys are derived from salt and blob id, so a frame of another file is not valid. A
 * missing, doubled, moved or cut frame is detected before its bytes are passed on.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { AppError } from '../../engine/contract/values/errors.ts';
import type { DataKey, DataKeys } from '../../engine/contract/values/seal.ts';
import { blobDamaged } from './blob-rules.ts';

const MAGIC = Buffer.from('KQB1');
const SALT_BYTES = 16;
const HEAD_BYTES = MAGIC.length + 4 + SALT_BYTES;
const FRAME_BYTES = 32 * 1024;
const TAG_BYTES = 32;
const LAST = 0x8000_0000;

/** Encrypts `source`: yields the bytes of the encrypted file, and returns the number of plain bytes. */
export async function* sealFrames(source: AsyncIterable<Uint8Array>, blobId: string, key: DataKey): AsyncGenerator<Uint8Array, number> {
  const salt = randomBytes(SALT_BYTES);
  const { encrypt, mac } = fileKeys(key, blobId, salt);
  const cipher = createCipheriv('sm4-ctr', encrypt, ZERO_IV);
  let index = 0;
  let sizeBytes = 0;

  function seal(plain: Uint8Array, isLast: boolean): Uint8Array {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(isLast ? LAST + plain.length : plain.length);
    const sealed = cipher.update(plain);
    sizeBytes += plain.length;
    return Buffer.concat([length, sealed, tagOf(mac, index++, length, sealed)]);
  }

  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32BE(key.number, MAGIC.length);
  salt.copy(head, MAGIC.length + 4);
  yield head;
  const frame = Buffer.alloc(FRAME_BYTES);
  let filled = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length;) {
      // A full frame is written only when more bytes follow, because the last frame must be marked as the last.
      if (filled === FRAME_BYTES) {
        yield seal(frame, false);
        filled = 0;
      }
      const part = chunk.subarray(from, from + FRAME_BYTES - filled);
      frame.set(part, filled);
      filled += part.length;
      from += part.length;
    }
  }
  yield seal(frame.subarray(0, filled), true);
  return sizeBytes;
}

/** A source of encrypted bytes that is read from start to end: an open file, or `readChunks`. */
export interface SealedBytes {
  /** Reads at most `length` bytes into `buffer`. `bytesRead` is 0 only at the end of the source. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
}

/** Reads encrypted bytes that arrive in chunks, as database servers deliver them. */
export function readChunks(chunks: AsyncIterator<Uint8Array>): SealedBytes {
  let rest: Uint8Array = new Uint8Array();
  return {
    async read(buffer, offset, length) {
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) return { bytesRead: 0 };
        rest = next.value;
      }
      const part = rest.subarray(0, length);
      buffer.set(part, offset);
      rest = rest.subarray(part.length);
      return { bytesRead: part.length };
    },
  };
}

/**
 * Yields the plain bytes frame by frame, after verifying each frame. Throws BLOB_DAMAGED (bug) if a frame is missing
 * or wrong.
 */
export async function* openFrames(file: SealedBytes, blobId: string, dataKeys: DataKeys): AsyncGenerator<Uint8Array> {
  const damaged = () => blobDamaged(blobId);
  const head = await readExactly(file, HEAD_BYTES, damaged);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged();
  const { encrypt, mac } = fileKeys(dataKeys.get(head.readUInt32BE(MAGIC.length)), blobId, head.subarray(MAGIC.length + 4));
  const decipher = createDecipheriv('sm4-ctr', encrypt, ZERO_IV);
  for (let index = 0, isLast = false; !isLast; index++) {
    const length = await readExactly(file, 4, damaged);
    const coded = length.readUInt32BE();
    isLast = coded >= LAST;
    const size = isLast ? coded - LAST : coded;
    if (size > FRAME_BYTES) throw damaged();
    const frame = await readExactly(file, size + TAG_BYTES, damaged);
    const sealed = frame.subarray(0, size);
    if (!timingSafeEqual(tagOf(mac, index, length, sealed), frame.subarray(size))) throw damaged();
    if (size > 0) yield decipher.update(sealed);
  }
  if ((await file.read(Buffer.alloc(1), 0, 1)).bytesRead > 0) throw damaged();
}

/** The key is used for this one stream only, so the counter may start at zero. */
const ZERO_IV = Buffer.alloc(16);

function fileKeys(key: DataKey, blobId: string, salt: Uint8Array): { readonly encrypt: KeyObject; readonly mac: KeyObject } {
  return {
    encrypt: createSecretKey(key.derive(`KQ-BLOB-ENC:${blobId}`, 16, salt)),
    mac: createSecretKey(key.derive(`KQ-BLOB-MAC:${blobId}`, 32, salt)),
  };
}

function tagOf(mac: KeyObject, index: number, length: Uint8Array, sealed: Uint8Array): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(index));
  return createHmac('sm3', mac).update(number).update(length).update(sealed).digest();
}

async function readExactly(file: SealedBytes, size: number, damaged: () => AppError): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  for (let filled = 0; filled < size;) {
    const { bytesRead } = await file.read(buffer, filled, size - filled);
    if (bytesRead === 0) throw damaged();
    filled += bytesRead;
  }
  return buffer;
}
