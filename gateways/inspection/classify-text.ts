import { EVENT_HANDLERS, GLOBALS, SINKS } from './xss/html-words.ts';
import { LOGIC_WORDS, SERVER_FUNCTIONS, SQL_FUNCTIONS } from './sql/sql-words.ts';

/** What a text contains. A detector reads a text only if it has what each of its findings needs. */
export const MARKUP = 1;
export const QUOTES = 2;
/** `&&` or `||`. */
export const LOGIC_SIGN = 4;
/** `--`, `/*` or `#`. */
export const COMMENT_SIGN = 8;
export const COMPARISON_SIGN = 16;
export const LOGIC_WORD = 32;
/** A word that begins or joins statements. */
export const STATEMENT_WORD = 64;
/** A function of SQL with its parenthesis. */
export const SQL_CALL = 128;
/** A name of script, with the sign after it that it needs. */
export const SCRIPT_NAME = 256;
export const EVENT_NAME = 512;
/** A word that names the scheme of an address. */
export const SCHEME_NAME = 1024;
/** An escape that a decoder may undo. */
export const ESCAPE = 2048;
/** A form of a character that may stand for one of ASCII. */
export const FORM = 4096;
/** A form of a letter. */
export const HIDDEN_LETTER = 8192;
export const PLUS = 16_384;
/** A character that Base64 does not have. */
export const NOT_BASE64 = 32_768;
const GLOBAL_NAME = 65_536;
const FUNCTION_NAME = 131_072;
const PREFIX = 262_144;

const STATEMENTS =
  'select union waitfor procedure outfile dumpfile infile exec execute declare shutdown case insert delete update drop create alter truncate replace merge call use print kill program values order group having limit intersect except minus benchmark sleep analyse like rlike regexp between sounds where exists openrowset opendatasource openquery linestring polygon multipoint dblink grant cursor exists';
const SCHEMES = 'javascript vbscript livescript mocha jscript ecmascript mhtml view jar wyciwyg data feed url style';
const PREFIXES = 'utl dbms xp sp ctxsys owa sys master pg lo st gtid json load file filetoblob httpuritype';

/** A table of hashes with open addressing: the key in one array, the bits in the other. */
const SIZE = 4096;
const KEYS = new Int32Array(SIZE);
const BITS = new Int32Array(SIZE);

function hashOf(word: string): number {
  let hash = 7;
  for (let at = 0; at < word.length; at++) hash = (Math.imul(hash, 31) + (word.charCodeAt(at) | 0x20)) | 0;
  return hash;
}

function slotOf(hash: number): number {
  let slot = (hash ^ (hash >>> 13)) & (SIZE - 1);
  while (KEYS[slot] !== 0 && KEYS[slot] !== hash) slot = (slot + 1) & (SIZE - 1);
  return slot;
}

function add(words: Iterable<string>, bits: number): void {
  for (const word of words) {
    // A run of letters ends at a digit: `md5` is found by `md`.
    const run = /^[a-z_]*/.exec(word.toLowerCase())![0];
    const slot = slotOf(hashOf(run));
    KEYS[slot] = hashOf(run);
    BITS[slot]! |= bits;
  }
}

add(LOGIC_WORDS, LOGIC_WORD);
add(STATEMENTS.split(' '), STATEMENT_WORD);
add(SQL_FUNCTIONS, FUNCTION_NAME);
add(SERVER_FUNCTIONS, FUNCTION_NAME);
add(SINKS, SCRIPT_NAME);
add(['constructor', 'call', 'apply', 'bind', ...EVENT_HANDLERS], SCRIPT_NAME);
add(EVENT_HANDLERS, EVENT_NAME);
add(GLOBALS, GLOBAL_NAME);
add(SCHEMES.split(' '), SCHEME_NAME);
add(PREFIXES.split(' '), PREFIX);

/** Roles of ASCII characters: 1 letter or `_`, 2 digit, 3 the others. */
const ROLE = new Uint8Array(128).fill(3);
for (let code = 0; code < 128; code++) {
  if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) ROLE[code] = 1;
  else if (code >= 0x30 && code <= 0x39) ROLE[code] = 2;
}
ROLE[0x5f] = 1;

/** Finds in one pass what a text contains, as bits. Full-width forms count as what they look like. */
export function classifyText(text: string): number {
  let bits = 0;
  let hash = 7;
  /** The hash without the first letter, for a word that is glued to a number (`1fUNION`). */
  let rest = 7;
  let length = 0;
  let wasDigit = false;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code >= 128) {
      const form = formOf(code);
      bits |= NOT_BASE64 | (form >> 8);
      if ((form & 0xff) === UNSEEN) continue;
      code = form & 0xff;
    }
    const role = code === 0 ? 0 : ROLE[code]!;
    if (role === 1) {
      if (code === 0x5f && length > 0) bits |= BITS[slotOf(hash)]! & PREFIX;
      hash = (Math.imul(hash, 31) + (code | 0x20)) | 0;
      if (length > 0) rest = (Math.imul(rest, 31) + (code | 0x20)) | 0;
      length++;
      continue;
    }
    if (length > 0) {
      if (length > 1 && length < 40) {
        bits |= endWord(BITS[slotOf(hash)]!, code, text, at);
        if (wasDigit) bits |= endWord(BITS[slotOf(rest)]!, code, text, at);
      }
      hash = rest = 7;
      length = 0;
    }
    wasDigit = role === 2;
    if (role === 3) bits |= signBits(code, text, at);
  }
  if (length > 1 && length < 40)
    bits |= endWord(BITS[slotOf(hash)]!, 0, text, text.length) | (wasDigit ? endWord(BITS[slotOf(rest)]!, 0, text, text.length) : 0);
  return bits;
}

