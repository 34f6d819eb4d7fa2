/** Random ids: a prefix and 22 characters of base64url (128 bits). Time-ordered where a list is read in order of creation. */

/** For example `createId('flw')` -> `flw_3q2-7w…`. */
export function createId(prefix: string): string {
  return `${prefix}_${toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)))}`;
}

/**
 * Sorts by time of creation: 9 base32 characters of milliseconds, then 80 random bits in hex. They are the first and last group of a random UUID,
 * of which Node draws many at a time: random bytes of its own cost each id a system call.
 */
export function createTimedId(prefix: string, nowMs: number): string {
  const uuid = globalThis.crypto.randomUUID();
  return `${prefix}_${nowMs.toString(32).padStart(9, '0')}${uuid.slice(0, 8)}${uuid.slice(24)}`;
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
