import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Returns the MSH-10 for a message that is sent: 20 characters (the limit up to HL7 2.6) from 100 bits of the
 * idempotency key. A repeated message has the same MSH-10, so the receiver can recognise it.
 */
export function controlIdOf(idempotencyKey: string): string {
  const digest = createHash('sha256').update(idempotencyKey).digest();
  let id = '';
  for (let i = 0; i < 20; i++) id += ALPHABET[digest[i]! & 31];
  return id;
}
