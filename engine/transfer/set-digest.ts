import { createHash } from 'node:crypto';

/**
 * Number and digest of a set of documents. The digest is independent of their order: it is the sum of the SHA-256 of
 * each document.
 */
export interface SetDigest {
  readonly documents: number;
  readonly sum: bigint;
}

export const EMPTY_DIGEST: SetDigest = { documents: 0, sum: 0n };

const MODULUS = 1n << 256n;

/** Adds a document. `text` is the document in canonical form. */
export function addToDigest({ documents, sum }: SetDigest, text: string): SetDigest {
  const hash = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  return { documents: documents + 1, sum: (sum + hash) % MODULUS };
}

export function digestText({ sum }: SetDigest): string {
  return sum.toString(16).padStart(64, '0');
}
