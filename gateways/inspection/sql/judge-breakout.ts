import type { Structure } from '../../documents/content-structures.ts';
import {
  ARITHMETIC,
  CALL,
  COMPARISON,
  CONSTANT,
  FUNCTION,
  NUMBER,
  QUERY,
  SERVER,
  STRING,
  UNARY,
  VARIABLE,
  WORD,
} from './expression-parts.ts';
import type { BreakoutReading } from './read-breakout.ts';

/** Returns the structure that a text gives to its statement, if that is another one than with a plain value. */
export function judgeBreakout(reading: BreakoutReading): Structure | undefined {
  return reading.quote === '' ? judgeAsIs(reading) : judgeInString(reading);
}

/** A comment that hides the rest of the statement: nothing or next to nothing stands in it. */
function hidesRest(reading: BreakoutReading): boolean {
  if (reading.comment === '') return true;
  const rest = reading.text.slice(reading.lastStart + reading.comment.length, reading.lastStart + 80).trim();
  return rest.length < 24 && !rest.includes(' ');
}

function judgeAsIs(reading: BreakoutReading): Structure | undefined {
  const { first, end } = reading;
  if (end === 'broken') {
    return reading.strong && first === NUMBER && (reading.later & (FUNCTION | QUERY)) !== 0 ? 'sql-condition' : undefined;
  }
  const isValue = (first & (WORD | COMPARISON)) === 0 && first !== 0;
  if (reading.isUnionHead && isValue) return 'sql-union';
  if (reading.repeats && end === 'end' && reading.later === NUMBER) return 'sql-condition';
  const isAlone = reading.parts === 1;
  const isCut = end === 'comment' && hidesRest(reading);
  if (reading.strong && ((first & COMPARISON) === 0 || (first & WORD) === 0 || (reading.later & (FUNCTION | QUERY | VARIABLE)) !== 0))
    return 'sql-condition';
  if (reading.weak && (isCut || (isValue && (first & STRING) === 0))) return 'sql-condition';
  if (
    (reading.later & (CONSTANT | UNARY | ARITHMETIC)) !== 0 &&
    reading.parts > 1 &&
    (isCut || (isValue && (reading.later & CONSTANT) !== 0 && (reading.later & WORD) === 0))
  )
    return 'sql-condition';
  if (
    reading.parts > 1 &&
    isCut &&
    (reading.later & (NUMBER | STRING | VARIABLE | CONSTANT)) !== 0 &&
    (reading.later & WORD) === 0 &&
    !reading.isOrdered
  )
    return 'sql-condition';
  if (reading.having && reading.depth + reading.closers >= 0 && (reading.later & (NUMBER | CONSTANT)) !== 0 && reading.shape.includes('('))
    return 'sql-clause';
  if (reading.isOrdered) return judgeOrder(reading, isValue, isCut);
  if (
    isAlone &&
    (reading.functions > 1 ||
      (first & SERVER) !== 0 ||
      (first & (FUNCTION | COMPARISON | WORD)) === (FUNCTION | COMPARISON) ||
      ((first & FUNCTION) !== 0 && ((first & VARIABLE) !== 0 || (first & (NUMBER | ARITHMETIC)) === (NUMBER | ARITHMETIC))))
  )
    return 'sql-function';
  const isPlain = (first & ~(NUMBER | VARIABLE | ARITHMETIC | STRING)) === 0 && (first & (NUMBER | VARIABLE)) !== 0;
  if (isAlone && isCut && reading.comment !== '' && isPlain && reading.commas === 0) return isBareCut(reading) ? 'sql-comment' : undefined;
  const isNested = (first & (FUNCTION | QUERY | CALL)) !== 0 || (reading.shape[0] === '(' && (first & WORD) === 0);
  return isAlone && isCut && reading.comment !== '' && isNested && isBareCut(reading) ? 'sql-function' : undefined;
}

/** As it is, a number with a dash or two is common: only the bare marks at the end count. */
function isBareCut(reading: BreakoutReading): boolean {
  const rest = reading.text.slice(reading.lastStart + reading.comment.length).trim();
  return reading.comment !== '#' && (rest === '' || rest === '-' || rest === '+' || rest === '*' || reading.comment === '/*');
}

function judgeOrder(reading: BreakoutReading, isValue: boolean, isCut: boolean): Structure | undefined {
  const isColumn = (reading.orderedBy & (NUMBER | FUNCTION | QUERY)) !== 0;
  return (isColumn && (isValue || isCut)) || (isCut && reading.comment !== '' && reading.orderedBy !== 0) ? 'sql-clause' : undefined;
}

