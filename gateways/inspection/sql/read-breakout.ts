import {
  ARITHMETIC,
  CALL,
  COMPARISON,
  CONSTANT,
  FUNCTION,
  NUMBER,
  QUERY,
  SAME,
  SERVER,
  STRING,
  UNARY,
  VARIABLE,
  WORD,
} from './expression-parts.ts';
import { SqlTokens, type SqlKind } from './sql-tokens.ts';
import {
  CLAUSES,
  CONSTANTS,
  LOGIC_WORDS,
  SERVER_FUNCTIONS,
  SQL_FUNCTIONS,
  UNARY_WORDS,
  WORD_COMPARISONS,
  WORD_OPERATORS,
  isHarmful,
} from './sql-words.ts';

/** How the text ends as an expression. `open`: in a string that the surrounding statement will close. */
export type End = 'end' | 'open' | 'comment' | 'clause' | 'broken';

/** What was read until the expression ended. Parts are sets of bits of `expression-parts.ts`. */
export interface BreakoutReading {
  readonly text: string;
  /** Where the reading began, behind the mark that ends the string. */
  readonly from: number;
  readonly quote: '' | "'" | '"';
  readonly end: End;
  /** The kinds of the first tokens. */
  readonly shape: string;
  readonly comment: string;
  /** The first part, and all later ones together. */
  readonly first: number;
  readonly later: number;
  readonly parts: number;
  readonly orderedBy: number;
  /** Where the last token begins. */
  readonly lastStart: number;
  readonly depth: number;
  readonly closers: number;
  readonly functions: number;
  readonly commas: number;
  readonly isOrdered: boolean;
  readonly having: boolean;
  readonly isUnionHead: boolean;
  /** The same number stands on both sides of a logical operator. */
  readonly repeats: boolean;
  /** A later part compares constants (strong), or compares at all (weak). */
  readonly strong: boolean;
  readonly weak: boolean;
}

/** Reads a text as an expression, token by token, until it ends or breaks the grammar. */
export function readBreakout(text: string, from: number, quote: BreakoutReading['quote']): BreakoutReading {
  return new Breakout(text, from, quote).run();
}

class Breakout {
  readonly #tokens: SqlTokens;
  readonly #text: string;
  readonly #from: number;
  readonly #quote: BreakoutReading['quote'];
  #expectsOperand: boolean;
  #shape: string;
  /** The part that is being read, the first part, and all later ones together. */
  #part = 0;
  #first = 0;
  #later = 0;
  #parts = 0;
  #leftWord = '';
  #isCompared = false;
  #depth = 0;
  #closers = 0;
  #functions = 0;
  #commas = 0;
  #isOrdered = false;
  #orderedBy = 0;
  #having = false;
  #isUnionHead = false;
  #lastString = { isClosed: true, delimiter: '' };
  #comment = '';
  #firstNumber = '';
  #repeats = false;
  #strong = false;
  #weak = false;

  constructor(text: string, from: number, quote: BreakoutReading['quote']) {
    this.#tokens = new SqlTokens(text, from, false);
    this.#text = text;
    this.#from = from;
    this.#quote = quote;
    this.#expectsOperand = quote === '';
    this.#shape = quote === '' ? '' : 's';
    if (quote !== '') this.#part = STRING;
  }

