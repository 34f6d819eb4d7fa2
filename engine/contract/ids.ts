/** Random ids: a prefix and 22 characters of base64url (128 bits). Time-ordered where a list is read in order of creation. */

/** For example `createId('flw')` -> `flw_3q2-7w…`. */
export function createId(prefix: string): string {
  return `${prefix}_${toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)))}`;
}

/** Sorts by time of creation: 9 base32 characters of milliseconds, then 14 of base64url (84 random bits). */
export function createTimedId(prefix: string, nowMs: number): string {
  return `${prefix}_${nowMs.toString(32).padStart(9, '0')}${randomText()}`;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** From a random UUID, of which Node draws many at a time: random bytes of its own cost each id a system call. Three hex digits make two characters. */
function randomText(): string {
  const uuid = globalThis.crypto.randomUUID();
  // The digits that are random throughout: version and variant stand between.
  const digits = uuid.slice(0, 8) + uuid.slice(15, 16) + uuid.slice(24);
  let text = '';
  for (let at = 0; at < digits.length; at += 3) {
    const bits = Number.parseInt(digits.slice(at, at + 3), 16);
    text += BASE64URL[bits >> 6]! + BASE64URL[bits & 63]!;
  }
  return text;
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
