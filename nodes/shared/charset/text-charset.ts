/**
 * Converts between text and bytes for hospital systems. It is strict: a character that cannot be represented is an
 * error, never a `?` in a name. GBK is read as its superset GB18030, because senders that declare GBK still send rare
 * Han characters and the euro sign. It is written as real GBK, since a reader of GBK may not know four-byte
 * sequences.
 */
import iconv from 'iconv-lite';
import { AppError } from '../../../engine/contract/values/errors.ts';

/** IANA names that `decodeText` and `encodeText` know. */
const CHARSETS = ['UTF-8', 'GBK', 'GB18030', 'Big5', 'US-ASCII', ...latinNames()] as const;
const NAMES = namesOf();

const REPLACEMENT = '\ufffd';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes bytes; a byte order mark stays in the text. Throws CHARSET_INVALID_BYTES (input) if the bytes are not of
 * this charset, and CHARSET_UNKNOWN (input).
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  const name = canonicalCharset(charset);
  if (name === 'UTF-8') return decodeUtf8(bytes);
  if (name === 'US-ASCII' && !isAscii(bytes)) throw invalidBytes(name);
  const buffer = asBuffer(bytes);
  const codec = readingCodec(name);
  const text = iconv.decode(buffer, codec, { stripBOM: false });
  // iconv-lite decodes invalid bytes as U+FFFD, but GB18030 can also encode a real U+FFFD. Encoding the text again
  // shows which of the two it was.
  if (text.includes(REPLACEMENT) && !iconv.encode(text, codec).equals(buffer)) throw invalidBytes(name);
  return text;
}

/** Encodes text. Throws CHARSET_UNENCODABLE (input) if the charset lacks a character, and CHARSET_UNKNOWN (input). */
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

/** Returns the IANA name for a name in any usual spelling. Throws CHARSET_UNKNOWN (input) if there is none. */
export function canonicalCharset(charset: string): string {
  const known = NAMES.get(charset) ?? NAMES.get(plainName(charset));
  if (known !== undefined) return known;
  throw new AppError('CHARSET_UNKNOWN', 'input', 'Kangqiao does not know this charset.', {
    fix: `Use one of ${CHARSETS.slice(0, 5).join(', ')} or ISO-8859-1 to ISO-8859-16.`,
  });
}

function plainName(charset: string): string {
  return charset.toUpperCase().replace(/[\s_-]/g, '');
}

/**
 * Maps every known name of a charset to its IANA name. Known are the IANA name, the same name without separators
 * (`plainName`), and some aliases.
 */
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

/**
 * Returns whether GB18030 bytes contain a four-byte sequence. In such a sequence, and nowhere else, a lead byte
 * 0x81..0xFE is followed by a byte 0x30..0x39.
 */
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
    fix: 'Correct the charset that the sender declares, or the charset of its adapter.',
    cause,
  });
}

function unencodable(charset: string): AppError {
  return new AppError('CHARSET_UNENCODABLE', 'input', `The text contains a character that ${charset} cannot represent.`, {
    values: { charset },
    fix: 'Set the charset of the adapter to GB18030 or UTF-8 if the other side can read it, or replace the character in the flow.',
  });
}
