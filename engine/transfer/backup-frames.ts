/**
 * The file format of a backup. The head is `KQBAK1` · salt (16). Frames follow: length, with the top bit set in the
 * last frame (4) · AES-256-GCM ciphertext (at most 64 KB) · tag (16). The key is unique to this file (HKDF-SHA256 of
 * the given key and the salt). The nonce is the frame's number; the additional data are head and length. So a missing,
 * repeated, moved, truncated or foreign frame is detected before its content is used.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../contract/values/errors.ts';

const MAGIC = Buffer.from('KQBAK1');
const SALT_BYTES = 16;
const FRAME_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const LAST = 0x8000_0000;
const KEY_BYTES = 32;

/**
 * Reads the key. Rejects with BACKUP_KEY (input) if the file does not contain exactly 32 bytes. Reads at most 33 bytes,
 * because the file may be an endless device.
 */
export async function readBackupKey(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw badKey(file, cause);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(KEY_BYTES + 1), 0, KEY_BYTES + 1);
    if (bytesRead !== KEY_BYTES) throw badKey(file);
    return buffer.subarray(0, KEY_BYTES);
  } finally {
    await handle.close();
  }
}

/** Decodes a key that was sent over the API. Throws BACKUP_KEY (input) if it is not the Base64 of 32 bytes. */
export function backupKeyOf(base64: string): Uint8Array {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== base64) throw badKey();
  return key;
}

export interface FrameWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes the remaining bytes as the last frame. */
  end(): Promise<void>;
}

export async function createFrameWriter(file: FileHandle, key: Uint8Array): Promise<FrameWriter> {
  const head = Buffer.concat([MAGIC, randomBytes(SALT_BYTES)]);
  const fileKey = deriveKey(key, head);
  await file.appendFile(head);
  let parts: Uint8Array[] = [];
  let size = 0;
  let index = 0;

  async function seal(plain: Uint8Array, isLast: boolean): Promise<void> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(isLast ? LAST + plain.length : plain.length);
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonceOf(index++));
    cipher.setAAD(Buffer.concat([head, length]));
    await file.appendFile(Buffer.concat([length, cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  }

  return {
    async write(bytes) {
      parts.push(bytes);
      size += bytes.length;
      if (size <= FRAME_BYTES) return;
      const whole = Buffer.concat(parts);
      let from = 0;
      // Keep the final bytes back, because they belong to the last frame.
      for (; whole.length - from > FRAME_BYTES; from += FRAME_BYTES) await seal(whole.subarray(from, from + FRAME_BYTES), false);
      parts = [whole.subarray(from)];
      size = whole.length - from;
    },
    end: () => seal(Buffer.concat(parts), true),
  };
}

/**
 * Yields the plain bytes, frame by frame. Throws BACKUP_UNREADABLE (input) if the file is not a backup, has another
 * key, or was truncated or changed.
 */
export async function* readFrames(file: FileHandle, key: Uint8Array): AsyncGenerator<Buffer> {
  const head = await readExactly(file, MAGIC.length + SALT_BYTES);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable('format');
  const fileKey = deriveKey(key, head);
  for (let index = 0, isLast = false; !isLast; index++) {
    const length = await readExactly(file, 4);
    const coded = length.readUInt32BE();
    isLast = coded >= LAST;
    const size = isLast ? coded - LAST : coded;
    if (size > FRAME_BYTES) throw unreadable('damaged');
    const frame = await readExactly(file, size + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', fileKey, nonceOf(index));
    decipher.setAAD(Buffer.concat([head, length]));
    decipher.setAuthTag(frame.subarray(size));
    yield opened(() => Buffer.concat([decipher.update(frame.subarray(0, size)), decipher.final()]));
  }
  if ((await file.read(Buffer.alloc(1), 0, 1)).bytesRead > 0) throw unreadable('damaged');
}

function opened(open: () => Buffer): Buffer {
  try {
    return open();
  } catch (cause) {
    throw unreadable('damaged', cause);
  }
}

function deriveKey(key: Uint8Array, head: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, head, 'KQ-BACKUP', KEY_BYTES));
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 4);
  return nonce;
}

async function readExactly(file: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  for (let filled = 0; filled < size;) {
    const { bytesRead } = await file.read(buffer, filled, size - filled);
    if (bytesRead === 0) throw unreadable('damaged');
    filled += bytesRead;
  }
  return buffer;
}

export function unreadable(problem: 'format' | 'damaged' | 'version', cause?: unknown): AppError {
  const said = {
    format: 'This file is not a backup of Kangqiao.',
    damaged: 'The backup is incomplete or was changed, or this is not its key.',
    version: 'A newer version of Kangqiao made this backup.',
  };
  return new AppError('BACKUP_UNREADABLE', 'input', said[problem], {
    values: { problem },
    fix: 'Use the right file and its key; if the backup is damaged, use an older one.',
    cause,
  });
}

function badKey(file?: string, cause?: unknown): AppError {
  return new AppError('BACKUP_KEY', 'input', `The key${file === undefined ? '' : ` file ${file}`} does not have 32 bytes.`, {
    values: file === undefined ? {} : { file },
    fix: 'Create one with `head -c 32 /dev/urandom > backup.key` and keep it separate from the backups.',
    cause,
  });
}
