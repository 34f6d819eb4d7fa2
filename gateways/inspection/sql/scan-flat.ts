import type { Finding, Structure } from '../../documents/content-structures.ts';
import { findStatement, type LastTokens } from './find-statement.ts';
import { SqlTokens, type SqlKind } from './sql-tokens.ts';
import {
  isHarmful,
  CONSTANTS,
  LOGIC_WORDS,
  SELECT_MODIFIERS,
  SQL_FUNCTIONS,
  STATEMENTS,
  UNARY_WORDS,
  WORD_COMPARISONS,
  WORD_OPERATORS,
} from './sql-words.ts';

const KEPT = 16;
const KEYWORD_OPERATORS = new Set([...WORD_COMPARISONS, ...WORD_OPERATORS, ...LOGIC_WORDS, ...UNARY_WORDS]);
/** Keywords before an expression that prose does not have before a parenthesis. */
const BEFORE_EXPRESSION = new Set([
  ...LOGIC_WORDS,
  'like',
  'rlike',
  'regexp',
  'between',
  'div',
  'mod',
  'not',
  'exists',
  'any',
  'some',
  'binary',
]);

/**
 * Looks for structures that are complete in themselves, wherever they stand and whatever string they break out of: one
 * pass, looking back over the last few tokens. Prose differs in its grammar: two plain words in a row end a
 * structure.
 */
export function scanFlat(text: string): Finding | undefined {
  return new FlatScan(text).run();
}

/** The list of columns after a `SELECT`. */
interface SelectList {
  readonly isAfterUnion: boolean;
  /** `SELECT` stands where an expression or a statement may begin, not in the middle of prose. */
  readonly isAnchored: boolean;
  readonly isInParentheses: boolean;
  columns: number;
  /** Columns that are no plain word. */
  marked: number;
  /** Columns that are more than a number. */
  rich: number;
  wordsInRow: number;
  /** Columns that are `*`, of which prose has one before a word. */
  stars: number;
  depth: number;
  phase: 'columns' | 'from' | 'source';
}

class FlatScan implements LastTokens {
  readonly #tokens: SqlTokens;
  readonly #kinds: (SqlKind | '')[] = new Array<SqlKind | ''>(KEPT).fill('');
  readonly #words: string[] = new Array<string>(KEPT).fill('');
  #count = 0;
  #list: SelectList | undefined;
  /** A case expression: 1 after `case`, 2 after `when`, 3 after `then`. */
  #case = 0;
  #caseMarks = 0;
  #isStatement = false;

  constructor(text: string) {
    this.#tokens = new SqlTokens(text, 0, true);
  }

  run(): Finding | undefined {
    const tokens = this.#tokens;
    while (tokens.next()) {
      this.#kinds[this.#count % KEPT] = tokens.kind;
      this.#words[this.#count % KEPT] = tokens.word;
      this.#count++;
      const structure = this.#look(tokens.kind, tokens.word);
      if (structure !== undefined) return this.#found(structure);
    }
    // The end closes what is still open.
    this.#kinds[this.#count % KEPT] = '';
    this.#words[this.#count % KEPT] = '';
    this.#count++;
    const structure = this.#look('', '');
    return structure === undefined ? undefined : this.#found(structure);
  }

  #found(structure: Structure): Finding {
    let shape = '';
    for (let back = Math.min(this.#count, 10) - 1; back >= 0; back--)
      shape += this.kind(back) === 'w' ? letterOf(this.word(back)) : this.kind(back);
    return { structure, shape };
  }

  /** The kind of a token: 0 is the newest. `''` stands for the start and the end. */
  kind(back: number): SqlKind | '' {
    return back < this.#count ? this.#kinds[(this.#count - 1 - back) % KEPT]! : '';
  }

  word(back: number): string {
    return back < this.#count ? this.#words[(this.#count - 1 - back) % KEPT]! : '';
  }

  #look(kind: SqlKind | '', word: string): Structure | undefined {
    if (this.#list !== undefined) {
      const found = this.#readSelect(this.#list, kind, word);
      if (found !== undefined) return found;
    }
    if (kind === 'w') {
      if (word === 'select') this.#beginSelect();
      const found = this.#lookAtWord(word);
      if (found !== undefined) return found;
    }
    return this.#lookAtEquality(kind, word) ?? this.#lookAtCall(kind) ?? this.#lookAtSleep(kind) ?? this.#lookAtStatement(kind, word);
  }

