/**
 * Finds names in an expression that do not exist: functions, variables, parts of the scope, and components of date
 * formats (JSONata calls them pictures). JSONata evaluates most of them to "no value", or fails only when a message
 * arrives. Names are checked when a flow is validated, not when a published flow is loaded.
 */
import { expressionFunctions, JSONATA_FUNCTION_NAMES } from '../functions/expression-functions.ts';
import { nearestName } from '../flow/nearest-name.ts';
import type { ErrorValues } from '../contract/values/errors.ts';
import { SCOPE_ROOTS } from '../contract/flow/scope-path.ts';
import type { Syntax } from './compile-syntax.ts';
import { childrenOf, type Place } from './inspect-syntax.ts';

/** A name that does not exist, for an issue with the code 'EXPRESSION_INVALID'. */
export interface NameFault {
  readonly why: string;
  /** The correction to suggest to the author. */
  readonly fix?: string;
  readonly position: number | undefined;
  readonly values: ErrorValues;
}

/** Returns the first name in the expression that does not exist; undefined if all names exist. */
export function nameFault(syntax: Syntax): NameFault | undefined {
  const bound = new Set<unknown>();
  const nodes: { readonly node: Syntax; readonly place: Place }[] = [];
  const visit = (node: Syntax, place: Place): void => {
    for (const name of namesBoundBy(node)) bound.add(name);
    nodes.push({ node, place });
    const inside = place === 'step' || node.type === 'transform' ? 'item' : place;
    for (const child of childrenOf(node)) visit(child, node.type === 'path' ? 'step' : inside);
  };
  visit(syntax, 'top');
  const isKnown = (name: unknown) => name === '' || name === '$' || bound.has(name) || isFunctionName(String(name));
  for (const { node, place } of nodes) {
    const fault = functionFault(node, isKnown) ?? variableFault(node, isKnown) ?? rootFault(node, place) ?? pictureFault(node);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isFunctionName = (name: string) => JSONATA_FUNCTION_NAMES.has(name) || expressionFunctions.has(name);

/** Returns the names of variables that a node binds: `$x := …`, parameters of functions, `@$x` and `#$x`. */
function namesBoundBy(node: Syntax): readonly unknown[] {
  const { type, lhs, focus, index, stages = [] } = node;
  const assigned = type === 'bind' && lhs !== undefined && 'value' in lhs ? [lhs.value] : [];
  const parameters = type === 'lambda' ? (node.arguments ?? []).map(({ value }) => value) : [];
  const positions = stages.flatMap((stage) => (stage.type === 'index' ? [(stage as { readonly value?: unknown }).value] : []));
  return [...assigned, ...parameters, ...positions, ...[focus, index].filter((name) => typeof name === 'string')];
}

function functionFault({ type, procedure, position }: Syntax, isKnown: (name: unknown) => boolean): NameFault | undefined {
  if (type !== 'function' && type !== 'partial') return undefined;
  // Data contains no functions, so a path cannot be called: the author forgot the `$`.
  const called = procedure?.type === 'path' ? procedure.steps?.at(-1)?.value : procedure?.value;
  const isPath = procedure?.type === 'path';
  if (typeof called !== 'string' || (procedure?.type !== 'variable' && !isPath) || (!isPath && isKnown(called))) return undefined;
  const nearest = nearestName(called, [...JSONATA_FUNCTION_NAMES, ...expressionFunctions.keys()]);
  const why = `there is no function ${isPath ? '' : '$'}${called}${nearest === undefined ? '' : `; is $${nearest} meant?`}`;
  return fault('function', why, position, called, nearest);
}

function variableFault({ type, value, position }: Syntax, isKnown: (name: unknown) => boolean): NameFault | undefined {
  if (type !== 'variable' || isKnown(value)) return undefined;
  return fault('variable', `the variable $${String(value)} is never assigned`, position, String(value));
}

function rootFault({ type, steps, position }: Syntax, place: Place): NameFault | undefined {
  const first = steps?.[0];
  if (type !== 'path' || place !== 'top' || first?.type !== 'name' || SCOPE_ROOTS.includes(first.value as never)) return undefined;
  const name = String(first.value);
  const nearest = nearestName(name, SCOPE_ROOTS);
  const why = `a path begins with ${SCOPE_ROOTS.join(', ')}, not with ${name}${nearest === undefined ? '' : `; is ${nearest} meant?`}`;
  return fault('root', why, first.position ?? position, name, nearest);
}

/** Components of XPath pictures (`[Y0001]-[M01]-[D01]`) that JSONata supports. */
const COMPONENTS = 'YMDdFWwXxHhPmsfZzCE';

function pictureFault({ type, procedure, arguments: given = [], position }: Syntax): NameFault | undefined {
  const isTime = type === 'function' && (procedure?.value === 'fromMillis' || procedure?.value === 'toMillis');
  const picture = isTime && given[1]?.type === 'string' ? String(given[1].value) : undefined;
  if (picture === undefined) return undefined;
  const letters = Array.from(picture.replaceAll(/\[\[|\]\]/g, '').matchAll(/\[\s*(.)/g), ([, letter]) => letter!);
  const has = (...wanted: readonly string[]) => wanted.some((letter) => letters.includes(letter));
  const unknown = letters.find((letter) => !COMPONENTS.includes(letter));
  const told = (problem: string, why: string) => fault(problem, `the date picture "${picture}" cannot be used: ${why}`, position, picture);
  if (letters.length === 0) return told('picture-empty', 'write its parts in brackets, for example [Y0001]-[M01]-[D01] [H01]:[m01]:[s01]');
  if (unknown !== undefined) return told('picture-letter', `[${unknown}] is not a part of a date or time`);
  if (has('m') && !has('H', 'h', 's')) return told('picture-minutes', '[m] is minutes; months are [M]');
  if (has('M') && has('H', 'h') && !has('Y', 'D', 'd')) return told('picture-months', '[M] is months; minutes are [m]');
  return undefined;
}

function fault(problem: string, why: string, position: number | undefined, name: string, nearest?: string): NameFault {
  return { why, position, values: { problem, name, ...(nearest === undefined ? {} : { nearest }) } };
}
