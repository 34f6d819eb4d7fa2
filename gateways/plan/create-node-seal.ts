import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Seal, SealPlace } from '../../engine/contract/values/seal.ts';

export type NodeSeal = Pick<Seal, 'seal' | 'open' | 'openText'>;

const IV_BYTES = 16;
const TAG_BYTES = 32;

/**
 * Encrypts with a key that the gateway node stores itself, so that it can start without any store: SM4-CBC, then
 * HMAC-SM3 over place, iv and ciphertext (encrypt-then-MAC). Used for the plan file and the access log of a standalone
 * gateway.
 */
export function createNodeSeal(nodeKey: Uint8Array): NodeSeal {
  const cipherKey = derive(nodeKey, 'KQ-NODE-ENC', 16);
  const macKey = derive(nodeKey, 'KQ-NODE-MAC', 32);
  const tagOf = (place: SealPlace, iv: Uint8Array, sealed: Uint8Array) =>
    createHmac('sm3', macKey).update(bind(place)).update(iv).update(sealed).digest();
  const open = (place: SealPlace, text: string): Uint8Array => {
    const bytes = Buffer.from(text, 'base64');
    const iv = bytes.subarray(0, IV_BYTES);
    const sealed = bytes.subarray(IV_BYTES, -TAG_BYTES);
    if (bytes.length <= IV_BYTES + TAG_BYTES || !timingSafeEqual(bytes.subarray(-TAG_BYTES), tagOf(place, iv, sealed))) {
      throw new AppError('SEAL_BROKEN', 'bug', 'A sealed value was changed, moved, or sealed with another node key.', {
        fix: 'Restore the node key or create the value again.',
      });
    }
    const decipher = createDecipheriv('sm4-cbc', cipherKey, iv);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  };
  return {
    seal(place, plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('sm4-cbc', cipherKey, iv);
      const sealed = Buffer.concat([cipher.update(typeof plain === 'string' ? Buffer.from(plain) : plain), cipher.final()]);
      return Buffer.concat([iv, sealed, tagOf(place, iv, sealed)]).toString('base64');
    },
    open,
    openText: (place, sealed) => Buffer.from(open(place, sealed)).toString('utf8'),
  };
}

function derive(key: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sm3', key, Buffer.alloc(0), info, bytes));
}

/** Returns the place as bytes. The parts are length-prefixed, so that no two places give the same bytes. */
function bind({ collection, id, field }: SealPlace): Buffer {
  return Buffer.concat([collection, id, field].map((part) => Buffer.from(`${Buffer.byteLength(part)}:${part}`)));
}