function judgeInString(reading: BreakoutReading): Structure | undefined {
  const { first, later, end } = reading;
  if (reading.strong && (end !== 'broken' || (reading.later & WORD) === 0)) return 'sql-condition';
  if (end === 'broken') return undefined;
  const isCut = end === 'comment' && hidesRest(reading);
  if (reading.weak) return 'sql-condition';
  if (reading.isOrdered && (reading.orderedBy & (NUMBER | FUNCTION)) !== 0) return 'sql-clause';
  if (reading.isOrdered && (isCut || end === 'open')) return 'sql-clause';
  if (reading.parts > 1 && later !== 0 && (isCut || (later & (CONSTANT | UNARY)) !== 0)) return 'sql-condition';
  if (end === 'open') return judgeJoin(reading);
  const isExpression = (first & (COMPARISON | ARITHMETIC)) !== 0;
  if (isExpression && (isCut || (first & (FUNCTION | QUERY)) !== 0)) return 'sql-condition';
  if (end === 'end') return isListed(reading) ? 'sql-condition' : undefined;
  return end === 'comment' && reading.parts === 1 && reading.comment !== '' && isCut ? judgeCut(reading) : undefined;
}

/** `1' in (1)`: one value, which a list in parentheses is compared with. */
function isListed(reading: BreakoutReading): boolean {
  const isComparison = reading.parts === 1 && (reading.first & ~STRING) === (COMPARISON | NUMBER);
  return isComparison && reading.shape.startsWith('sw(') && !reading.text.slice(0, reading.from).includes(' ');
}

/** The text goes on in a string that the statement closes: `x' or 'y`, `x'+'y`. */
function judgeJoin(reading: BreakoutReading): Structure | undefined {
  const { first, later } = reading;
  const hasMore = ((first | later) & ~(STRING | COMPARISON | ARITHMETIC)) !== 0;
  if (reading.parts > 1 && (later & ~STRING) !== 0) return 'sql-condition';
  if ((first & (COMPARISON | ARITHMETIC)) === 0 && reading.parts < 2) return undefined;
  if (reading.quote === '"' && (first & (COMPARISON | FUNCTION | UNARY | CONSTANT)) === 0) return undefined;
  const isPath = reading.parts === 1 && (first & ~(STRING | WORD | ARITHMETIC)) === 0 && isQuotedSign(reading);
  if (hasMore && reading.commas === 0) return isPath ? undefined : 'sql-condition';
  if (reading.quote === '"' || reading.commas > 0 || isQuotedSign(reading)) return undefined;
  return 'sql-string-join';
}

/** `grade 'A' or 'B'`, `the sign '-' or '+'`: quoted words and signs of prose, with a space outside the marks. */
function isQuotedSign(reading: BreakoutReading): boolean {
  const text = reading.text;
  let marks = 0;
  let last = 0;
  for (let at = text.indexOf(reading.quote); at >= 0 && marks < 9; at = text.indexOf(reading.quote, at + 1)) {
    marks++;
    last = at;
  }
  if (marks > 8) return true;
  const isBeside = !isWordCode(text.charCodeAt(reading.from - 2)) && !isWordCode(text.charCodeAt(last + 1));
  const isWhole = reading.from === 1 && last === text.length - 1 && marks === 2 && isLetter(text.charCodeAt(1));
  return isWhole || (reading.from > 1 && isBeside && marks % 2 === 0);
}

/** `admin'--`. After words with spaces a quotation mark with dashes is an apostrophe or a unit of length. */
function judgeCut(reading: BreakoutReading): Structure | undefined {
  const value = reading.text.slice(0, reading.from - 1);
  const isPhrase = value.trim().includes(' ') && reading.closers === 0;
  const rest = reading.text.slice(reading.lastStart + reading.comment.length).trim();
  if (rest.includes(reading.quote)) return undefined;
  if (reading.comment === '#') return isPhrase || rest !== '' ? undefined : 'sql-comment';
  if (reading.quote === '"' && reading.closers === 0 && rest !== '' && reading.comment !== '/*')
    return isPhrase ? undefined : 'sql-comment';
  return isPhrase ? undefined : 'sql-comment';
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

/** True for letters and digits of ASCII and their like, not for letters that are written without spaces. */
function isWordCode(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || (code >= 0xc0 && code < 0x2e80) || code === 0x25 || code === 0x29;
}