  /** True if an expression may begin after the token `back`: the start, an operator, a keyword, a mark of a string. */
  #isOpen(back: number): boolean {
    const kind = this.kind(back);
    if (kind === 'w')
      return BEFORE_EXPRESSION.has(this.word(back)) || STATEMENTS.has(this.word(back)) || EXPRESSION_WORDS.has(this.word(back));
    if (kind === '(') {
      const before = this.kind(back + 1);
      return before !== 'w' || this.#isOpen(back + 1) || SQL_FUNCTIONS.has(this.word(back + 1)) || isHarmful(this.word(back + 1));
    }
    return kind !== 'n' && kind !== 'v' && kind !== ')';
  }

  #beginSelect(): void {
    let back = 1;
    while (this.kind(back) === '(' && back < KEPT - 4) back++;
    const isInParentheses = back > 1;
    while ((UNION_MODIFIERS.has(this.word(back)) || this.kind(back) === 'o') && back < KEPT - 2) back++;
    const isAfterUnion = this.kind(back) === 'w' && SET_OPERATORS.has(this.word(back));
    this.#list = {
      ...{ isAfterUnion, isAnchored: isAfterUnion || this.#isOpen(1) || this.kind(1) === 'n', isInParentheses },
      ...{ columns: 0, marked: 0, rich: 0, stars: 0, wordsInRow: 0, depth: 0, phase: 'columns' },
    };
  }

  #readSelect(list: SelectList, kind: SqlKind | '', word: string): Structure | undefined {
    if (list.phase === 'columns') return this.#readColumns(list, kind, word);
    if (kind === 'q' || kind === '(') return undefined;
    if (list.phase === 'from') {
      if (kind !== 'w' && kind !== 'v') return this.#endSelect();
      if (word === 'select') return undefined;
      list.phase = 'source';
      list.wordsInRow = 1;
      return list.isAfterUnion || (list.isAnchored && list.rich > 0) ? this.#hitSelect(list) : undefined;
    }
    // After the name of the table prose goes on with words, SQL with a clause, a sign or the end.
    const isEnd = kind !== 'w' || FROM_CLAUSES.has(word);
    const isPlain = list.marked === 0 && list.columns < 2 && !(list.isInParentheses || FROM_CLAUSES.has(word));
    this.#list = undefined;
    if (!isEnd || isPlain || !(list.isAnchored || list.rich > 0)) return undefined;
    // `select x from y where` is how people write about SQL.
    if (list.marked === 0 && !list.isInParentheses && list.columns < 2 && kind === 'w')
      return this.kind(3) === '&' || LOGIC_WORDS.has(this.word(4)) ? 'sql-subquery' : undefined;
    return this.#hitSelect(list);
  }

  #readColumns(list: SelectList, kind: SqlKind | '', word: string): Structure | undefined {
    if (kind === 'w' && word === 'from' && list.columns > 0) {
      list.phase = 'from';
      return undefined;
    }
    if (kind === 'w' && (SELECT_MODIFIERS.has(word) || word === 'case' || word === 'as')) return undefined;
    if (kind === 'w' && word === 'select') return undefined;
    if (kind === 'w' && list.columns === 0 && LOGIC_WORDS.has(word)) return this.#endSelect();
    if (kind === 'n' && this.word(1) === 'top') return undefined;
    if (kind === 'q' || kind === '{') {
      if (list.wordsInRow > 0 && kind === 'q' && this.kind(2) === 'q') list.marked++;
      list.wordsInRow = 0;
      return undefined;
    }
    if (
      kind === 'n' ||
      kind === 'v' ||
      (kind === 'w' && CONSTANTS.has(word)) ||
      (kind === 'o' && word === '*' && list.wordsInRow === 0 && this.kind(1) !== 'o')
    ) {
      list.columns++;
      list.marked++;
      if (kind !== 'n') list.rich++;
      if (kind === 'o') list.stars++;
      list.wordsInRow = 0;
      return list.isAfterUnion ? this.#hitSelect(list) : undefined;
    }
    if (kind === 'w') {
      list.columns += list.wordsInRow === 0 ? 1 : 0;
      if (++list.wordsInRow > 2) return this.#endSelect();
      return undefined;
    }
    if (kind === ')' && list.depth > 0) {
      list.depth--;
      return undefined;
    }
    if (kind === '(') {
      list.depth++;
      if (list.wordsInRow > 0 && (SQL_FUNCTIONS.has(this.word(1)) || isHarmful(this.word(1)))) {
        list.marked++;
        list.rich++;
        if (list.isAfterUnion || list.isAnchored) return this.#hitSelect(list);
      } else if (list.wordsInRow > 0) {
        list.marked++;
        list.rich++;
        if (list.isAfterUnion) return this.#hitSelect(list);
      }
      return undefined;
    }
    return this.#endColumns(list, kind);
  }

  /** A sign in or after the columns. */
  #endColumns(list: SelectList, kind: SqlKind | ''): Structure | undefined {
    const { wordsInRow } = list;
    // Scanners send the head alone: `1 union select`.
    if (list.isAfterUnion && list.columns === 0 && (kind === '' || kind === 'c')) return this.#hitSelect(list);
    list.wordsInRow = 0;
    const isAtEnd = kind === '' || kind === 'c' || kind === ')' || kind === ';';
    if (list.isAfterUnion && (kind === ',' || isAtEnd || kind === 'o' || kind === '=') && list.columns > 0 && wordsInRow < 2)
      return this.#hitSelect(list);
    if (kind === ',' || kind === 'o' || kind === '&' || kind === '=') {
      if (kind !== ',' && list.columns > 0 && list.isAnchored && list.isInParentheses && list.marked > 0) return this.#hitSelect(list);
      return undefined;
    }
    const isRich = list.rich > (wordsInRow > 0 ? list.stars : 0);
    if (isAtEnd && list.isAnchored && (isRich || (list.marked > 0 && (list.isInParentheses || kind === 'c')))) return this.#hitSelect(list);
    return this.#endSelect();
  }

  #endSelect(): undefined {
    this.#list = undefined;
  }

  #hitSelect(list: SelectList): Structure {
    return list.isAfterUnion ? 'sql-union' : 'sql-subquery';
  }

  #lookAtWord(word: string): Structure | undefined {
    const one = this.word(1);
    if ((word === 'outfile' || word === 'dumpfile') && one === 'into') return 'sql-clause';
    if ((word === 'delay' || word === 'time') && one === 'waitfor') return 'sql-statement';
    if (word === 'analyse' && one === 'procedure') return 'sql-clause';
    if (word === 'infile' && (one === 'data' || one === 'xml' || this.word(2) === 'xml' || this.word(2) === 'data')) return 'sql-statement';
    if ((word === 'row' || this.kind(0) === '(') && one === 'values' && SET_OPERATORS.has(this.word(2))) return 'sql-union';
    if (word === 'case') this.#startCase();
    else if (this.#case > 0) return this.#readCase(word);
    return undefined;
  }

  #startCase(): void {
    this.#case = 1;
    this.#caseMarks = 0;
  }

  /** `case … when … then … end` with signs or numbers in it. */
  #readCase(word: string): Structure | undefined {
    if (word === 'when' && (this.#case === 1 || this.#case === 3)) this.#case = 2;
    else if (word === 'then' && this.#case === 2) this.#case = 3;
    else if (word === 'end' && this.#case === 3 && (this.kind(1) !== 'w' || CONSTANTS.has(this.word(1)))) return 'sql-condition';
    else if (this.#case === 1 && word !== 'when' && ++this.#caseMarks > 2) this.#case = 0;
    return undefined;
  }

  /**
   * `or 1=1`, `or 'a'='a'`, `or x=x`: a logical operator, then a comparison of two numbers or of the same word, after
   * which no prose follows.
   */
  #lookAtEquality(kind: SqlKind | '', word: string): Structure | undefined {
    if (kind === 'w' && !KEYWORD_OPERATORS.has(word) && !STATEMENTS.has(word) && !AFTER_CONDITION.has(word)) return undefined;
    if ((kind === '' || kind === 'c') && this.#endsInEmptyStrings()) return 'sql-condition';
    let back = this.#skip(1, CLOSING);
    const right = this.#operand(back);
    if (right === undefined) return undefined;
    back = this.#skip(back + right.length, OPENING);
    if (
      this.kind(back) !== '=' &&
      !(this.kind(back) === 'w' && (this.word(back) === 'like' || this.word(back) === 'is' || this.word(back) === 'rlike'))
    )
      return undefined;
    const isOrder = this.word(back) === '<' || this.word(back) === '>' || this.word(back).length === 2;
    back = this.#skip(back + 1, CLOSING);
    const left = this.#operand(back);
    if (left === undefined || left.kind !== right.kind || left.isQuoted !== right.isQuoted) return undefined;
    if (left.kind === 'w' && left.word !== right.word) return undefined;
    back = this.#skip(back + left.length, OPENING);
    const isLogic =
      this.kind(back) === '&' ||
      (this.kind(back) === 'w' && (LOGIC_WORDS.has(this.word(back)) || this.word(back) === 'having' || this.word(back) === 'where'));
    if (!isLogic) return undefined;
    if (isOrder && this.kind(back + 1) === 'w' && !left.isQuoted) return undefined;
    return 'sql-condition';
  }

  /** `or ''='` at the end. */
  #endsInEmptyStrings(): boolean {
    const isEmpty = this.kind(1) === 'q' && this.kind(2) === '=' && this.kind(3) === 'q' && this.kind(4) === 'q';
    return isEmpty && (this.kind(5) === '&' || LOGIC_WORDS.has(this.word(5)));
  }

  /** One operand that ends at `back`: a number, a word, or an empty string. */
  #operand(back: number): { kind: SqlKind | ''; word: string; length: number; isQuoted: boolean } | undefined {
    const kind = this.kind(back);
    const isQuoted = this.kind(back - 1) === 'q' || this.kind(back + 1) === 'q';
    if (kind === 'n') return { kind, word: '', length: 1, isQuoted };
    if (kind === 'w' && !KEYWORD_OPERATORS.has(this.word(back)) && !STATEMENTS.has(this.word(back)))
      return { kind, word: this.word(back), length: 1, isQuoted };
    return undefined;
  }

  #skip(from: number, marks: ReadonlySet<string>): number {
    let back = from;
    while (
      back < KEPT &&
      (marks.has(this.kind(back)) ||
        (marks === OPENING && this.kind(back) === 'o' && SIGNS.has(this.word(back))) ||
        (marks === OPENING && UNARY_WORDS.has(this.word(back))))
    )
      back++;
    return back;
  }

  /** A harmful function with its opening parenthesis and a first argument, where an expression may begin. */
  #lookAtCall(kind: SqlKind | ''): Structure | undefined {
    if (this.#isEscapedCall()) return 'sql-function';
    if (this.kind(1) !== '(' || this.kind(2) !== 'w' || !isHarmful(this.word(2))) return undefined;
    // `sleep (8 hours)` is prose; `lookAtSleep` waits for what follows.
    if (this.word(2) === 'sleep' && (this.kind(3) === '' || kind === 'w') && this.word(0) !== 'select' && !SQL_FUNCTIONS.has(this.word(0)))
      return undefined;
    // The names without `_` are words too (`benchmark (see below)`): their first argument must be a value.
    if (
      (kind === 'w' || kind === ')') &&
      !this.word(2).includes('_') &&
      !SQL_FUNCTIONS.has(this.word(0)) &&
      !CONSTANTS.has(this.word(0)) &&
      this.word(0) !== 'select'
    )
      return undefined;
    return kind !== '' && this.#isOpenBefore(3) ? 'sql-function' : undefined;
  }

  /** `{fn sleep(5)}`, the escape of ODBC and JDBC for a function. */
  #isEscapedCall(): boolean {
    const name = this.word(1);
    return this.kind(0) === '(' && this.word(2) === 'fn' && this.kind(3) === '{' && (SQL_FUNCTIONS.has(name) || isHarmful(name));
  }

  /** `sleep(5)` at the very start, where prose would go on with a word or a comma. */
  #lookAtSleep(kind: SqlKind | ''): Structure | undefined {
    const isCall = this.kind(1) === ')' && this.kind(2) === 'n' && this.kind(3) === '(' && this.word(4) === 'sleep' && this.kind(5) === '';
    return isCall && kind !== 'w' && kind !== ',' && kind !== 'n' ? 'sql-function' : undefined;
  }

  #isOpenBefore(back: number): boolean {
    return this.kind(back) === '' || this.kind(back) === 'n' || this.kind(back) === ')' || this.#isOpen(back);
  }

  #lookAtStatement(kind: SqlKind | '', word: string): Structure | undefined {
    return findStatement(this, kind, word) ? 'sql-statement' : undefined;
  }
}

