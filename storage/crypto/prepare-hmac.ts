import { hash } from 'node:crypto';
import type { DigestAlgorithm } from '../../engine/contract/ports/crypto.ts';

/** Computes the HMAC of data under one key. */
export type Hmac = (data: Uint8Array) => Uint8Array;
export type PrepareHmac = (algorithm: DigestAlgorithm, secret: Uint8Array) => Hmac;

/** The block size of both hash algorithms. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;
/**
 * Size of the shared input buffer. Longer data is copied into a new buffer, which takes little time compared with the
 * hash.
 */
const SCRATCH_BYTES = 8 * 1024;

/**
 * Computes HMACs (RFC 2104, GB/T 15852.2) for keys that are used often. It calls the one-shot `hash` twice, because an
 * Hmac object of node:crypto takes twice as long and leaves garbage to collect. All keys share one input buffer. This
 * is safe because each call is synchronous.
 */
export function createPrepareHmac(): PrepareHmac {
  const inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  return (algorithm, secret) => {
    const [innerPad, outerPad] = padsOf(algorithm, secret);
    return (data) => {
      outer.set(outerPad);
      outer.write(hash(algorithm, withPad(data), 'binary'), BLOCK_BYTES, 'latin1');
      return Buffer.from(hash(algorithm, outer, 'binary'), 'latin1');
    };

    function withPad(data: Uint8Array): Uint8Array {
      if (data.length > SCRATCH_BYTES) return Buffer.concat([innerPad, data]);
      inner.set(innerPad);
      inner.set(data, BLOCK_BYTES);
      return inner.subarray(0, BLOCK_BYTES + data.length);
    }
  };
}

function padsOf(algorithm: DigestAlgorithm, secret: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const key = secret.length > BLOCK_BYTES ? hash(algorithm, secret, 'buffer') : secret;
  const padWith = (byte: number) => Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => (key[index] ?? 0) ^ byte);
  return [padWith(INNER), padWith(OUTER)];
}
