/**
 * Inspects an expression's syntax once: which nodes it reads, whether its work is bounded, and whether it must be
 * refused.
 */
import { expressionFunctions } from '../functions/expression-functions.ts';
import type { Syntax } from './compile-syntax.ts';

export interface Inspection {
  /** Ids of the nodes that the expression reads, or `*` if it may read any. */
  readonly names: readonly string[];
  /**
   * True if the work of the expression is bounded by its text and the size of its input, so that it may run in process.
   */
  readonly isBounded: boolean;
  readonly refused: { readonly problem: string; readonly why: string; readonly position: number | undefined } | undefined;
}

const BOUNDED_TYPES: ReadonlySet<string> = new Set([
  'path',
  'name',
  'string',
  'number',
  'value',
  'binary',
  'unary',
  'condition',
  'function',
  'variable',
  'block',
  'wildcard',
  'filter',
]);
const BOUNDED_FUNCTIONS: ReadonlySet<unknown> = new Set([
  'string',
  'number',
  'boolean',
  'not',
  'exists',
  'type',
  'count',
  'sum',
  'max',
  'min',
  'average',
  'length',
  'uppercase',
  'lowercase',
  'trim',
  'substring',
  'substringBefore',
  'substringAfter',
  'contains',
  'split',
  'join',
  'pad',
  'abs',
  'floor',
  'ceil',
  'round',
  'sqrt',
  'formatNumber',
  'toMillis',
  'fromMillis',
  'keys',
  'lookup',
  'append',
  'reverse',
  'merge',
  'now',
  'millis',
]);
/**
 * Positions of arguments that must be literals. If a format or a width came from the data, the work would not be
 * bounded.
 */
const LITERAL_ARGUMENTS: Readonly<Record<string, readonly number[]>> = {
  pad: [1],
  formatNumber: [1, 2],
  toMillis: [1],
  fromMillis: [1, 2],
  round: [1],
};
const MAX_PAD = 1000;
const MAX_DEPTH = 64;

export function inspectSyntax(syntax: Syntax): Inspection {
  const names = new Set<string>();
  let isBounded = true;
  let refused: Inspection['refused'];

  const visit = (node: Syntax, depth: number, place: Place): void => {
    if (depth > MAX_DEPTH) {
      refused ??= { problem: 'depth', why: `it is nested more than ${MAX_DEPTH} levels deep`, position: node.position };
      return;
    }
    if (!isBoundedNode(node)) isBounded = false;
    refused ??= refusalOf(node);
    noteNames(node, place, names);
    const inside = place === 'step' ? 'item' : place;
    for (const child of childrenOf(node)) visit(child, depth + 1, node.type === 'path' ? 'step' : inside);
  };
  visit(syntax, 0, 'top');
  return { names: [...names], isBounded, refused };
}

/**
 * The position of a syntax node. With `top`, its context is the whole scope; with `step`, it is a step of a path; with
 * `item`, its context is an item of a path.
 */
export type Place = 'top' | 'step' | 'item';

function isBoundedNode(node: Syntax): boolean {
  if (!BOUNDED_TYPES.has(node.type) || node.focus !== undefined || node.index !== undefined || node.group !== undefined) return false;
  if (node.type === 'binary') return node.value !== '..';
  if (node.type === 'variable') return node.value === '' || node.value === '$';
  return node.type !== 'function' || isBoundedCall(node);
}

function isBoundedCall(node: Syntax): boolean {
  const name = node.procedure?.type === 'variable' ? node.procedure.value : undefined;
  if (typeof name === 'string' && expressionFunctions.has(name)) return true;
  if (!BOUNDED_FUNCTIONS.has(name)) return false;
  const literals = LITERAL_ARGUMENTS[name as string] ?? [];
  const given = node.arguments ?? [];
  if (!literals.every((index) => given[index] === undefined || given[index].type === 'number' || given[index].type === 'string'))
    return false;
  // A date format (picture) without a year takes the date from JSONata's clock. Only the sandbox sets that clock to the
  // acceptance time.
  if (name === 'toMillis' && given[1] !== undefined && !/\[[YX]/.test(String(given[1].value))) return false;
  return name !== 'pad' || (typeof given[1]?.value === 'number' && Math.abs(given[1].value) <= MAX_PAD);
}

/**
 * Names of functions that are refused at publish. An expression must give the same result on every retry, and must not
 * run unchecked text.
 */
const REFUSED: Readonly<Record<string, string>> = {
  random: '$random gives a different result on every retry',
  shuffle: '$shuffle gives a different result on every retry',
  eval: '$eval would run text that was not checked',
};

function refusalOf(node: Syntax): Inspection['refused'] {
  const name = node.type === 'variable' ? node.value : node.procedure?.type === 'variable' ? node.procedure.value : undefined;
  if (name === 'now' && node.type !== 'variable' && (node.arguments?.length ?? 0) > 0) {
    return { problem: 'now', why: '$now takes no picture here; write $fromMillis($millis(), picture)', position: node.position };
  }
  if (typeof name !== 'string' || !Object.hasOwn(REFUSED, name)) return undefined;
  return { problem: name, why: REFUSED[name]!, position: node.position };
}

/**
 * Adds the ids of the nodes that a syntax node reads. `nodes.<id>` in a path reads one node. `nodes` alone, a wildcard
 * or the whole scope may read any node.
 */
function noteNames(node: Syntax, place: Place, names: Set<string>): void {
  const isWhole = node.type === 'variable' && ((node.value === '' && place === 'top') || (node.value === '$' && place !== 'step'));
  const isBareCall = node.type === 'function' && place === 'top' && node.arguments?.length === 0 && !TIME.has(node.procedure?.value);
  if (isWhole || isBareCall) names.add('*');
  if (node.type !== 'path') return;
  const steps = node.steps ?? [];
  steps.forEach((step, index) => {
    const next = steps[index + 1];
    if (step.type === 'name' && step.value === 'nodes')
      names.add(next?.type === 'name' && step.stages === undefined ? String(next.value) : '*');
    const isOpenStart = index === 0 && step.type === 'variable' && next?.type !== 'name';
    if (isOpenStart || step.type === 'descendant' || (step.type === 'wildcard' && index <= 1)) names.add('*');
  });
}
const TIME: ReadonlySet<unknown> = new Set(['now', 'millis']);

/**
 * Returns the children of a syntax node. Leaves out the name of a called function: the call is checked instead, and the
 * name is not a value.
 */
export function childrenOf(node: Syntax): Syntax[] {
  const children: Syntax[] = [];
  const isNamedCall = node.type === 'function' && node.procedure?.type === 'variable';
  for (const [name, value] of Object.entries(node) as [string, unknown][]) {
    if (!isNamedCall || name !== 'procedure') collect(value, children, 0);
  }
  return children;
}

function collect(value: unknown, into: Syntax[], depth: number): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || depth > 4) return;
  if (Array.isArray(value)) for (const item of value) collect(item, into, depth + 1);
  else if (typeof (value as Syntax).type === 'string') into.push(value as Syntax);
  else for (const item of Object.values(value)) collect(item, into, depth + 1);
}
