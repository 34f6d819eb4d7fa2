import { GLUED } from './sql-words.ts';

/**
 * Kinds of tokens, one letter each, so that a sequence is readable: `n` number, `s` string, `v` variable, `w` word,
 * `&` logical operator, `=` comparison, `o` other operator, `c` comment to the end, `q` a single quotation mark (only
 * when strings are not joined), and the punctuation itself.
 */
export type SqlKind = 'n' | 's' | 'v' | 'w' | '&' | '=' | 'o' | 'c' | 'q' | '(' | ')' | ',' | ';' | '{' | '}' | '?';

const QUOTE = 0x27;
const DOUBLE = 0x22;
const BACKTICK = 0x60;

/** 1 white space, 2 letter or other word character, 3 digit, 4 operator, 0 anything else. */
const CLASS = new Uint8Array(128);
for (let code = 0; code <= 0x20; code++) CLASS[code] = 1;
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$') CLASS[char.charCodeAt(0)] = 2;
for (const char of '0123456789') CLASS[char.charCodeAt(0)] = 3;
for (const char of '+-*/%=<>!~^|&:') CLASS[char.charCodeAt(0)] = 4;

/** Letters outside ASCII, Chinese among them, are parts of opaque words. Other spaces of Unicode are white space. */
function classOf(code: number): number {
  if (code < 128) return CLASS[code]!;
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x200f) || code === 0x3000 || code === 0xfeff || code === 0x2028) return 1;
  return 2;
}

/**
 * Reads SQL tokens one after the other, each character a bounded number of times. With `isFlat`, quotation marks are
 * tokens of their own, so that one pass sees the structure whatever string the text is embedded in.
 */
export class SqlTokens {
  kind: SqlKind = '?';
  /** The lower-case word, or the operator. */
  word = '';
  start = 0;
  /** For a string: its delimiter, and whether it is closed. */
  delimiter = '';
  isClosed = true;
  pos: number;
  readonly #text: string;
  readonly #isFlat: boolean;
  #newline = -1;
  #isUnclosed = false;

  constructor(text: string, pos: number, isFlat: boolean) {
    this.#text = text;
    this.pos = pos;
    this.#isFlat = isFlat;
  }

