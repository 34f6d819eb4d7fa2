/** Checks a stylesheet as far as that is possible without compiling it: its form, version, charset and expressions. */
import { createRequire } from 'node:module';
import type { SaxesParser, SaxesTagNS } from 'saxes';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { canonicalCharset } from '../../shared/charset/text-charset.ts';
import { isTemplate, templateProblem } from './attribute-template.ts';
import { EXSLT_FUNCTIONS, StylesheetNames } from './stylesheet-names.ts';
import { unknownName } from './xpath-names.ts';
import { createXPathCheck } from './xpath-syntax.ts';

const require = createRequire(import.meta.url);
const XSL = 'http://www.w3.org/1999/XSL/Transform';
const XMLNS = 'http://www.w3.org/2000/xmlns/';
/** Elements that a processor may know, with attributes of their own meaning. */
const EXTENSIONS = /^http:\/\/(?:exslt\.org|icl\.com)\//;
const MOST_PROBLEMS = 20;
const MAX_DEPTH = 200;

/** Attributes of XSLT elements that hold an expression or a pattern (XSLT 1.0, appendix B). */
const KINDS: ReadonlyMap<string, 'expression' | 'pattern'> = new Map([
  ...['select', 'test', 'use', 'value'].map((name) => [name, 'expression'] as const),
  ...['match', 'count', 'from'].map((name) => [name, 'pattern'] as const),
]);

export interface Output {
  readonly method: string | undefined;
  readonly encoding: string | undefined;
}

interface Read {
  readonly output: Output;
  readonly problems: readonly Text[];
}

/** Returns what `xsl:output` says. Of several, the last one counts. */
export function readOutput(stylesheet: string): Output {
  return readStylesheet(stylesheet, false).output;
}

/**
 * Returns the problems of a stylesheet, with their lines. `parameters`: the names of the parameters that it gets. A
 * stylesheet that asks `function-available` may name functions that are not there.
 */
export function stylesheetProblems(stylesheet: string, parameters: readonly string[]): readonly Text[] {
  return readStylesheet(stylesheet, true, parameters).problems;
}

function readStylesheet(stylesheet: string, checks: boolean, parameters: readonly string[] = []): Read {
  // Loaded when a stylesheet is first read, since it takes some of the time of a start.
  const { SaxesParser } = require('saxes') as typeof import('saxes');
  const parser = new SaxesParser({ xmlns: true, position: checks });
  const problems: LineProblem[] = [];
  const names = new StylesheetNames<AttributePlace>(parameters);
  let output: Output = { method: undefined, encoding: undefined };
  let depth = 0;
  /** The depth of an element for extensions or for data of its author, whose content is not read as a template. */
  let foreignDepth = Infinity;
  let isFunction = false;
  let isBroken = false;
  const checkAttribute = createAttributeCheck(parser, names, problems, () => depth <= foreignDepth || isFunction);
  const add = (zhCN: string, en: string) => void problems.push({ line: parser.line, 'zh-CN': zhCN, en });

  function checkElement({ local, attributes }: SaxesTagNS): void {
    const isInSheet = local === 'stylesheet' || local === 'transform';
    for (const { name, value } of Object.values(attributes)) {
      const kind = isTemplate(local, name) ? 'template' : KINDS.get(name);
      if (isInSheet && name === 'version') checkVersion(value);
      else if (kind !== undefined) checkAttribute(local, name, value, kind);
    }
    if (local === 'import' || local === 'include')
      add('不能使用 xsl:import 和 xsl:include，请写在一个样式表中', 'xsl:import and xsl:include are not allowed: write one stylesheet');
  }

  function checkVersion(version: string): void {
    if (/^\s*1\.[01]\s*$/.test(version)) return;
    add(`不支持 XSLT ${shown(version)}，请改写为 1.0`, `XSLT ${shown(version)} is not supported; write it in version 1.0`);
  }

  function checkLiteral({ name: element, attributes }: SaxesTagNS): void {
    for (const { name, value, uri } of Object.values(attributes))
      if (uri !== XSL && uri !== XMLNS && /[{}]/.test(value)) checkAttribute(element, name, value, 'template');
  }

  function readOutputElement({ attributes }: SaxesTagNS): void {
    const { method, encoding } = attributes;
    output = { method: method?.value.trim() ?? output.method, encoding: encoding?.value.trim() ?? output.encoding };
    const isKnown = !checks || encoding === undefined || charsetOf(output) !== undefined;
    if (!isKnown) problems.push({ line: parser.line, ...unknownCharset(encoding.value) });
  }

  parser.on('opentag', (tag) => {
    const isRoot = (depth += 1) === 1;
    if (isRoot && checks && !(tag.uri === XSL && /^(?:stylesheet|transform)$/.test(tag.local)))
      add('根元素须为 xsl:stylesheet', 'the root element must be xsl:stylesheet');
    if (depth === MAX_DEPTH + 1) add(`嵌套超过 ${MAX_DEPTH} 层`, `it is nested deeper than ${MAX_DEPTH} levels`);
    if (isBroken) return;
    if (tag.uri === XSL && tag.local === 'output') readOutputElement(tag);
    if (tag.uri !== XSL && (depth === 2 || EXTENSIONS.test(tag.uri)) && depth < foreignDepth) {
      foreignDepth = depth;
      isFunction = tag.uri === EXSLT_FUNCTIONS;
    }
    names.openElement(tag, (prefix) => parser.resolve(prefix));
    if (!checks || problems.length >= MOST_PROBLEMS) return;
    if (tag.uri === XSL) checkElement(tag);
    else if (depth < foreignDepth) checkLiteral(tag);
  });
  parser.on('closetag', () => {
    if (!isBroken) names.closeElement();
    if (depth === foreignDepth) foreignDepth = Infinity;
    depth -= 1;
  });
  parser.on('error', () => {
    if (!isBroken) add('不是格式正确的 XML', 'it is no well-formed XML');
    isBroken = true;
  });
  parser.write(stylesheet.charCodeAt(0) === 0xfeff ? stylesheet.slice(1) : stylesheet).close();
  if (!isBroken) problems.push(...unknownNames(names, stylesheet));
  const inOrder = problems.sort((one, other) => one.line - other.line).slice(0, MOST_PROBLEMS);
  return { output, problems: inOrder.map(withLine) };
}

