/**
 * Random ids: a prefix and 22 characters of base64url (128 bits). Timed ids sort by creation time, for lists that are
 * read in that order.
 */

/** Creates a random id, for example `createId('flw')` -> `flw_3q2-7w…`. */
export function createId(prefix: string): string {
  return `${prefix}_${toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)))}`;
}

/**
 * Creates an id that sorts by creation time: 9 base32 characters of milliseconds, then 14 characters of base64url (84
 * random bits).
 */
export function createTimedId(prefix: string, nowMs: number): string {
  return `${prefix}_${nowMs.toString(32).padStart(9, '0')}${randomText()}`;
}

/** Returns the creation time of an id from `createTimedId`; undefined for any other text. */
export function timeOfId(id: string): number | undefined {
  const [, text] = /^[a-z]+_([0-9a-v]{9})[A-Za-z0-9_-]{14}$/.exec(id) ?? [];
  return text === undefined ? undefined : Number.parseInt(text, 32);
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const randomText = createRandomTexts(14);

/**
 * Returns a function that creates random texts. It draws random bytes for a thousand texts at once, because a system
 * call per id would be slow.
 */
function createRandomTexts(length: number): () => string {
  const drawn = new Uint8Array(1024 * length);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      globalThis.crypto.getRandomValues(drawn);
      used = 0;
    }
    let text = '';
    for (const end = used + length; used < end; used++) text += BASE64URL[drawn[used]! & 63]!;
    return text;
  };
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