  /** Moves to the next token. Returns false at the end. Comments that end, and white space, are no tokens. */
  next(): boolean {
    const text = this.#text;
    while (this.pos < text.length) {
      const code = text.charCodeAt(this.pos);
      const kind = classOf(code);
      if (kind === 1) {
        this.pos++;
        continue;
      }
      this.start = this.pos;
      if (kind === 2) return this.#readWord();
      if (kind === 3 || (code === 0x2e && this.#isDigit(this.pos + 1))) return this.#readNumber();
      if (code === QUOTE || code === DOUBLE || code === BACKTICK) return this.#readQuote(code);
      const comment = this.#readComment(code);
      if (comment === 'skipped') continue;
      if (comment === 'open' || this.#readSign(code, kind)) return true;
    }
    return false;
  }

  #isDigit(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code >= 0x30 && code <= 0x39;
  }

  #set(kind: SqlKind, end: number, word = ''): true {
    this.kind = kind;
    this.word = word;
    this.pos = end;
    return true;
  }

  /** A name may have parts joined by points (`information_schema.tables`). */
  #readWord(): true {
    const text = this.#text;
    let end = this.pos + 1;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      const kind = classOf(code);
      if (kind !== 2 && kind !== 3 && !(code === 0x2e && classOf(text.charCodeAt(end + 1)) === 2)) break;
    }
    // A long word is no word of the language; its text is not needed.
    const word = end - this.pos > 40 ? 'long' : text.slice(this.pos, end).toLowerCase();
    return this.#set('w', end, word);
  }

  #readNumber(): true {
    const text = this.#text;
    let end = this.pos;
    if (text.charCodeAt(end) === 0x30 && (text.charCodeAt(end + 1) | 0x20) === 0x78) {
      end += 2;
      while (end < text.length && isHex(text.charCodeAt(end))) end++;
    } else {
      while (this.#isDigit(end)) end++;
      if (text.charCodeAt(end) === 0x2e) {
        end++;
        while (this.#isDigit(end)) end++;
      }
      const isExponent = (text.charCodeAt(end) | 0x20) === 0x65;
      const sign = text.charCodeAt(end + 1);
      const digits = end + (sign === 0x2b || sign === 0x2d ? 2 : 1);
      if (isExponent && this.#isDigit(digits)) {
        end = digits;
        while (this.#isDigit(end)) end++;
      }
    }
    return this.#endNumber(end);
  }

  /** A number with letters after it is a word (`50PCS`), unless a word of the grammar is glued to it (`1e0UNION`). */
  #endNumber(end: number): true {
    const text = this.#text;
    if (end >= text.length || classOf(text.charCodeAt(end)) !== 2) return this.#set('n', end);
    let after = end;
    while (after < text.length && isWordPart(text, after)) after++;
    if (after - end <= 12) {
      const rest = text.slice(end, after).toLowerCase();
      if (GLUED.has(rest)) return this.#set('n', end);
      // Oracle: 1f and 1d are numbers.
      if ((rest[0] === 'f' || rest[0] === 'd') && (rest.length === 1 || GLUED.has(rest.slice(1)))) return this.#set('n', end + 1);
    }
    return this.#set('w', after, after - this.pos > 40 ? 'long' : text.slice(this.pos, after).toLowerCase());
  }

  #readQuote(code: number): true {
    if (this.#isFlat) return this.#set('q', this.pos + 1, String.fromCharCode(code));
    const end = endOfString(this.#text, this.pos + 1, code);
    this.delimiter = String.fromCharCode(code);
    this.isClosed = end <= this.#text.length;
    return this.#set(code === BACKTICK ? 'w' : 's', Math.min(end, this.#text.length), 'quoted');
  }

  /**
   * Skips a comment that ends; one that does not end is a token. MySQL runs what stands in a comment that begins with
   * `/*!`, so only its marks are skipped.
   */
  #readComment(code: number): 'skipped' | 'open' | undefined {
    const text = this.#text;
    const next = text.charCodeAt(this.pos + 1);
    if (code === 0x2f && next === 0x2a) {
      if (text.charCodeAt(this.pos + 2) === 0x21) {
        this.pos += 3;
        while (this.#isDigit(this.pos)) this.pos++;
        return 'skipped';
      }
      const end = this.#isUnclosed ? -1 : text.indexOf('*/', this.pos + 2);
      if (end >= 0) {
        this.pos = end + 2;
        return 'skipped';
      }
      this.#isUnclosed = true;
      return this.#endInComment('/*');
    }
    if (code === 0x2a && next === 0x2f) {
      this.pos += 2;
      return 'skipped';
    }
    const isDashes = code === 0x2d && next === 0x2d;
    if (!isDashes && code !== 0x23) return undefined;
    if (this.#newline < this.pos && this.#newline !== text.length) {
      const found = text.indexOf('\n', this.pos);
      this.#newline = found < 0 ? text.length : found;
    }
    if (this.#newline < text.length) {
      this.pos = this.#newline + 1;
      return 'skipped';
    }
    return this.#endInComment(isDashes ? '--' : '#');
  }

  #endInComment(mark: string): 'open' {
    this.#set('c', this.#isFlat ? this.pos + mark.length : this.#text.length, mark);
    return 'open';
  }

  #readSign(code: number, kind: number): boolean {
    const text = this.#text;
    if (kind === 4) return this.#readOperator();
    const char = text[this.pos]!;
    if (code === 0x40) {
      let end = this.pos + 1;
      if (text.charCodeAt(end) === 0x40) end++;
      const quote = text.charCodeAt(end);
      if (!this.#isFlat && (quote === QUOTE || quote === DOUBLE || quote === BACKTICK)) {
        return this.#set('v', Math.min(endOfString(text, end + 1, quote), text.length), '@');
      }
      while (end < text.length && (classOf(text.charCodeAt(end)) === 2 || this.#isDigit(end) || text.charCodeAt(end) === 0x2e)) end++;
      return this.#set('v', end, text.slice(this.pos, Math.min(end, this.pos + 2)));
    }
    if (code === 0x28 || code === 0x29 || code === 0x2c || code === 0x3b || code === 0x7b || code === 0x7d) {
      return this.#set(char as SqlKind, this.pos + 1, char);
    }
    // `\N` is NULL in MySQL; T-SQL reads `\1` as a number. Square brackets quote names; a lone point joins parts of one.
    this.pos++;
    if (code === 0x5c && (text.charCodeAt(this.pos) | 0x20) === 0x6e && classOf(text.charCodeAt(this.pos + 1)) !== 2) {
      return this.#set('n', this.pos + 1);
    }
    if (code === 0x5b || code === 0x5d) return this.#isFlat ? this.#set('q', this.pos, char) : this.#readBracket(code);
    if (code === 0x5c || code === 0x2e) return false;
    return this.#set('?', this.pos, char);
  }

  #readBracket(code: number): true {
    if (code === 0x5d) return this.#set('?', this.pos, ']');
    let end = this.pos;
    while (end < this.#text.length && classOf(this.#text.charCodeAt(end)) >= 1 && classOf(this.#text.charCodeAt(end)) <= 3) end++;
    return this.#text.charCodeAt(end) === 0x5d ? this.#set('w', end + 1, 'quoted') : this.#set('?', this.pos, '[');
  }

  #readOperator(): true {
    const text = this.#text;
    const two = text.slice(this.pos, this.pos + 2);
    const three = text.slice(this.pos, this.pos + 3);
    if (three === '<=>' || three === '===' || three === '!==') return this.#set('=', this.pos + 3, '=');
    if (two === '&&' || two === '||') return this.#set('&', this.pos + 2, two);
    if (two === '==' || two === '<>' || two === '!=' || two === '<=' || two === '>=' || two === '!<' || two === '!>' || two === '^=') {
      return this.#set('=', this.pos + 2, two);
    }
    if (two === '<<' || two === '>>' || two === ':=' || two === '::' || two === '|/') return this.#set('o', this.pos + 2, two);
    const one = two[0]!;
    if (one === '=' || one === '<' || one === '>') return this.#set('=', this.pos + 1, one);
    return this.#set('o', this.pos + 1, one);
  }
}

/** A letter, a digit, or a point with a letter after it. */
function isWordPart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const kind = classOf(code);
  return kind === 2 || kind === 3 || (code === 0x2e && classOf(text.charCodeAt(at + 1)) === 2);
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

/** Returns the position after the closing mark, or more than the length if there is none. */
export function endOfString(text: string, from: number, quote: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === quote) {
      if (text.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    }
  }
  return text.length + 1;
}