/** The bits of a word, given the character after it. */
function endWord(found: number, code: number, text: string, at: number): number {
  if (found === 0) return 0;
  let bits = found & ~(GLOBAL_NAME | FUNCTION_NAME | PREFIX);
  if ((found & (GLOBAL_NAME | FUNCTION_NAME)) === 0) return bits;
  let next = at;
  while (code <= 0x20 && next < at + 8 && next < text.length) code = text.charCodeAt(++next);
  if ((found & GLOBAL_NAME) !== 0 && (code === 0x2e || code === 0x5b || code === 0x3f || code === 0x2f)) bits |= SCRIPT_NAME;
  if ((found & FUNCTION_NAME) !== 0 && (code === 0x28 || code === 0x2f || code >= 128)) bits |= SQL_CALL;
  return bits;
}

function signBits(code: number, text: string, at: number): number {
  switch (code) {
    case 0x3c:
      return MARKUP | COMPARISON_SIGN | NOT_BASE64;
    case 0x27:
    case 0x22:
    case 0x60:
      return QUOTES | NOT_BASE64;
    case 0x3d:
      return COMPARISON_SIGN;
    case 0x3e:
    case 0x21:
    case 0x7e:
      return COMPARISON_SIGN | NOT_BASE64;
    case 0x23:
      return COMMENT_SIGN | NOT_BASE64;
    case 0x2d:
      return text.charCodeAt(at + 1) === 0x2d ? COMMENT_SIGN : 0;
    case 0x2f:
      return text.charCodeAt(at + 1) === 0x2a ? COMMENT_SIGN : 0;
    case 0x2b:
      return PLUS;
    case 0x7c:
      return NOT_BASE64 | (text.charCodeAt(at + 1) === 0x7c ? LOGIC_SIGN : 0);
    case 0x26:
      return NOT_BASE64 | (text.charCodeAt(at + 1) === 0x26 ? LOGIC_SIGN : 0) | (isEntity(text.charCodeAt(at + 1)) ? ESCAPE : 0);
    case 0x25:
      return NOT_BASE64 | (isHexOrU(text.charCodeAt(at + 1)) ? ESCAPE : 0);
    case 0x5c:
      return NOT_BASE64 | (isEscape(text.charCodeAt(at + 1)) ? ESCAPE : 0);
    default:
      return NOT_BASE64;
  }
}

function isEntity(code: number): boolean {
  return code === 0x23 || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

function isHexOrU(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66) || (code | 0x20) === 0x75;
}

function isEscape(code: number): boolean {
  return (code | 0x20) === 0x75 || code === 0x78 || (code >= 0x30 && code <= 0x37);
}

const UNSEEN = 0xff;

/**
 * Returns the character of ASCII that a character stands for in the low byte (0 if none, `UNSEEN` for one that nobody
 * sees), and the bits it adds above it.
 */
function formOf(code: number): number {
  if (code >= 0x2e80 && code < 0xd835) return 0;
  if (code >= 0xff01 && code <= 0xff5e) return (FORM << 8) | (code - 0xfee0);
  if (code < 0xc0) return code === 0xad ? (FORM << 8) | UNSEEN : 0;
  // Upper-case letters of these two are S and I.
  if (code === 0x17f || code === 0x131) return (FORM << 8) | (code === 0x17f ? 0x73 : 0x69);
  if (code < 0x2000) return 0;
  if (code <= 0x2064)
    return (code >= 0x200b && code <= 0x200f) || code >= 0x202a ? (FORM << 8) | (code >= 0x2030 && code < 0x2060 ? 0 : UNSEEN) : 0;
  if (code === 0xfeff) return (FORM << 8) | UNSEEN;
  if (code >= 0x2460 && code <= 0x249b) return FORM << 8;
  const isLetter =
    (code >= 0x2070 && code <= 0x209c) ||
    (code >= 0x249c && code <= 0x24ff) ||
    (code >= 0x2100 && code <= 0x214f && code !== 0x2103 && code !== 0x2109 && code !== 0x2116);
  if (isLetter || code === 0xd835 || (code >= 0xfe50 && code <= 0xfe6b)) return (FORM | HIDDEN_LETTER) << 8;
  return 0;
}