  run(): BreakoutReading {
    const end = this.#read();
    this.#endPart();
    return {
      ...{ text: this.#text, from: this.#from, quote: this.#quote, end, shape: this.#shape, comment: this.#comment },
      ...{ first: this.#first, later: this.#later, parts: this.#parts, orderedBy: this.#orderedBy, lastStart: this.#tokens.start },
      ...{ depth: this.#depth, closers: this.#closers, functions: this.#functions, commas: this.#commas },
      ...{ isOrdered: this.#isOrdered, having: this.#having, isUnionHead: this.#isUnionHead },
      ...{ repeats: this.#repeats, strong: this.#strong, weak: this.#weak },
    };
  }

  #read(): End {
    const tokens = this.#tokens;
    while (tokens.next()) {
      const { kind, word } = tokens;
      if (this.#shape.length < 12) this.#shape += kind;
      if (kind === 'c') {
        this.#comment = word;
        return 'comment';
      }
      if (kind === ';') return this.#text.startsWith('--', tokens.pos) || tokens.pos >= this.#text.trimEnd().length ? 'comment' : 'clause';
      const state = this.#expectsOperand ? this.#readOperand(kind, word) : this.#readAfter(kind, word);
      if (state !== undefined) return state;
    }
    const { isClosed, delimiter } = this.#lastString;
    if (!isClosed) return delimiter === this.#quote ? 'open' : 'broken';
    return this.#expectsOperand && this.#parts + this.#part !== 0 ? 'broken' : 'end';
  }

  #readOperand(kind: SqlKind, word: string): End | undefined {
    if (kind === '(' || kind === '{') {
      this.#depth++;
      return undefined;
    }
    if (kind === ')' && this.#depth > 0) return this.#operand(0);
    if (kind === 'n') return this.#number();
    if (kind === 'v') return this.#operand(VARIABLE);
    if (kind === 's') return this.#string();
    if (kind === 'o' && (word === '*' || word === '+' || word === '-' || word === '~' || word === '!' || word === '%')) {
      this.#part |= UNARY;
      if (word === '*' && this.#depth > 0) this.#expectsOperand = false;
      return undefined;
    }
    if (kind === '&' || (kind === 'w' && LOGIC_WORDS.has(word))) {
      // A leaf may begin with the operator (`and 1=1`).
      if (this.#parts === 0 && this.#part === 0 && this.#depth === 0) return this.#logic();
      return 'broken';
    }
    if (kind !== 'w') return 'broken';
    if (UNARY_WORDS.has(word) || (this.#isCompared && WORD_COMPARISONS.has(word) && !this.#isCall())) {
      this.#part |= UNARY;
      return undefined;
    }
    return this.#word(word);
  }

  #word(word: string): End | undefined {
    if (word === 'case') return 'broken';
    if (word === 'select') {
      this.#part |= QUERY;
      return this.#parts > 0 || this.#part !== QUERY ? 'clause' : 'broken';
    }
    const code = this.#text.charCodeAt(this.#tokens.pos);
    // `_utf8'x'`, `n'x'`: a prefix of the string.
    if ((code === 0x27 || code === 0x22) && (word.startsWith('_') || STRING_PREFIXES.has(word))) return undefined;
    if (this.#isCall()) {
      const isKnown = SQL_FUNCTIONS.has(word) || isHarmful(word);
      if (isKnown) this.#functions++;
      return this.#operand((isKnown ? FUNCTION : CALL) | (this.#isOfServer(word) ? SERVER : 0));
    }
    if ((word === 'order' || word === 'group') && this.#tokens.start === this.#from) return this.#order();
    if (CLAUSES.has(word)) return this.#parts > 0 ? 'clause' : 'broken';
    if (isHarmful(word) && word.includes('_')) return this.#operand(FUNCTION);
    if (this.#isCompared && word === this.#leftWord) this.#part |= SAME;
    this.#leftWord = word;
    return this.#operand(CONSTANTS.has(word) ? CONSTANT : WORD);
  }

  #isCall(): boolean {
    return this.#text.charCodeAt(this.#next(this.#tokens.pos)) === 0x28;
  }

  #next(from: number): number {
    let at = from;
    while (at < from + 8 && this.#text.charCodeAt(at) === 0x20) at++;
    return at;
  }

  /** `user()` asks the server; `user(name)` may be anything. */
  #isOfServer(word: string): boolean {
    if (!SERVER_FUNCTIONS.has(word)) return false;
    return isHarmful(word) || this.#text.charCodeAt(this.#next(this.#next(this.#tokens.pos) + 1)) === 0x29;
  }

  /** The same number on both sides of a logical operator (`1 or 1`), or one in base 16 (`0x31 or 1`), is no prose. */
  #number(): undefined {
    const number = this.#text.slice(this.#tokens.start, Math.min(this.#tokens.pos, this.#tokens.start + 20));
    if (this.#parts === 0) this.#firstNumber = number;
    else if (this.#first === NUMBER && (this.#firstNumber === number || [this.#firstNumber, number].some(isHex))) this.#repeats = true;
    return this.#operand(NUMBER);
  }

  #operand(bits: number): undefined {
    this.#part |= bits;
    this.#expectsOperand = false;
  }

  #string(): End | undefined {
    const { isClosed, delimiter } = this.#tokens;
    this.#lastString = { isClosed, delimiter };
    return this.#operand(STRING);
  }

  #readAfter(kind: SqlKind, word: string): End | undefined {
    if (kind === '&') return this.#logic();
    if (kind === '=') return this.#compare();
    if (kind === 'o') return this.#operate(word);
    if (kind === '(' || kind === '{') return this.#openCall();
    if (kind === ')' || kind === '}') {
      if (this.#depth > 0) this.#depth--;
      else this.#closers++;
      return undefined;
    }
    if (kind === ',') {
      if (this.#depth === 0) this.#commas++;
      this.#expectsOperand = true;
      return undefined;
    }
    if (kind === 's' && this.#part === STRING && this.#tokens.start > this.#from) return this.#string();
    return kind === 'w' ? this.#keyword(word) : 'broken';
  }

  #openCall(): End | undefined {
    // Only a name is called; `5 (6)` is prose.
    if ((this.#part & (WORD | FUNCTION | CONSTANT | CALL)) === 0) return 'broken';
    this.#depth++;
    this.#expectsOperand = true;
    return undefined;
  }

  #keyword(word: string): End | undefined {
    if (LOGIC_WORDS.has(word)) return this.#logic();
    if (WORD_COMPARISONS.has(word) || (word === 'not' && this.#part !== 0)) return this.#compare();
    if (WORD_OPERATORS.has(word)) return this.#operate(word);
    if (word === 'where' || word === 'having' || word === 'on') {
      this.#having ||= word === 'having';
      return this.#logic();
    }
    if (word === 'order' || word === 'group') return this.#order();
    if (word === 'from' && this.#closers > 0) return this.#source();
    if (word === 'union') return this.#union();
    if (word === 'into' && this.#text.charCodeAt(this.#next(this.#tokens.pos)) === 0x40) this.#strong = true;
    if (word === 'asc' || word === 'desc') return undefined;
    if (word === 'exec' || word === 'execute' || word === 'select') return 'clause';
    return CLAUSES.has(word) ? 'clause' : 'broken';
  }

  #order(): End | undefined {
    if (!this.#tokens.next() || this.#tokens.word !== 'by') return 'broken';
    this.#endPart();
    this.#isOrdered = true;
    this.#expectsOperand = true;
    return undefined;
  }

  /** `1) from users where`: the parenthesis closed the one of the statement. */
  #source(): End {
    const tokens = this.#tokens;
    if (!tokens.next() || tokens.kind !== 'w' || !tokens.next()) return 'broken';
    if (tokens.kind !== 'w' || tokens.word === 'where' || tokens.word === 'union') this.#strong = true;
    return this.#strong ? 'clause' : 'broken';
  }

  /** `1 union`, with nothing or a comment after it. */
  #union(): End {
    this.#isUnionHead = !this.#tokens.next() || this.#tokens.kind === 'c' || this.#tokens.word === 'all';
    return 'clause';
  }

  #logic(): undefined {
    this.#endPart();
    this.#expectsOperand = true;
  }

  #compare(): undefined {
    this.#part |= COMPARISON;
    this.#isCompared = true;
    this.#expectsOperand = true;
  }

  #operate(word: string): undefined {
    this.#part |= ARITHMETIC;
    this.#expectsOperand = word !== '::' || true;
  }

  /** Ends a part of the expression at a logical operator or at the end. */
  #endPart(): void {
    const part = this.#part;
    if (this.#isOrdered) this.#orderedBy |= part;
    else if (this.#parts === 0) this.#first = part;
    else if (part !== 0) {
      this.#later |= part;
      const isConstant = (part & WORD) === 0;
      if (this.#parts === 1 && (this.#first & (COMPARISON | WORD | STRING)) === COMPARISON) this.#strong = true;
      if ((part & COMPARISON) !== 0 && (isConstant || (part & (SAME | FUNCTION | QUERY)) !== 0)) this.#strong = true;
      else if ((part & COMPARISON) !== 0) this.#weak = true;
      else if ((part & (FUNCTION | QUERY)) !== 0) this.#strong = true;
    }
    this.#parts++;
    this.#part = 0;
    this.#isCompared = false;
    this.#leftWord = '';
  }
}

/** In base 16, as people write no number. */
function isHex(number: string): boolean {
  return /^0x/i.test(number);
}

const STRING_PREFIXES = new Set(['n', 'x', 'b', 'e', 'q', 'u', 'r', 'u&']);
