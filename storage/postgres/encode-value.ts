/**
 * Encodes values of indexed paths as text. Its byte order (collation "C" on UTF-8, which is code point order) is the
 * order that the port requires: absent and null as '', then numbers `n…`, strings `s…`, booleans `t…`, and everything
 * else as `z`. So one column type is enough for all values, and the order does not depend on the language of the
 * database.
 */
import { createHash } from 'node:crypto';

export const NULL_TEXT = '';
export const ARRAY_TEXT = 'z';
/** Longer strings are cut and get a digest, because an index entry of PostgreSQL holds at most 2.7 KB. */
export const MAX_EXACT_CHARS = 256;
const CUT = '\u0001\u0003';

export function encodeValue(value: unknown): string {
  if (value === undefined || value === null) return NULL_TEXT;
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'string') return `s${value.length > MAX_EXACT_CHARS ? shorten(value) : encodeText(value)}`;
  if (typeof value === 'boolean') return value ? 't1' : 't0';
  return ARRAY_TEXT;
}

/**
 * Encodes a text. PostgreSQL accepts no NUL, so NUL and the escape character itself are escaped. The order of texts
 * does not change.
 */
export function encodeText(text: string): string {
  return /[\u0000\u0001]/.test(text)
    ? text.replace(/[\u0000\u0001]/g, (sign) => (sign === '\u0000' ? '\u0001\u0001' : '\u0001\u0002'))
    : text;
}

export function decodeText(text: string): string {
  return text.includes('\u0001') ? text.replace(/\u0001[\u0001\u0002]/g, (sign) => (sign === '\u0001\u0001' ? '\u0000' : '\u0001')) : text;
}

/** Encodes the key of a unique index over several paths. A long key is cut like any other long text. */
export function encodeKey(key: string): string {
  return key.length > MAX_EXACT_CHARS ? encodeText(key.slice(0, 64)) + CUT + digest(key) : encodeText(key);
}

/**
 * Encodes a number as the hex text of its IEEE bits without trailing zeros. The signs are adjusted, so that the texts
 * sort like the numbers.
 */
function encodeNumber(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  // Adding zero turns -0 into 0, so that both have the same text.
  bits.setFloat64(0, value + 0);
  const high = bits.getUint32(0);
  const low = bits.getUint32(4);
  const isNegative = high >= 0x8000_0000;
  const hex = isNegative ? hex32(~high >>> 0) + hex32(~low >>> 0) : hex32((high | 0x8000_0000) >>> 0) + hex32(low);
  return `n${hex.replace(/0+$/, '')}`;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/**
 * Cuts a long text and appends its digest. It never cuts inside a character. The mark before the digest does not occur
 * in any escaped text, so a cut text never equals another text.
 */
function shorten(text: string): string {
  const end = text.charCodeAt(MAX_EXACT_CHARS - 1);
  const cut = text.slice(0, end >= 0xd800 && end < 0xdc00 ? MAX_EXACT_CHARS - 1 : MAX_EXACT_CHARS);
  return encodeText(cut) + CUT + digest(text);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
