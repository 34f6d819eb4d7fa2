/**
 * Translates between IANA charset names and the names of MSH-18 (HL7 table 0211). Also finds MSH-18 in bytes whose
 * charset is still unknown.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { canonicalCharset, decodeText } from '../charset/text-charset.ts';
import { headerField, type Hl7Message } from './message.ts';

const TABLE_0211: Readonly<Record<string, string>> = {
  ASCII: 'US-ASCII',
  'UNICODE UTF-8': 'UTF-8',
  'GB 18030-2000': 'GB18030',
  'BIG-5': 'Big5',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9, 15].map((part) => [`8859/${part}`, `ISO-8859-${part}`])),
};

/**
 * Returns the IANA charset that a message names first in MSH-18; undefined if it names none. Throws HL7_CHARSET_UNSUPPORTED
 * (input).
 */
export function declaredCharset(message: Hl7Message): string | undefined {
  return charsetOfMsh18(headerField(message, 18).split(message.delimiters.repetition || '~')[0]!);
}

/**
 * Returns the IANA charset of an MSH-18 value (its first repetition); undefined if the value is empty. Throws
 * HL7_CHARSET_UNSUPPORTED (input) if the name is unknown.
 */
export function charsetOfMsh18(value: string): string | undefined {
  const name = value.trim();
  if (name === '') return undefined;
  const known = TABLE_0211[name.toUpperCase()];
  if (known !== undefined) return known;
  try {
    return canonicalCharset(name);
  } catch (cause) {
    throw new AppError('HL7_CHARSET_UNSUPPORTED', 'input', 'MSH-18 has a charset that is not supported.', {
      fix: 'Use UNICODE UTF-8, GB 18030-2000, GBK, BIG-5 or 8859/1 to 8859/15 in MSH-18.',
      cause,
    });
  }
}

/** Returns the MSH-18 value for an IANA charset. */
export function msh18OfCharset(charset: string): string {
  const canonical = canonicalCharset(charset);
  return Object.keys(TABLE_0211).find((name) => TABLE_0211[name] === canonical) ?? canonical;
}

/**
 * Decodes a message by its own MSH-18. If MSH-18 is empty or wrongly says ASCII, the adapter's charset is used; if the
 * adapter has none, UTF-8 is used. Throws the errors of `decodeText` and `charsetOfMsh18`.
 */
export function decodeHl7(bytes: Uint8Array, adapterCharset: string | undefined): { readonly text: string; readonly charset: string } {
  const declared = charsetOfMsh18(readMsh18(bytes));
  const fallback = adapterCharset === undefined ? 'UTF-8' : canonicalCharset(adapterCharset);
  const charset = declared === undefined || declared === 'US-ASCII' ? fallback : declared;
  return { text: decodeText(bytes, charset), charset };
}

const CR = 0x0d;
const LF = 0x0a;

/**
 * Returns the raw MSH-18 of undecoded bytes. In GBK and Big5 the second byte of a character may equal `|`, so two-byte
 * characters are skipped. In valid UTF-8 no byte of such a character equals an ASCII character, so nothing is skipped.
 */
function readMsh18(bytes: Uint8Array): string {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[start] === CR || bytes[start] === LF) start += 1;
  let end = start;
  while (end < bytes.length && bytes[end] !== CR && bytes[end] !== LF) end += 1;
  const header = bytes.subarray(start, end);
  const separator = header[3];
  const hasPairs = !isUtf8(header);
  let field = 1;
  let from = 0;
  for (let i = 3; i < header.length; i++) {
    if (hasPairs && header[i]! >= 0x81) {
      i += 1;
      continue;
    }
    if (header[i] !== separator) continue;
    if (field === 18) return firstRepetition(header, from, i);
    field += 1;
    from = i + 1;
  }
  return field === 18 ? firstRepetition(header, from, header.length) : '';
}

function firstRepetition(header: Uint8Array, from: number, to: number): string {
  const repetition = header[5] ?? 0;
  const end = header.subarray(from, to).indexOf(repetition);
  return Buffer.from(header.subarray(from, end < 0 ? to : from + end)).toString('latin1');
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
