/** Attribute value templates (XSLT 1.0, 7.6.2): texts with XPath expressions in braces. */
import type { Text } from '../../../engine/contract/values/texts.ts';

/** Attributes of XSLT elements that are templates (XSLT 1.0, appendix B). Those of literal elements all are. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  attribute: ['name', 'namespace'],
  element: ['name', 'namespace'],
  number: ['format', 'lang', 'letter-value', 'grouping-separator', 'grouping-size'],
  'processing-instruction': ['name'],
  sort: ['lang', 'data-type', 'order', 'case-order'],
};

export function isTemplate(element: string, attribute: string): boolean {
  return TEMPLATES[element]?.includes(attribute) === true;
}

/** A pair of braces that stand for one, an expression (with its literals, which may hold braces), or a brace alone. */
const PARTS = /\{\{|\}\}|\{((?:[^}"']|"[^"]*"|'[^']*')*)\}|[{}]/g;

const BRACE: Text = {
  'zh-CN': '的花括号不成对；文字中的花括号须写成 {{ 或 }}',
  en: 'a brace has no partner; write {{ or }} for a brace in text',
};
const EMPTY: Text = { 'zh-CN': '的花括号中没有表达式', en: 'there is no expression between the braces' };

/** Returns the first problem of a template. `check` returns that of an expression. */
export function templateProblem(template: string, check: (expression: string) => Text | undefined): Text | undefined {
  for (const [part, expression] of template.matchAll(PARTS)) {
    if (part === '{' || part === '}') return BRACE;
    if (expression === undefined) continue;
    const problem = expression.trim() === '' ? EMPTY : check(expression);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