interface LineProblem extends Text {
  readonly line: number;
}

interface AttributePlace {
  readonly line: number;
  readonly element: string;
  readonly name: string;
  readonly value: string;
}

/** `isCode` returns false in data of the author, whose names mean nothing to the processor. */
function createAttributeCheck(
  parser: Pick<SaxesParser<{ xmlns: true }>, 'line' | 'resolve'>,
  names: StylesheetNames<AttributePlace>,
  problems: LineProblem[],
  isCode: () => boolean,
) {
  const check = createXPathCheck();
  const resolve = (prefix: string) => parser.resolve(prefix);
  return (element: string, name: string, value: string, kind: 'expression' | 'pattern' | 'template'): void => {
    const place = { line: parser.line, element, name, value };
    const checkXPath = (text: string, as: 'expression' | 'pattern') => {
      const problem = check(text, as, (prefix) => resolve(prefix) !== undefined);
      if (problem === undefined && isCode()) names.use(text, resolve, place);
      return problem;
    };
    const problem = kind === 'template' ? templateProblem(value, (text) => checkXPath(text, 'expression')) : checkXPath(value, kind);
    if (problem !== undefined) problems.push(atAttribute(place, problem));
  };
}

function atAttribute({ line, element, name, value }: AttributePlace, problem: Text): LineProblem {
  const [zhCN, en] = [
    `${element} 的 ${name}（${shown(value)}）${problem['zh-CN']}`,
    `${name} of ${element} (${shown(value)}): ${problem.en}`,
  ];
  return { line, 'zh-CN': zhCN, en };
}

function unknownNames(names: StylesheetNames<AttributePlace>, stylesheet: string): readonly LineProblem[] {
  const isAsked = stylesheet.includes('function-available');
  return names
    .unknown()
    .filter(({ kind }) => kind === 'variable' || !isAsked)
    .map((name) => atAttribute(name.place, unknownName(name)));
}

function withLine({ line, 'zh-CN': zhCN, en }: LineProblem): Text {
  return { 'zh-CN': `第 ${line} 行：${zhCN}`, en: `Line ${line}: ${en}.` };
}

function unknownCharset(encoding: string): Text {
  return {
    'zh-CN': `不支持输出字符集 ${shown(encoding)}，可用 UTF-8、GBK、GB18030、Big5、ISO-8859-1 等`,
    en: `the charset ${shown(encoding)} is not supported; UTF-8, GBK, GB18030, Big5 and ISO-8859-1 are, for example`,
  };
}

/** Returns the IANA name of the charset of an output; undefined if it is unknown. */
export function charsetOf({ encoding = 'UTF-8' }: Output): string | undefined {
  try {
    return canonicalCharset(encoding);
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
