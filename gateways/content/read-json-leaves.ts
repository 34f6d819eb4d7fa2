import type { LeafPath, VisitLeaf } from './leaf.ts';

/** How a reading ended: `stopped` by the visitor, or at the end of a text that is in the format or is not. */
export type Reading = 'stopped' | 'read' | 'malformed';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Visits all strings and names of a JSON text, in one pass. It reads the text and not a parsed value, so that a name
 * that occurs twice is seen twice, and text that is no JSON is read as far as possible.
 */
export function readJsonLeaves(text: string, path: LeafPath, visit: VisitLeaf): Reading {
  return new JsonLeaves(text, path, visit).read();
}

class JsonLeaves {
  readonly #text: string;
  readonly #path: LeafPath;
  readonly #visit: VisitLeaf;
  /** For each open container the next index of an array, or -1 for an object. */
  readonly #open: number[] = [];
  #isName = false;
  #isMalformed = false;

  constructor(text: string, path: LeafPath, visit: VisitLeaf) {
    this.#text = text;
    this.#path = path;
    this.#visit = visit;
  }

  read(): Reading {
    const text = this.#text;
    const depth = this.#path.depth;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        const end = endOfString(text, at);
        if (this.#readString(at, end)) return 'stopped';
        at = end + 1;
      } else if (code === 0x2c || code === 0x3a || code === 0x7b || code === 0x7d || code === 0x5b || code === 0x5d) {
        this.#readSign(code);
        at++;
      } else if (code <= 0x20) at++;
      else at = this.#skipLiteral(at);
    }
    const isWhole = this.#open.length === 0 && !this.#isMalformed;
    this.#path.leaveTo(depth);
    return isWhole ? 'read' : 'malformed';
  }

  #readSign(code: number): void {
    const open = this.#open;
    if (code === 0x7b || code === 0x5b) {
      const isObject = code === 0x7b;
      open.push(isObject ? -1 : 0);
      this.#path.enter(isObject ? '' : 0);
      this.#isName = isObject;
    } else if (code === 0x7d || code === 0x5d) {
      if (open.pop() === undefined) this.#isMalformed = true;
      else this.#path.leave();
      this.#isName = false;
    } else if (code === 0x2c) {
      const index = open.at(-1);
      if (index === undefined) this.#isMalformed = true;
      else if (index >= 0) this.#path.replace((open[open.length - 1] = index + 1));
      else this.#isName = true;
    } else this.#isName = false;
  }

  #readString(from: number, end: number): boolean {
    const text = this.#text;
    let value = text.slice(from + 1, end);
    if (value.includes('\\')) value = unescape(value);
    if (end >= text.length) this.#isMalformed = true;
    if (!this.#isName) return this.#visit(value, this.#path, false);
    this.#path.replace(value);
    // A name is reported at its object: the name itself is what a caller wrote.
    if (isPlainName(value)) return false;
    this.#path.leave();
    const stops = this.#visit(value, this.#path, true);
    this.#path.enter(value);
    return stops;
  }

  /** Numbers and the three words are no leaves. Anything else means that this is no JSON. */
  #skipLiteral(from: number): number {
    const text = this.#text;
    let at = from;
    let isPlain = true;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (
        code <= 0x20 ||
        code === 0x2c ||
        code === 0x3a ||
        code === 0x7d ||
        code === 0x5d ||
        code === QUOTE ||
        code === 0x7b ||
        code === 0x5b
      )
        break;
      isPlain &&= (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x65 || code === 0x45;
    }
    if (!isPlain && !WORDS.has(text.slice(from, Math.min(at, from + 6)))) this.#isMalformed = true;
    return at;
  }
}

const WORDS = new Set(['true', 'false', 'null']);

/** Most names of fields; they need no look. */
function isPlainName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f))
      return false;
  }
  return true;
}

/** Returns the position of the closing quotation mark, or the length of the text. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end >= 0) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH && before > from) before--;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Undoes the escapes of a JSON string. One that JSON does not have stays as it is. */
function unescape(value: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = value.indexOf('\\'); at >= 0 && at + 1 < value.length; at = value.indexOf('\\', from)) {
    const char = value[at + 1]!;
    const unit = char === 'u' ? unitOf(value, at + 2) : -1;
    parts.push(value.slice(from, at), unit >= 0 ? String.fromCharCode(unit) : (ESCAPES[char] ?? (char === 'u' ? '\\u' : char)));
    from = at + (unit >= 0 ? 6 : 2);
  }
  return parts.join('') + value.slice(from);
}

function unitOf(value: string, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++) {
    const digit = '0123456789abcdef'.indexOf(value.charAt(at).toLowerCase() || '-');
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}
