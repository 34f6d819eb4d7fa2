/** Says what is wrong with XPath 1.0 expressions and XSLT 1.0 patterns, without evaluating them. */
import { createRequire } from 'node:module';
import type { Text } from '../../../engine/contract/values/texts.ts';

/** Parsed characters, so that a large stylesheet can be checked in time. What is beyond is found with the first message. */
const MOST_CHARACTERS = 30_000;

const require = createRequire(import.meta.url);

/** The part of the package `xpath` that parses. The package has no types for it, and those it has bring a browser's into the program. */
interface XPathParser {
  readonly BarOperation: new () => Union;
  parse(text: string): { readonly expression: { readonly expression: Expression } };
}

interface Expression {
  readonly locationPath?: { readonly steps: readonly { readonly axis: number }[] };
  readonly filter?: { readonly functionName?: string };
  readonly filterPredicates?: readonly unknown[];
}

interface Union extends Expression {
  readonly lhs: Expression;
  readonly rhs: Expression;
}

export type XPathCheck = (text: string, kind: 'expression' | 'pattern', isDeclared: (prefix: string) => boolean) => Text | undefined;

/** Creates a check for the expressions of one configuration. It returns the problem of an expression. */
export function createXPathCheck(): XPathCheck {
  const known = new Map<string, Text | undefined>();
  let left = MOST_CHARACTERS;
  return (text, kind, isDeclared) => {
    const key = `${kind} ${text}`;
    if (!known.has(key) && text.length <= left) {
      left -= text.length;
      known.set(key, syntaxProblem(text, kind));
    }
    return known.get(key) ?? prefixProblem(text, isDeclared);
  };
}

function syntaxProblem(text: string, kind: 'expression' | 'pattern'): Text | undefined {
  // Loaded when an expression is first checked, since it takes some of the time of a start.
  const { parse, BarOperation } = require('xpath') as XPathParser;
  let expression: Expression;
  try {
    ({ expression } = parse(simplified(text)).expression);
  } catch {
    return { 'zh-CN': '不是有效的 XPath 1.0', en: 'it is no valid XPath 1.0' };
  }
  if (kind === 'expression' || isPattern(expression, BarOperation)) return undefined;
  return { 'zh-CN': '不是有效的匹配模式（XSLT 1.0）', en: 'it is no valid pattern of XSLT 1.0' };
}

/** The library knows fewer letters than XML has, no number that ends with a point, and no blank before the parenthesis of a function. */
function simplified(text: string): string {
  return text
    .replace(/[^\x00-\x7f]/gu, 'x')
    .replace(/(\d)\.(?![\d.])/g, '$1')
    .replace(/(?<!(?<![\w.-])(?:and|or|div|mod))(?<=[\w.-])[ \t\r\n]+\(/g, '(');
}

/** The axes of patterns as the library numbers them: attribute, child, and that of `//`. */
const AXES: ReadonlySet<number> = new Set([2, 3, 5]);

function isPattern(expression: Expression, union: XPathParser['BarOperation']): boolean {
  if (expression instanceof union) return isPattern(expression.lhs, union) && isPattern(expression.rhs, union);
  const { locationPath, filter, filterPredicates = [] } = expression;
  if (filter !== undefined && !(/^(?:id|key)$/.test(filter.functionName ?? '') && filterPredicates.length === 0)) return false;
  if (filter === undefined && locationPath === undefined) return false;
  return locationPath?.steps.every(({ axis }) => AXES.has(axis)) ?? true;
}

/** A literal, or a name with the colon of a prefix. */
const TOKENS = /"[^"]*"|'[^']*'|([\p{L}_][\p{L}\p{M}\p{N}._-]*)(:(?!:))?/gu;

function prefixProblem(text: string, isDeclared: (prefix: string) => boolean): Text | undefined {
  for (const [, name, colon] of text.matchAll(TOKENS))
    if (name !== undefined && colon !== undefined && !isDeclared(name))
      return { 'zh-CN': `前缀“${name}”没有声明`, en: `the prefix "${name}" is not declared` };
  return undefined;
}