const EXPRESSION_WORDS = new Set(['then', 'else', 'when', 'by', 'having', 'where', 'from', 'case', 'if', 'union', 'on', 'limit', 'into']);
const SET_OPERATORS = new Set(['union', 'except', 'intersect', 'minus']);
const UNION_MODIFIERS = new Set(['all', 'distinct', 'distinctrow']);
const AFTER_CONDITION = new Set(['union', 'order', 'group', 'limit', 'having', 'procedure', 'into', 'for']);
const FROM_CLAUSES = new Set([...AFTER_CONDITION, 'where', 'join', 'natural', 'inner', 'cross', 'offset', 'fetch']);
const CLOSING = new Set(['q', ')']);
const OPENING = new Set(['q', '(']);
const SIGNS = new Set(['+', '-', '~', '!']);

/** Letters of words in the shape: those of the grammar show their role, all others are `w`. */
function letterOf(word: string): string {
  if (LOGIC_WORDS.has(word)) return '&';
  if (WORD_COMPARISONS.has(word)) return '=';
  if (SET_OPERATORS.has(word)) return 'U';
  if (STATEMENTS.has(word)) return 'E';
  if (SQL_FUNCTIONS.has(word)) return 'f';
  return CONSTANTS.has(word) ? '1' : 'w';
}
