import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * MSH-10 for a message we send: 20 characters (the limit up to HL7 2.6), 100 bits of the idempotency key, so that the
 * receiver can recognise a repetition.
 */
export function controlIdOf(idempotencyKey: string): string {
  const digest = createHash('sha256').update(idempotencyKey).digest();
  let id = '';
  for (let i = 0; i < 20; i++) id += ALPHABET[digest[i]! & 31];
  return id;
}
