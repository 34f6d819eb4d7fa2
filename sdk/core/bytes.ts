/** Bytes and texts, with what Node and browsers both have. */

export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Returns undefined unless the text is base64url without padding in its only form. */
export function bytesOfBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = bytesOfBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  return base64url(bytes) === text ? bytes : undefined;
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Takes the same time whatever the bytes are. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((difference, byte, index) => difference | (byte ^ b[index]!), 0) === 0;
}

/** Returns the DER bytes of the first block with this label. Throws SyntaxError if there is none. */
export function bytesOfPem(pem: string, label: string): Uint8Array<ArrayBuffer> {
  const [opening, closing] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const start = pem.indexOf(opening);
  const end = pem.indexOf(closing, start);
  if (start < 0 || end < 0) throw new SyntaxError(`The text has no PEM block ${label}.`);
  return bytesOfBase64(pem.slice(start + opening.length, end).replaceAll(/\s/g, ''));
}

/** A slice of this many bytes fits the arguments of one call. */
const SLICE_BYTES = 0x8000;

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) binary += String.fromCharCode(...bytes.subarray(at, at + SLICE_BYTES));
  return btoa(binary);
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
