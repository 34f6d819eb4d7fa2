/** How often encodings are undone: three layers are more than any honest client uses. */
const ROUNDS = 3;

/**
 * Returns the readings of a value: as it came, and after each encoding that was undone, round by round. The detectors
 * judge every reading, because nobody knows how many of them a service undoes: an entity that is undone too early may
 * end a tag.
 */
export function decodeLeaf(text: string): readonly string[] {
  const readings = [text];
  let current = text;
  for (let round = 0; round < ROUNDS; round++) {
    const before = current;
    for (const decode of DECODERS) {
      const decoded = decode(current);
      if (decoded !== current) readings.push((current = decoded));
    }
    if (current === before) break;
  }
  return readings;
}

const DECODERS: readonly ((text: string) => string)[] = [
  (text) => (text.includes('%') ? decodePercent(text) : text),
  (text) => (text.includes('&') ? decodeEntities(text) : text),
  (text) => (text.includes('\\') ? decodeEscapes(text) : text),
  foldForms,
];

function hexOf(text: string, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const code = text.charCodeAt(index);
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : (code | 0x20) >= 0x61 && (code | 0x20) <= 0x66 ? (code | 0x20) - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Undoes `%XX` (UTF-8, overlong forms too; a byte that fits nowhere is taken as Latin-1) and `%uXXXX`. */
function decodePercent(text: string): string {
  const parts: string[] = [];
  let from = 0;
  let at = text.indexOf('%');
  const bytes: number[] = [];
  while (at >= 0) {
    const start = at;
    let unit = -1;
    if ((text.charCodeAt(at + 1) | 0x20) === 0x75 && (unit = hexOf(text, at + 2, 4)) >= 0) {
      parts.push(text.slice(from, start), String.fromCharCode(unit));
      from = at + 6;
    } else {
      bytes.length = 0;
      while (text.charCodeAt(at) === 0x25) {
        const byte = hexOf(text, at + 1, 2);
        if (byte < 0) break;
        bytes.push(byte);
        at += 3;
      }
      if (bytes.length > 0) {
        parts.push(text.slice(from, start), fromUtf8(bytes));
        from = at;
      }
    }
    at = text.indexOf('%', Math.max(from, start + 1));
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

/** Reads bytes as UTF-8 as careless services do: an overlong form gives its character. */
function fromUtf8(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const more = byte >= 0xf0 && byte < 0xf8 ? 3 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xc0 && byte < 0xe0 ? 1 : 0;
    let point = more === 0 ? byte : byte & (0x3f >> more);
    let read = 0;
    while (read < more && (bytes[at + read + 1] ?? 0) >> 6 === 2) point = (point << 6) | (bytes[at + ++read]! & 0x3f);
    if (read < more || point > 0x10ffff) point = byte;
    else at += read;
    text += String.fromCodePoint(point);
  }
  return text;
}

/** Names of HTML for characters that carry structure. */
const ENTITIES: Readonly<Record<string, string>> = {
  ...{
    lt: '<',
    LT: '<',
    gt: '>',
    GT: '>',
    quot: '"',
    QUOT: '"',
    apos: "'",
    amp: '&',
    AMP: '&',
    nbsp: ' ',
    colon: ':',
    Tab: '\t',
    NewLine: '\n',
  },
  ...{ lpar: '(', rpar: ')', sol: '/', bsol: '\\', equals: '=', num: '#', semi: ';', comma: ',', period: '.', excl: '!', grave: '`' },
  ...{ DiacriticalGrave: '`', lsqb: '[', lbrack: '[', rsqb: ']', rbrack: ']', lcub: '{', lbrace: '{', rcub: '}', rbrace: '}', dollar: '$' },
  ...{ percnt: '%', ast: '*', plus: '+', hyphen: '-', lowbar: '_', quest: '?', commat: '@', verbar: '|', vert: '|', Hat: '^', midast: '*' },
};
const LONGEST_ENTITY = 'DiacriticalGrave'.length;

function decodeEntities(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    const found = text.charCodeAt(at + 1) === 0x23 ? numericEntity(text, at + 2) : namedEntity(text, at + 1);
    if (found === undefined) continue;
    parts.push(text.slice(from, at), found.char);
    from = found.end;
    at = from - 1;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

interface Found {
  readonly char: string;
  readonly end: number;
}

/** `&#39;`, `&#x27`, with any number of leading zeros; the semicolon may be missing. */
function numericEntity(text: string, from: number): Found | undefined {
  const isHex = (text.charCodeAt(from) | 0x20) === 0x78;
  let at = isHex ? from + 1 : from;
  const start = at;
  let value = 0;
  for (; at < text.length; at++) {
    const digit = hexOf(text, at, 1);
    if (digit < 0 || (!isHex && digit > 9)) break;
    value = Math.min(value * (isHex ? 16 : 10) + digit, 0x110000);
  }
  if (at === start) return undefined;
  if (text.charCodeAt(at) === 0x3b) at++;
  return { char: value > 0x10ffff ? '\ufffd' : String.fromCodePoint(value), end: at };
}

function namedEntity(text: string, from: number): Found | undefined {
  let at = from;
  while (at < from + LONGEST_ENTITY && (text.charCodeAt(at) | 0x20) >= 0x61 && (text.charCodeAt(at) | 0x20) <= 0x7a) at++;
  const hasEnd = text.charCodeAt(at) === 0x3b;
  const name = text.slice(from, at);
  if (Object.hasOwn(ENTITIES, name) && hasEnd) return { char: ENTITIES[name]!, end: at + 1 };
  // Browsers read these without a semicolon, even with letters after them.
  for (const [short, char] of BARE)
    if (name.startsWith(short)) return { char, end: from + short.length + (hasEnd && name === short ? 1 : 0) };
  return undefined;
}

const BARE: readonly (readonly [string, string])[] = [
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['amp', '&'],
  ['LT', '<'],
  ['GT', '>'],
  ['QUOT', '"'],
];

/** Undoes the escapes of scripts for characters of ASCII: `\u0027`, `\u{27}`, `\x27`, and octal `\47` of two or three digits. */
function decodeEscapes(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 1)) {
    const found = readEscape(text, at + 1);
    if (found === undefined) continue;
    parts.push(text.slice(from, at), found.char);
    from = found.end;
    at = from - 1;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

function readEscape(text: string, at: number): Found | undefined {
  const code = text.charCodeAt(at);
  if (code === 0x75 && text.charCodeAt(at + 1) === 0x7b) {
    const end = at + text.slice(at, at + 12).indexOf('}');
    const value = end < at + 3 ? -1 : Number.parseInt(text.slice(at + 2, end), 16);
    return value >= 0 && value <= 0x10ffff ? { char: String.fromCodePoint(value), end: end + 1 } : undefined;
  }
  const digits = code === 0x75 || code === 0x55 ? 4 : code === 0x78 ? 2 : 0;
  if (digits > 0) {
    const value = hexOf(text, at + 1, digits);
    return value < 0 ? undefined : { char: String.fromCharCode(value), end: at + 1 + digits };
  }
  let value = 0;
  let end = at;
  while (end < at + 3 && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x37) value = value * 8 + text.charCodeAt(end++) - 0x30;
  return end - at >= 2 && value >= 0x20 && value < 0x7f ? { char: String.fromCharCode(value), end } : undefined;
}

/** Characters that Unicode calls compatible with ASCII, and those that nobody sees. CJK stays as it is. */
const FORMS =
  /[\u00ad\u0131\u017f\u2000-\u200f\u2028-\u202e\u2060-\u2064\u2070-\u209c\u2100-\u214f\u2460-\u24ff\ufe50-\ufe6b\ufeff\uff01-\uff5e\u{1d400}-\u{1d7ff}]/u;
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

function foldForms(text: string): string {
  if (!FORMS.test(text)) return text;
  return text.normalize('NFKC').replace(UNSEEN, '').replaceAll('\u0131', 'i');
}
