import type { Finding, Structure } from '../../documents/content-structures.ts';
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
type End = 'end' | 'open' | 'comment' | 'clause' | 'broken';

/**
 * Reads a text as what follows in a statement that holds it: as it is, or from its first quotation mark on, which ends
 * the string around it. Prose breaks the grammar after a word or two, so the reading ends early. It is a hit if the
 * statement has another structure than with a plain value.
 */
export function parseBreakout(text: string, quote: '' | "'" | '"'): Finding | undefined {
  if (quote === '') return new Breakout(text, 0, '').run();
  const from = text.indexOf(quote) + 1;
  if (from === 0) return undefined;
  const found = new Breakout(text, from, quote).run();
  if (found !== undefined || text.charCodeAt(from - 2) !== 0x5c) return found;
  // Where a backslash escapes, the next mark ends the string.
  const second = text.indexOf(quote, from) + 1;
  return second === 0 ? undefined : new Breakout(text, second, quote).run();
}

class Breakout {
  readonly #tokens: SqlTokens;
  readonly #text: string;
  readonly #from: number;
  readonly #quote: string;
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

  constructor(text: string, from: number, quote: string) {
    this.#tokens = new SqlTokens(text, from, false);
    this.#text = text;
    this.#from = from;
    this.#quote = quote;
    this.#expectsOperand = quote === '';
    this.#shape = quote === '' ? '' : 's';
    if (quote !== '') this.#part = STRING;
  }

