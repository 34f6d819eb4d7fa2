/** Marks the problems of a JSON document where they are in its text. Pure. */
import { jsonLanguage } from '@codemirror/lang-json';
import type { Diagnostic } from '@codemirror/lint';
import { fieldOf } from '../../../../engine/contract/schema/schema-problem.ts';
import { parseJson } from './parse-json.ts';

type SyntaxNode = ReturnType<typeof jsonLanguage.parser.parse>['topNode'];

export interface Problem {
  /** JSON Pointer of the problem in the document. */
  readonly pointer: string;
  readonly severity: Diagnostic['severity'];
  readonly what: string;
}

/**
 * Returns the marks for the problems. A problem may name a part that does not exist. Then the first character of the
 * nearest existing value around it is marked. Returns no marks for invalid JSON.
 */
export function marksIn(text: string, problems: readonly Problem[]): readonly Diagnostic[] {
  const root = jsonLanguage.parser.parse(text).topNode.firstChild;
  if (root === null || parseJson(text) === undefined) return [];
  return problems.map(({ pointer, severity, what }) => ({
    ...placeOf(root, pointer, text),
    severity,
    message: pointer === '' ? what : `${fieldOf(pointer)}: ${what}`,
  }));
}

function placeOf(root: SyntaxNode, pointer: string, text: string): { readonly from: number; readonly to: number } {
  let node = root;
  for (const step of stepsOf(pointer)) {
    const inner = memberAt(node, step, text);
    if (inner === undefined) return { from: node.from, to: node.from + 1 };
    node = inner;
  }
  const isWhole = node.name === 'Object' || node.name === 'Array';
  return { from: node.from, to: isWhole ? node.from + 1 : node.to };
}

function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => fieldOf(`/${step}`));
}

/** Returns the part of an object or array that a step of a JSON Pointer names. */
function memberAt(node: SyntaxNode, step: string, text: string): SyntaxNode | undefined {
  if (node.name === 'Object') {
    // If a name occurs twice, JSON parsers use the last one.
    const property = node.getChildren('Property').findLast((one) => nameOf(one, text) === step);
    return property?.lastChild ?? undefined;
  }
  if (node.name !== 'Array') return undefined;
  const items = childrenOf(node).filter(({ name }) => !['[', ']', ',', '⚠'].includes(name));
  return items[Number(step)];
}

function nameOf(property: SyntaxNode, text: string): string | undefined {
  const name = property.getChild('PropertyName');
  return name === null ? undefined : (JSON.parse(text.slice(name.from, name.to)) as string);
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
