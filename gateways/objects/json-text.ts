/** Thrown for text that is not JSON. With `locator`, for JSON in which this locator has several readings. */
export class Unreadable extends Error {
  readonly locator: number | undefined;

  constructor(locator?: number) {
    super();
    this.locator = locator;
  }
}

export const QUOTE = 0x22;
const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
export const COLON = 0x3a;
const UPPER_E = 0x45;
export const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
const LOWER_E = 0x65;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** Reads the tokens of JSON text (RFC 8259) strictly, one after the other. */
export class JsonText {
  readonly text: string;
  at = 0;
  /** About the string that was read last: it has only printable ASCII and no escapes. */
  isPlain = true;
  isEscaped = false;

  constructor(text: string) {
    this.text = text;
  }

  string(): string {
    const start = this.at + 1;
    this.passString();
    return this.isEscaped ? this.decode(start) : this.text.slice(start, this.at - 1);
  }

  /** Passes a string, and notes whether it is plain. */
  passString(): void {
    const text = this.text;
    if (text.charCodeAt(this.at) !== QUOTE) throw new Unreadable();
    const start = this.at + 1;
    let at = start;
    let isPlain = true;
    let isEscaped = false;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(++at)) {
      if (code === BACKSLASH) {
        isEscaped = true;
        at++;
      } else if (code > 0x7e) isPlain = false;
      // Also at the end of the text.
      else if (!(code >= 0x20)) throw new Unreadable();
    }
    this.at = at + 1;
    this.isPlain = isPlain && !isEscaped;
    this.isEscaped = isEscaped;
    // Checks the escapes.
    if (isEscaped) this.decode(start);
  }

  decode(start: number): string {
    try {
      return JSON.parse(this.text.slice(start - 1, this.at)) as string;
    } catch {
      throw new Unreadable();
    }
  }

  number(): void {
    const text = this.text;
    if (text.charCodeAt(this.at) === MINUS) this.at++;
    if (text.charCodeAt(this.at) === ZERO) this.at++;
    else this.#digits();
    if (text.charCodeAt(this.at) === DOT) {
      this.at++;
      this.#digits();
    }
    const code = text.charCodeAt(this.at);
    if (code !== LOWER_E && code !== UPPER_E) return;
    const sign = text.charCodeAt(++this.at);
    if (sign === PLUS || sign === MINUS) this.at++;
    this.#digits();
  }

  #digits(): void {
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    if (start === this.at) throw new Unreadable();
  }

  word(): void {
    const text = this.text;
    if (text.startsWith('null', this.at) || text.startsWith('true', this.at)) this.at += 4;
    else if (text.startsWith('false', this.at)) this.at += 5;
    else throw new Unreadable();
  }

  /** Passes white space. Returns the character after it; NaN at the end. */
  space(): number {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
    }
  }
}

export function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