  run(): Finding | undefined {
    const end = this.#read();
    this.#endPart();
    const structure = this.#quote === '' ? this.#judgeAsIs(end) : this.#judgeInString(end);
    return structure === undefined ? undefined : { structure, shape: this.#shape };
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

  /** A comment that hides the rest of the statement: nothing or next to nothing stands in it. */
  #isCut(): boolean {
    if (this.#comment === '') return true;
    const rest = this.#text.slice(this.#tokens.start + this.#comment.length, this.#tokens.start + 80).trim();
    return rest.length < 24 && !rest.includes(' ');
  }

  #judgeAsIs(end: End): Structure | undefined {
    const first = this.#first;
    if (end === 'broken') {
      return this.#strong && first === NUMBER && (this.#later & (FUNCTION | QUERY)) !== 0 ? 'sql-condition' : undefined;
    }
    const isValue = (first & (WORD | COMPARISON)) === 0 && first !== 0;
    if (this.#isUnionHead && isValue) return 'sql-union';
    if (this.#repeats && end === 'end' && this.#later === NUMBER) return 'sql-condition';
    const isAlone = this.#parts === 1;
    const isCut = end === 'comment' && this.#isCut();
    if (this.#strong && ((first & COMPARISON) === 0 || (first & WORD) === 0 || (this.#later & (FUNCTION | QUERY | VARIABLE)) !== 0))
      return 'sql-condition';
    if (this.#weak && (isCut || (isValue && (first & STRING) === 0))) return 'sql-condition';
    if (
      (this.#later & (CONSTANT | UNARY | ARITHMETIC)) !== 0 &&
      this.#parts > 1 &&
      (isCut || (isValue && (this.#later & CONSTANT) !== 0 && (this.#later & WORD) === 0))
    )
      return 'sql-condition';
    if (
      this.#parts > 1 &&
      isCut &&
      (this.#later & (NUMBER | STRING | VARIABLE | CONSTANT)) !== 0 &&
      (this.#later & WORD) === 0 &&
      !this.#isOrdered
    )
      return 'sql-condition';
    if (this.#having && this.#depth + this.#closers >= 0 && (this.#later & (NUMBER | CONSTANT)) !== 0 && this.#shape.includes('('))
      return 'sql-clause';
    if (this.#isOrdered) return this.#judgeOrder(isValue, isCut);
    if (
      isAlone &&
      (this.#functions > 1 ||
        (first & SERVER) !== 0 ||
        (first & (FUNCTION | COMPARISON | WORD)) === (FUNCTION | COMPARISON) ||
        ((first & FUNCTION) !== 0 && ((first & VARIABLE) !== 0 || (first & (NUMBER | ARITHMETIC)) === (NUMBER | ARITHMETIC))))
    )
      return 'sql-function';
    const isPlain = (first & ~(NUMBER | VARIABLE | ARITHMETIC | STRING)) === 0 && (first & (NUMBER | VARIABLE)) !== 0;
    if (isAlone && isCut && this.#comment !== '' && isPlain && this.#commas === 0) return this.#isBareCut() ? 'sql-comment' : undefined;
    const isNested = (first & (FUNCTION | QUERY | CALL)) !== 0 || (this.#shape[0] === '(' && (first & WORD) === 0);
    return isAlone && isCut && this.#comment !== '' && isNested && this.#isBareCut() ? 'sql-function' : undefined;
  }

  /** As it is, a number with a dash or two is common: only the bare marks at the end count. */
  #isBareCut(): boolean {
    const rest = this.#text.slice(this.#tokens.start + this.#comment.length).trim();
    return this.#comment !== '#' && (rest === '' || rest === '-' || rest === '+' || rest === '*' || this.#comment === '/*');
  }

  #judgeOrder(isValue: boolean, isCut: boolean): Structure | undefined {
    const isColumn = (this.#orderedBy & (NUMBER | FUNCTION | QUERY)) !== 0;
    return (isColumn && (isValue || isCut)) || (isCut && this.#comment !== '' && this.#orderedBy !== 0) ? 'sql-clause' : undefined;
  }

  #judgeInString(end: End): Structure | undefined {
    if (this.#strong && (end !== 'broken' || (this.#later & WORD) === 0)) return 'sql-condition';
    if (end === 'broken') return undefined;
    const isCut = end === 'comment' && this.#isCut();
    if (this.#weak) return 'sql-condition';
    const { first, later } = { first: this.#first, later: this.#later };
    if (this.#isOrdered && (this.#orderedBy & (NUMBER | FUNCTION)) !== 0) return 'sql-clause';
    if (this.#isOrdered && (isCut || end === 'open')) return 'sql-clause';
    if (this.#parts > 1 && later !== 0 && (isCut || (later & (CONSTANT | UNARY)) !== 0)) return 'sql-condition';
    if (end === 'open') return this.#judgeJoin(first, later);
    const isExpression = (first & (COMPARISON | ARITHMETIC)) !== 0;
    if (isExpression && (isCut || (first & (FUNCTION | QUERY)) !== 0)) return 'sql-condition';
    if (end === 'end') return this.#isListed() ? 'sql-condition' : undefined;
    return end === 'comment' && this.#parts === 1 && this.#comment !== '' && isCut ? this.#judgeCut() : undefined;
  }

  /** `1' in (1)`: one value, which a list in parentheses is compared with. */
  #isListed(): boolean {
    const isComparison = this.#parts === 1 && (this.#first & ~STRING) === (COMPARISON | NUMBER);
    return isComparison && this.#shape.startsWith('sw(') && !this.#text.slice(0, this.#from).includes(' ');
  }

  /** The text goes on in a string that the statement closes: `x' or 'y`, `x'+'y`. */
  #judgeJoin(first: number, later: number): Structure | undefined {
    const hasMore = ((first | later) & ~(STRING | COMPARISON | ARITHMETIC)) !== 0;
    if (this.#parts > 1 && (later & ~STRING) !== 0) return 'sql-condition';
    if ((first & (COMPARISON | ARITHMETIC)) === 0 && this.#parts < 2) return undefined;
    if (this.#quote === '"' && (first & (COMPARISON | FUNCTION | UNARY | CONSTANT)) === 0) return undefined;
    const isPath = this.#parts === 1 && (first & ~(STRING | WORD | ARITHMETIC)) === 0 && this.#isQuotedSign();
    if (hasMore && this.#commas === 0) return isPath ? undefined : 'sql-condition';
    if (this.#quote === '"' || this.#commas > 0 || this.#isQuotedSign()) return undefined;
    return 'sql-string-join';
  }

  /** `grade 'A' or 'B'`, `the sign '-' or '+'`: quoted words and signs of prose, with a space outside the marks. */
  #isQuotedSign(): boolean {
    const text = this.#text;
    let marks = 0;
    let last = 0;
    for (let at = text.indexOf(this.#quote); at >= 0 && marks < 9; at = text.indexOf(this.#quote, at + 1)) {
      marks++;
      last = at;
    }
    if (marks > 8) return true;
    const isBeside = !isWordCode(text.charCodeAt(this.#from - 2)) && !isWordCode(text.charCodeAt(last + 1));
    const isWhole = this.#from === 1 && last === text.length - 1 && marks === 2 && isLetter(text.charCodeAt(1));
    return isWhole || (this.#from > 1 && isBeside && marks % 2 === 0);
  }

  /** `admin'--`. After words with spaces a quotation mark with dashes is an apostrophe or a unit of length. */
  #judgeCut(): Structure | undefined {
    const value = this.#text.slice(0, this.#from - 1);
    const isPhrase = value.trim().includes(' ') && this.#closers === 0;
    const rest = this.#text.slice(this.#tokens.start + this.#comment.length).trim();
    if (rest.includes(this.#quote)) return undefined;
    if (this.#comment === '#') return isPhrase || rest !== '' ? undefined : 'sql-comment';
    if (this.#quote === '"' && this.#closers === 0 && rest !== '' && this.#comment !== '/*') return isPhrase ? undefined : 'sql-comment';
    return isPhrase ? undefined : 'sql-comment';
  }
}

/** In base 16, as people write no number. */
function isHex(number: string): boolean {
  return /^0x/i.test(number);
}

const STRING_PREFIXES = new Set(['n', 'x', 'b', 'e', 'q', 'u', 'r', 'u&']);

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

/** True for letters and digits of ASCII and their like, not for letters that are written without spaces. */
function isWordCode(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || (code >= 0xc0 && code < 0x2e80) || code === 0x25 || code === 0x29;
}
