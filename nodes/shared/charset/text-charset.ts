/**
 * Text <-> bytes for hospital systems, strictly: a character that cannot be represented is an error, never a `?` in a
 * name. GBK is read as GB18030, its superset, because senders that declare GBK still send rare Han and the euro sign.
 * It is written as real GBK, since a reader of GBK may not know four-byte sequences.
 */
import iconv from 'iconv-lite';
import { AppError } from '../../../engine/contract/values/errors.ts';

/** IANA names that `decodeText` and `encodeText` know. */
const CHARSETS = ['UTF-8', 'GBK', 'GB18030', 'Big5', 'US-ASCII', ...latinNames()] as const;
const NAMES = namesOf();

const REPLACEMENT = '\ufffd';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Bytes to text; a byte order mark stays in the text. Errors: CHARSET_INVALID_BYTES (input) when the bytes are not of
 * this charset, CHARSET_UNKNOWN (input).
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  const name = canonicalCharset(charset);
  if (name === 'UTF-8') return decodeUtf8(bytes);
  if (name === 'US-ASCII' && !isAscii(bytes)) throw invalidBytes(name);
  const buffer = asBuffer(bytes);
  const codec = readingCodec(name);
  const text = iconv.decode(buffer, codec, { stripBOM: false });
  // iconv-lite reads invalid bytes as U+FFFD, which GB18030 can also encode: only then does encoding it back decide.
  if (text.includes(REPLACEMENT) && !iconv.encode(text, codec).equals(buffer)) throw invalidBytes(name);
  return text;
}

/** Text to bytes. Errors: CHARSET_UNENCODABLE (input) when the charset lacks a character, CHARSET_UNKNOWN (input). */
export function encodeText(text: string, charset: string): Buffer {
  const name = canonicalCharset(charset);
  if (!text.isWellFormed()) throw unencodable(name);
  if (name === 'UTF-8') return Buffer.from(text, 'utf8');
  const bytes = iconv.encode(text, readingCodec(name));
  const isLossy =
    name === 'GBK'
      ? hasFourByteSequence(bytes)
      : name !== 'GB18030' && iconv.decode(bytes, readingCodec(name), { stripBOM: false }) !== text;
  if (isLossy) throw unencodable(name);
  return bytes;
}

/** The IANA name for a name in any usual spelling. CHARSET_UNKNOWN (input) otherwise. */
export function canonicalCharset(charset: string): string {
  const known = NAMES.get(charset) ?? NAMES.get(plainName(charset));
  if (known !== undefined) return known;
  throw new AppError('CHARSET_UNKNOWN', 'input', 'The charset is none that Kangqiao knows.', {
    fix: `Use one of ${CHARSETS.slice(0, 5).join(', ')} or ISO-8859-1 to ISO-8859-16.`,
  });
}

function plainName(charset: string): string {
  return charset.toUpperCase().replace(/[\s_-]/g, '');
}

/** Each charset by its IANA name, its plain name and its aliases. */
function namesOf(): ReadonlyMap<string, string> {
  const names = new Map<string, string>([
    ['GB2312', 'GBK'],
    ['CP936', 'GBK'],
    ['GB180302000', 'GB18030'],
    ['GB180302005', 'GB18030'],
    ['GB180302022', 'GB18030'],
    ['ASCII', 'US-ASCII'],
    ['LATIN1', 'ISO-8859-1'],
  ]);
  for (const name of CHARSETS) names.set(name, name).set(plainName(name), name);
  return names;
}

function latinNames(): string[] {
  return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16].map((part) => `ISO-8859-${part}`);
}

function readingCodec(name: string): string {
  return name === 'GBK' ? 'gb18030' : name;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw invalidBytes('UTF-8', cause);
  }
}

/** In GB18030 a lead byte 0x81..0xFE is followed by 0x30..0x39 exactly when the sequence has four bytes. */
function hasFourByteSequence(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! < 0x81) continue;
    i += 1;
    if (bytes[i]! >= 0x30 && bytes[i]! <= 0x39) return true;
  }
  return false;
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalidBytes(charset: string, cause?: unknown): AppError {
  return new AppError('CHARSET_INVALID_BYTES', 'input', `The payload has bytes that ${charset} does not allow.`, {
    values: { charset },
    fix: 'Correct the charset that the sender declares, or the one set for its adapter.',
    cause,
  });
}

function unencodable(charset: string): AppError {
  return new AppError('CHARSET_UNENCODABLE', 'input', `The text has a character that ${charset} cannot represent.`, {
    values: { charset },
    fix: 'Set the charset of the adapter to GB18030 or UTF-8 if the other side can read it, or replace the character in the flow.',
  });
}
