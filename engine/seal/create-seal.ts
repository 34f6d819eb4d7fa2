import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomFillSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '../contract/values/errors.ts';
import type { DataKey, DataKeys, Seal, SealPlace } from '../contract/values/seal.ts';

/**
 * Encrypts values at rest ("seals"): SM4-CBC, then HMAC-SM3 over place, key number, iv and ciphertext. Layout before
 * Base64: version (1) · data key number (4) · iv (16) · ciphertext · tag (32). Takes about 20 µs for 1 KB.
 */
export function createSeal(dataKeys: DataKeys): Seal {
  const keysOf = createKeyCache();
  const nextIv = createIvSource();
  const tokenKey = createSecretKey(dataKeys.token.derive('KQ-TOKEN', 32));

  function open(place: SealPlace, sealed: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length < MIN_BYTES || bytes[0] !== VERSION) throw broken(place);
    const { encrypt, mac } = keysOf(dataKeys.get(bytes.readUInt32BE(1)));
    const end = bytes.length - TAG_BYTES;
    const body = bytes.subarray(0, end);
    if (!timingSafeEqual(tagOf(mac, place, body), bytes.subarray(end))) throw broken(place);
    const decipher = createDecipheriv('sm4-cbc', encrypt, bytes.subarray(HEAD_BYTES, HEAD_BYTES + IV_BYTES));
    return Buffer.concat([decipher.update(body.subarray(HEAD_BYTES + IV_BYTES)), decipher.final()]);
  }

  return {
    seal(place, plain) {
      const key = dataKeys.current();
      const { encrypt, mac } = keysOf(key);
      const head = Buffer.allocUnsafe(HEAD_BYTES + IV_BYTES);
      head.writeUInt8(VERSION, 0);
      head.writeUInt32BE(key.number, 1);
      nextIv(head, HEAD_BYTES);
      const cipher = createCipheriv('sm4-cbc', encrypt, head.subarray(HEAD_BYTES));
      const first = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
      const body = Buffer.concat([head, first, cipher.final()]);
      return Buffer.concat([body, tagOf(mac, place, body)]).toString('base64');
    },
    open,
    openText: (place, sealed) => open(place, sealed).toString('utf8'),
    token: (name, value) => createHmac('sm3', tokenKey).update(lengthPrefixed(name, value)).digest('base64url'),
    rotate: () => dataKeys.rotate(),
  };
}

const VERSION = 1;
const HEAD_BYTES = 5;
const IV_BYTES = 16;
const TAG_BYTES = 32;
const MIN_BYTES = HEAD_BYTES + IV_BYTES + 16 + TAG_BYTES;

interface SealKeys {
  readonly encrypt: KeyObject;
  readonly mac: KeyObject;
}

/**
 * Returns separate keys for encryption and MAC. They are derived once per data key, and the cache has one entry per
 * data key.
 */
function createKeyCache(): (key: DataKey) => SealKeys {
  const cache = new Map<number, SealKeys>();
  return (key) => {
    let keys = cache.get(key.number);
    if (!keys) {
      keys = { encrypt: createSecretKey(key.derive('KQ-SEAL-ENC', 16)), mac: createSecretKey(key.derive('KQ-SEAL-MAC', 32)) };
      cache.set(key.number, keys);
    }
    return keys;
  };
}

/** Draws 256 random ivs at a time: one call to the generator costs as much as sealing 100 bytes. */
function createIvSource(): (target: Buffer, offset: number) => void {
  const pool = Buffer.alloc(IV_BYTES * 256);
  let next = pool.length;
  return (target, offset) => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    pool.copy(target, offset, next, (next += IV_BYTES));
  };
}

function tagOf(mac: KeyObject, { collection, id, field }: SealPlace, body: Uint8Array): Buffer {
  return createHmac('sm3', mac)
    .update(lengthPrefixed(collection, id, field))
    .update(body)
    .digest();
}

/** Joins the parts so that two different lists of parts never give the same text. */
function lengthPrefixed(...parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}

function broken({ collection, field }: SealPlace): AppError {
  return new AppError('SEAL_BROKEN', 'bug', `A sealed value (${collection}.${field}) was changed, or was moved from another field.`, {
    values: { collection, field },
    fix: 'Restore the document from a backup, and find out who wrote to the store.',
  });
}
