/**
 * Translates a JavaScript pattern (flags `i` and `m`, without `u`) into RE2 syntax with the same matches and groups.
 * Reports a `PatternProblem` for syntax that RE2 does not support, or treats differently.
 */

export type PatternProblem =
  | 'pattern-look-around'
  | 'pattern-back-reference'
  /** A repetition with a count above 1,000. */
  | 'pattern-repeat'
  /** A `$` in multi-line mode that is repeated, or followed by more of the pattern. */
  | 'pattern-line-end'
  | 'pattern-group'
  | 'pattern-empty'
  | 'pattern-surrogate'
  | 'pattern-syntax'
  /** Too many instructions, or groups nested too deep. */
  | 'pattern-size';

export interface Translation {
  /** RE2 syntax, including its flags. */
  readonly pattern: string;
  /** The value at index i is the RE2 number of the pattern's group i + 1. */
  readonly groups: readonly number[];
  /**
   * RE2 numbers of the groups that match a line break which JavaScript would not include. The match ends before such a
   * group. The reason: RE2 treats only `\n` as a line break, so a `$` in multi-line mode is matched together with the
   * line break.
   */
  readonly lineEnds: readonly number[];
}

/** Translates a pattern. Returns a problem if this is not possible. */
export function translatePattern({ source, flags }: Pick<RegExp, 'source' | 'flags'>): Translation | { readonly problem: PatternProblem } {
  try {
    return new PatternTranslator(source, flags).translate();
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.problem };
    throw error;
  }
}

/**
 * Translates a pattern with the flag `u` that is only used to test whether a text matches, so groups do not matter.
 * Returns undefined if the pattern is invalid, or RE2 cannot match it.
 */
