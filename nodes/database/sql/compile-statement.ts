/**
 * Replaces the parameters `:name` of a statement by the placeholders of its database. Strings, quoted names, comments
 * and casts (`::text`) are left alone. Runs in linear time.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { SqlSyntax } from './syntax.ts';

export interface CompiledStatement {
  readonly text: string;
  /** The name of the parameter for each value that the statement gets, in order. */
  readonly names: readonly string[];
}

/**
 * Throws DATABASE_STATEMENT (input) if a string, name or comment has no end, if there is more than one statement, or
 * none.
 */
export function compileStatement(sql: string, syntax: SqlSyntax): CompiledStatement {
  const names: string[] = [];
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  let isEnded = false;
  while (at < sql.length) {
    const quotedEnd = endOfQuoted(sql, at, syntax);
    const name = quotedEnd === undefined ? parameterAt(sql, at) : undefined;
    if (quotedEnd !== undefined) {
      if (isEnded && !isComment(sql, at)) throw several();
      at = quotedEnd;
    } else if (name !== undefined) {
      if (isEnded) throw several();
      parts.push(sql.slice(from, at), syntax.placeholder(positionOf(name, names, syntax)));
      at += name.length + 1;
      from = at;
    } else if (sql[at] === ';') {
      if (!isEnded) parts.push(sql.slice(from, at));
      isEnded = true;
      at += 1;
    } else {
      if (isEnded && !/\s/.test(sql[at]!)) throw several();
      at += sql.startsWith('::', at) ? 2 : 1;
    }
  }
  if (!isEnded) parts.push(sql.slice(from));
  const text = parts.join('').trim();
  if (text === '') throw refused('empty', 'there is no statement', 'Write one SQL statement.');
  return { text, names };
}

function positionOf(name: string, names: string[], { isNumbered }: SqlSyntax): number {
  const known = isNumbered ? names.indexOf(name) : -1;
  return known === -1 ? names.push(name) : known + 1;
}

/** Returns the name of the parameter that begins here. A colon behind a letter or digit is none: `a[1:n]`. */
function parameterAt(sql: string, at: number): string | undefined {
  if (sql[at] !== ':' || /[\w:]/.test(sql[at - 1] ?? '')) return undefined;
  const name = /[A-Za-z_]\w*/y;
  name.lastIndex = at + 1;
  return name.exec(sql)?.[0];
}

function isComment(sql: string, at: number): boolean {
  return sql.startsWith('--', at) || sql.startsWith('/*', at) || sql[at] === '#';
}

/** Returns where the string, quoted name or comment ends that begins here; undefined if none begins here. */
function endOfQuoted(sql: string, at: number, syntax: SqlSyntax): number | undefined {
  const character = sql[at]!;
  if (syntax.hasOracleQuote === true && isOracleQuote(sql, at)) return endOfOracleQuote(sql, at);
  if (syntax.strings.includes(character)) return endOfString(sql, at, syntax);
  const close = syntax.names[character];
  if (close !== undefined) return endAfter(sql, close, at + 1, 'name');
  if (sql.startsWith('--', at) || (character === '#' && syntax.hasHashComment)) return endOfLine(sql, at);
  if (sql.startsWith('/*', at)) return endOfComment(sql, at, syntax);
  if (character === '$' && syntax.hasDollarQuote && !/[\w$]/.test(sql[at - 1] ?? '')) {
    const tag = /\$(?:[A-Za-z_]\w*)?\$/y;
    tag.lastIndex = at;
    const [opening] = tag.exec(sql) ?? [];
    if (opening !== undefined) return endAfter(sql, opening, at + opening.length, 'string');
  }
  return undefined;
}

/** `q'[ … ]'`, also after `n` for the national character set. */
function isOracleQuote(sql: string, at: number): boolean {
  return sql[at] === "'" && /(?:^|[^\w$#])[nN]?[qQ]$/.test(sql.slice(Math.max(0, at - 3), at)) && at + 1 < sql.length;
}

function endOfOracleQuote(sql: string, at: number): number {
  const opening = sql[at + 1]!;
  const closing = ({ '[': ']', '{': '}', '(': ')', '<': '>' } as Readonly<Record<string, string>>)[opening] ?? opening;
  return endAfter(sql, `${closing}'`, at + 2, 'string');
}

/** A doubled quote needs no care where no backslash escapes: it ends the string and begins the next. */
function endOfString(sql: string, at: number, { hasBackslash }: SqlSyntax): number {
  const quote = sql[at]!;
  if (!hasBackslash && !/(?:^|\W)[eE]$/.test(sql.slice(Math.max(0, at - 2), at))) return endAfter(sql, quote, at + 1, 'string');
  for (let next = at + 1; next < sql.length; next++) {
    if (sql[next] === '\\') next += 1;
    else if (sql[next] === quote && sql[next + 1] === quote) next += 1;
    else if (sql[next] === quote) return next + 1;
  }
  throw open('string', at);
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end === -1 ? sql.length : end;
}

function endOfComment(sql: string, at: number, { hasNestedComment }: SqlSyntax): number {
  if (!hasNestedComment) return endAfter(sql, '*/', at + 2, 'comment');
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  throw open('comment', at);
}

function endAfter(sql: string, close: string, from: number, what: 'string' | 'name' | 'comment'): number {
  const end = sql.indexOf(close, from);
  if (end === -1) throw open(what, from - 1);
  return end + close.length;
}

function open(what: 'string' | 'name' | 'comment', at: number): AppError {
  const position = at + 1;
  return refused(what, `a ${what} begins at character ${position} and does not end`, 'Close it.', { position });
}

function several(): AppError {
  return refused('several', 'there is more than one statement', 'Use one node per statement.');
}

function refused(problem: string, why: string, fix: string, values: { readonly position?: number } = {}): AppError {
  return new AppError('DATABASE_STATEMENT', 'input', `The SQL cannot be used: ${why}.`, { values: { problem, ...values }, fix });
}
