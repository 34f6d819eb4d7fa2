/** Names of variables and functions in XPath 1.0 expressions, and the functions that an expression may call. */
import type { Text } from '../../../engine/contract/values/texts.ts';

/** The functions of XPath 1.0, XSLT 1.0 and EXSLT that the XSLT thread knows (`xslt-library.ts`), by namespace. */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  '':
    'last position count id local-name namespace-uri name string concat starts-with contains substring-before ' +
    'substring-after substring string-length normalize-space translate boolean not true false lang number sum floor ' +
    'ceiling round document key format-number current unparsed-entity-uri generate-id system-property ' +
    'element-available function-available',
  'http://exslt.org/common': 'node-set object-type',
  'http://exslt.org/math': 'min max highest lowest constant random abs sqrt power log sin cos tan asin acos atan atan2 exp',
  'http://exslt.org/sets': 'difference intersection distinct has-same-node leading trailing',
  'http://exslt.org/strings': 'tokenize split encode-uri decode-uri padding align concat replace',
  'http://exslt.org/dates-and-times':
    'date-time date time year leap-year month-in-year month-name month-abbreviation week-in-year week-in-month ' +
    'day-in-year day-in-month day-of-week-in-month day-in-week day-name day-abbreviation hour-in-day minute-in-hour ' +
    'second-in-minute add add-duration difference duration seconds sum',
  'http://icl.com/saxon': 'node-set',
  'http://www.jclark.com/xt': 'node-set',
  'http://xmlsoft.org/XSLT/namespace': 'node-set',
};
const KNOWN = new Set(Object.entries(FUNCTIONS).flatMap(([uri, names]) => names.split(' ').map((name) => `{${uri}}${name}`)));

/** Operators and tests that may stand before a parenthesis, as the name of a function does. */
const NO_FUNCTIONS: ReadonlySet<string> = new Set(['and', 'or', 'div', 'mod', 'text', 'comment', 'node', 'processing-instruction']);

export interface UsedName {
  readonly kind: 'variable' | 'function';
  /** As it is written, without `$`. */
  readonly written: string;
  /** With its namespace: `{uri}name`. */
  readonly expanded: string;
}

/** A literal, or a name with its prefix; the name of a variable follows `$`, that of a function precedes `(`. */
const TOKENS = /"[^"]*"|'[^']*'|(\$?)([\p{L}_][\p{L}\p{M}\p{N}._-]*(?::(?!:)[\p{L}_][\p{L}\p{M}\p{N}._-]*)?)([ \t\r\n]*\()?/gu;

/** Returns the variables and functions of a valid expression. `resolve` returns the namespace of a prefix. */
export function namesIn(expression: string, resolve: (prefix: string) => string | undefined): readonly UsedName[] {
  return [...expression.matchAll(TOKENS)].flatMap(([, dollar, written, parenthesis]): UsedName[] => {
    if (written === undefined) return [];
    const isVariable = dollar === '$';
    if (!isVariable && (parenthesis === undefined || NO_FUNCTIONS.has(written))) return [];
    return [{ kind: isVariable ? 'variable' : 'function', written, expanded: expandName(written, resolve) }];
  });
}

export function expandName(written: string, resolve: (prefix: string) => string | undefined): string {
  const colon = written.indexOf(':');
  return colon < 0 ? `{}${written}` : `{${resolve(written.slice(0, colon)) ?? ''}}${written.slice(colon + 1)}`;
}

export function isKnownFunction({ expanded }: UsedName): boolean {
  return KNOWN.has(expanded);
}

export function unknownName({ kind, written }: UsedName): Text {
  return kind === 'variable'
    ? { 'zh-CN': `变量“$${written}”没有声明`, en: `the variable $${written} is not declared` }
    : { 'zh-CN': `没有函数“${written}()”`, en: `there is no function ${written}()` };
}