export function translateTest(source: string): string | undefined {
  try {
    new RegExp(source, 'u');
    return new PatternTranslator(source, 'u').translate().pattern;
  } catch (error) {
    if (error instanceof Refusal || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Refusal extends Error {
  readonly problem: PatternProblem;
  constructor(problem: PatternProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** A part of the pattern, and the facts that decide whether it may be repeated. */
interface Part {
  readonly text: string;
  readonly isNullable: boolean;
  readonly hasGroup: boolean;
  /**
   * True if the part can match while a group inside it matches nothing. In each round of a repetition, JavaScript
   * clears such a group; RE2 does not.
   */
  readonly hasLooseGroup: boolean;
  /**
   * True if the part may match nothing before it tries to match something. In a repetition JavaScript then continues,
   * but RE2 stops.
   */
  readonly isReluctant: boolean;
  readonly hasLineEnd: boolean;
}

const ONE: Omit<Part, 'text'> = { isNullable: false, hasGroup: false, hasLooseGroup: false, isReluctant: false, hasLineEnd: false };
const ASSERTION: Omit<Part, 'text'> = { ...ONE, isNullable: true };

const MAX_REPEAT = 1000;
const MAX_DEPTH = 200;
const LINE_BREAKS = String.raw`\n\r\x{2028}\x{2029}`;
/**
 * ECMA-262 12.2 and 12.3: `\s` is WhiteSpace and LineTerminator, including the ideographic space U+3000; RE2's `\s`
 * is ASCII only.
 */
const SPACE = String.raw`\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}`;
const NO_SPACE = String.raw`\x{0}-\x{8}\x{E}-\x{1F}!-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}`;
const CLASSES: Readonly<Record<string, string>> = {
  d: String.raw`\d`,
  D: String.raw`\D`,
  w: String.raw`\w`,
  W: String.raw`\W`,
  s: SPACE,
  S: NO_SPACE,
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const PROPERTY = /([pP])\{(?:(?:gc|General_Category|sc|Script)=)?(\w+)\}/y;
const QUANTIFIER = /([*+?]|\{(\d+)(,(\d*))?\})(\??)/y;

class PatternTranslator {
  readonly #source: string;
  readonly #flags: string;
  readonly #groups: number[] = [];
  readonly #lineEnds: number[] = [];
  #at = 0;
  /** The number of open groups. */
  #depth = 0;
  /** The number of RE2 groups written so far. */
  #numbers = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  translate(): Translation {
    const { text } = this.#alternatives();
    if (this.#at < this.#source.length) throw new Refusal('pattern-syntax');
    const pattern = this.#flags.includes('i') ? `(?i)${text}` : text;
    return { pattern, groups: this.#groups, lineEnds: this.#lineEnds };
  }

  #alternatives(): Part {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    const has = (name: keyof typeof ONE) => parts.some((part) => part[name]);
    return {
      text: parts.map(({ text }) => text).join('|'),
      isNullable: has('isNullable'),
      hasGroup: has('hasGroup'),
      hasLooseGroup: has('hasLooseGroup') || (parts.length > 1 && has('hasGroup')),
      isReluctant: has('isReluctant') || (parts.length > 1 && has('isNullable')),
      hasLineEnd: has('hasLineEnd'),
    };
  }

  #sequence(): Part {
    let sequence: Part = { ...ASSERTION, text: '' };
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) {
      if (sequence.hasLineEnd) throw new Refusal('pattern-line-end');
      const term = this.#quantified(this.#term());
      sequence = {
        text: sequence.text + term.text,
        isNullable: sequence.isNullable && term.isNullable,
        hasGroup: sequence.hasGroup || term.hasGroup,
        hasLooseGroup: sequence.hasLooseGroup || term.hasLooseGroup,
        isReluctant: sequence.isReluctant || term.isReluctant,
        hasLineEnd: term.hasLineEnd,
      };
    }
    return sequence;
  }

  #quantified(part: Part): Part {
    QUANTIFIER.lastIndex = this.#at;
    const found = QUANTIFIER.exec(this.#source);
    if (found === null) return part;
    this.#at = QUANTIFIER.lastIndex;
    const [text, sign, least, , most, lazy] = found;
    const from = least === undefined ? (sign === '+' ? 1 : 0) : Number(least);
    const to = least === undefined ? (sign === '?' ? 1 : Infinity) : found[3] === undefined ? from : most ? Number(most) : Infinity;
    if (from > MAX_REPEAT || (to !== Infinity && to > MAX_REPEAT)) throw new Refusal('pattern-repeat');
    if (part.hasLineEnd) throw new Refusal('pattern-line-end');
    if (!this.#isTest()) {
      if (part.isNullable && part.isReluctant && to > 0) throw new Refusal('pattern-empty');
      if ((to > 1 && part.hasLooseGroup) || (part.hasGroup && part.isNullable)) throw new Refusal('pattern-group');
    }
    return {
      ...part,
      text: part.text + text,
      isNullable: part.isNullable || from === 0,
      hasLooseGroup: part.hasLooseGroup || (from === 0 && part.hasGroup),
      isReluctant: part.isReluctant || (lazy === '?' && from === 0),
    };
  }

  #term(): Part {
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += char.length;
    switch (char) {
      case '^':
        return { ...ASSERTION, text: this.#isMultiline() ? String.raw`(?:\A|(?<=[${LINE_BREAKS}]))` : String.raw`\A` };
      case '$':
        return this.#end();
      case '.':
        return { ...ONE, text: `[^${LINE_BREAKS}]` };
      case '(':
        return this.#group();
      case '[':
        return { ...ONE, text: this.#class() };
      case '\\':
        return this.#escape();
      default:
        return { ...ONE, text: literal(char.codePointAt(0)!) };
    }
  }

  #end(): Part {
    if (!this.#isMultiline()) return { ...ASSERTION, text: String.raw`\z` };
    this.#lineEnds.push(++this.#numbers);
    return { ...ASSERTION, text: String.raw`([${LINE_BREAKS}]|\z)`, hasLineEnd: true };
  }

  #group(): Part {
    const [, head = ''] = /^(\?(?:[:=!]|<[=!]|<[^>]*>)?)?/.exec(this.#source.slice(this.#at, this.#at + 100)) ?? [];
    if (['?=', '?!', '?<=', '?<!'].includes(head)) throw new Refusal('pattern-look-around');
    if (head === '?') throw new Refusal('pattern-syntax');
    this.#at += head.length;
    const isCapture = head !== '?:';
    if (isCapture) this.#groups.push(++this.#numbers);
    if (++this.#depth > MAX_DEPTH) throw new Refusal('pattern-size');
    const inner = this.#alternatives();
    this.#depth--;
    if (!this.#take(')')) throw new Refusal('pattern-syntax');
    return { ...inner, text: `(${isCapture ? '' : '?:'}${inner.text})`, hasGroup: isCapture || inner.hasGroup };
  }

  #escape(): Part {
    const char = this.#source[this.#at];
    if (char === 'b' || char === 'B') {
      this.#at++;
      return { ...ASSERTION, text: `\\${char}` };
    }
    if (char === 'k' || (char !== undefined && char >= '1' && char <= '9')) throw new Refusal('pattern-back-reference');
    const members = this.#classEscape();
    if (members !== undefined) return { ...ONE, text: `[${members}]` };
    return { ...ONE, text: literal(this.#character()) };
  }

  /** Returns the escape after a backslash, as members of a character class. */
  #classEscape(): string | undefined {
    const members = CLASSES[this.#source[this.#at] ?? ''];
    if (members !== undefined) this.#at++;
    return members ?? this.#property();
  }

  /**
   * Reads a Unicode property, which is allowed with flag `u`. RE2 supports categories by their short names, and
   * scripts.
   */
  #property(): string | undefined {
    if (!this.#isTest()) return undefined;
    PROPERTY.lastIndex = this.#at;
    const [text, sign, name] = PROPERTY.exec(this.#source) ?? [];
    if (text === undefined && /[pP]/.test(this.#source[this.#at] ?? '')) throw new Refusal('pattern-syntax');
    if (text === undefined) return undefined;
    this.#at += text.length;
    return `\\${sign}{${name}}`;
  }

  /** Returns the code point of the escape after a backslash (ECMA-262, 22.2.1 and B.1.2). */
  #character(): number {
    const rest = this.#source.slice(this.#at, this.#at + 11);
    const [point, digits] = (this.#isTest() && /^u\{0*([0-9a-fA-F]{1,6})\}/.exec(rest)) || [];
    if (point !== undefined) return this.#unit(Number.parseInt(digits!, 16), point.length);
    const [, hex] = /^(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest)?.filter((part) => part !== undefined) ?? [];
    if (hex !== undefined) return this.#unit(Number.parseInt(hex, 16), hex.length + 1);
    const [control] = /^c[A-Za-z]/.exec(rest) ?? [];
    if (control !== undefined) return this.#unit(control.charCodeAt(1) % 32, 2);
    if (rest === '' || rest[0] === 'c' || /^0\d|^[1-9]/.test(rest)) throw new Refusal('pattern-syntax');
    const code = rest[0] === '0' ? 0 : (CONTROLS[rest[0]!] ?? rest.codePointAt(0)!);
    return this.#unit(code, code > 0xffff ? 2 : 1);
  }

  /** Returns a code point. Joins the two halves of a character above U+FFFF, because RE2 matches whole characters. */
  #unit(code: number, length: number): number {
    this.#at += length;
    const [, low] = /^\\u(d[c-f][0-9a-f]{2})/i.exec(this.#source.slice(this.#at, this.#at + 6)) ?? [];
    if (code < 0xd800 || code > 0xdbff || low === undefined) return code;
    this.#at += 6;
    return 0x10000 + (code - 0xd800) * 0x400 + Number.parseInt(low, 16) - 0xdc00;
  }

  #class(): string {
    const not = this.#take('^') ? '^' : '';
    const members: string[] = [];
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) throw new Refusal('pattern-syntax');
      const from = this.#classAtom();
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && this.#at + 1 < this.#source.length;
      if (!isRange) {
        members.push(typeof from === 'number' ? literal(from) : from);
        continue;
      }
      this.#at++;
      const to = this.#classAtom();
      if (typeof from === 'number' && typeof to === 'number') {
        if (from > to) throw new Refusal('pattern-syntax');
        members.push(`${literal(from)}-${literal(to)}`);
      } else {
        // With a class on one side, B.1.2 treats the hyphen as a literal.
        for (const side of [from, 0x2d, to]) members.push(typeof side === 'number' ? literal(side) : side);
      }
    }
    if (members.length === 0) return not === '' ? String.raw`[^\x{0}-\x{10FFFF}]` : String.raw`[\x{0}-\x{10FFFF}]`;
    return `[${not}${members.join('')}]`;
  }

  #classAtom(): number | string {
    if (!this.#take('\\')) {
      const code = this.#source.codePointAt(this.#at)!;
      this.#at += code > 0xffff ? 2 : 1;
      return code;
    }
    if (this.#take('b')) return 8;
    if (this.#take('-')) return 0x2d;
    return this.#classEscape() ?? this.#character();
  }

  #isTest(): boolean {
    return this.#flags.includes('u');
  }

  #isMultiline(): boolean {
    return this.#flags.includes('m');
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}

function literal(code: number): string {
  if (code >= 0xd800 && code <= 0xdfff) throw new Refusal('pattern-surrogate');
  return /^[A-Za-z0-9]$/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\x{${code.toString(16)}}`;
}
