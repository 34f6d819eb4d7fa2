const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A 32-bit hash of a text: FNV-1a with the finalizer of MurmurHash3, which spreads keys that differ little. It is stable
 * over processes and versions, because it decides which user sees which group. It is not cryptographic.
 */
export function hash32(text: string, seed = OFFSET): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), PRIME);
    hash = Math.imul(hash ^ (unit >>> 8), PRIME);
  }
  return mix32(hash);
}

export function mix32(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Returns a number from 0 to below 1 for a text. */
export function hashShare(text: string): number {
  return hash32(text) / 2 ** 32;
}
