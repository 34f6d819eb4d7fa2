/**
 * Parses and compiles scope paths (the grammar is in `expression-types.ts`). A path reads only own properties, so it
 * never reaches a prototype.
 */
import { AppError, type ErrorValues } from '../values/errors.ts';
import type { Operand } from './expression-types.ts';
import type { Loop, Scope } from '../node/node.ts';

/** A field name, or the position of an item (negative: from the end). */
export type PathStep = string | number;

/** What a path can start with. */
export const SCOPE_ROOTS = ['data', 'headers', 'keys', 'nodes', 'now', 'item', 'index', 'outer'] as const;
export type ScopeRoot = (typeof SCOPE_ROOTS)[number];
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_STEPS = 64;

/**
 * Compiles a scope path to a function of the scope, which returns `undefined` for a missing value. Throws PATH_INVALID
 * (input) if the text is not a valid path.
 */
export function compileScopePath(path: string): (scope: Scope) => unknown {
  const [root, ...steps] = parseScopePath(path);
  if (root === 'outer') {
    const [inner, ...rest] = steps;
    if (inner === 'item' || inner === 'index') return (scope) => readSteps(scope.loop?.outer?.[inner], rest);
    throw invalid(path, '"outer" is followed by "item" or "index"', { problem: 'outer' });
  }
  const [first, second, third] = steps;
  if (root === 'data' && steps.length === 0) return (scope) => scope.message.data;
  if (root === 'data' && steps.length === 1) return (scope) => readStep(scope.message.data, first!);
  if (root === 'data' && steps.length === 2) return (scope) => readStep(readStep(scope.message.data, first!), second!);
  if (root === 'data' && steps.length === 3) return (scope) => readStep(readStep(readStep(scope.message.data, first!), second!), third!);
  return (scope) => readSteps(readRoot(scope, root), steps);
}

/** Compiles an operand: a path, a fixed value or an expression (which may return a promise). */
export function compileOperand(
  operand: Operand,
  compileExpression: (text: string) => (scope: Scope) => unknown,
): (scope: Scope) => unknown {
  if ('path' in operand) return compileScopePath(operand.path);
  if ('expression' in operand) return compileExpression(operand.expression);
  const { value } = operand;
  return () => value;
}

/** Splits a path into its root and steps. Throws PATH_INVALID (input) if the text is not a valid path. */
export function parseScopePath(path: string): readonly [ScopeRoot, ...PathStep[]] {
  const [root, ...steps] = parseFieldPath(path);
  if (!SCOPE_ROOTS.includes(root as ScopeRoot))
    throw invalid(path, `a path begins with ${SCOPE_ROOTS.join(', ')}`, { problem: 'root', roots: SCOPE_ROOTS.join('、') });
  return [root as ScopeRoot, ...steps];
}

/**
 * Splits `a.b[0].c` into its steps, without requiring a root. Throws PATH_INVALID (input) if the text is not a valid
 * path.
 */
export function parseFieldPath(path: string): readonly PathStep[] {
  const token = /\.?(?:`([^`]+)`|([^.[\]`\s]+))|\[(-?\d{1,9})\]/y;
  const steps: PathStep[] = [];
  while (token.lastIndex < path.length) {
    const at = token.lastIndex;
    const match = token.exec(path);
    if (match === null) throw invalid(path, `it cannot be read from character ${at + 1}`, { problem: 'unreadable', position: at + 1 });
    const name = match[1] ?? match[2];
    if (name !== undefined && (path[at] === '.') === (at === 0))
      throw invalid(path, `fields are separated by one dot (character ${at + 1})`, { problem: 'dot', position: at + 1 });
    if (name !== undefined && FORBIDDEN.has(name)) throw invalid(path, 'this name cannot be read', { problem: 'name' });
    steps.push(name ?? Number(match[3]));
  }
  if (steps.length === 0 || steps.length > MAX_STEPS)
    throw invalid(path, `a path has 1 to ${MAX_STEPS} steps`, { problem: 'steps', limit: MAX_STEPS });
  return steps;
}

/**
 * Returns the ids of the nodes whose output a path reads. Throws PATH_INVALID (input) if the text is not a valid path.
 */
export function nodeIdsOfPath(path: string): readonly string[] {
  const [root, id] = parseScopePath(path);
  return root === 'nodes' && typeof id === 'string' ? [id] : [];
}

/** Returns the value that this root has in the scope. */
export function readRoot(scope: Scope, root: ScopeRoot): unknown {
  switch (root) {
    case 'data':
      return scope.message.data;
    case 'headers':
      return scope.message.headers;
    case 'keys':
      return scope.message.keys;
    case 'nodes':
      return scope.nodes;
    case 'now':
      return scope.now;
    case 'item':
      return scope.loop?.item;
    case 'index':
      return scope.loop?.index;
    case 'outer':
      return scope.loop?.outer;
  }
}

/** Returns the scope as one object for expressions. Leaves bytes out, because expressions work on parsed values. */
export function scopeRoot(scope: Scope): Readonly<Record<string, unknown>> {
  const { data, headers, keys } = scope.message;
  return {
    data: data instanceof Uint8Array ? undefined : data,
    headers,
    keys,
    nodes: scope.nodes,
    now: scope.now,
    ...loopRoots(scope.loop),
  };
}

function loopRoots(loop: Loop | undefined): Readonly<Record<string, unknown>> {
  return loop === undefined ? {} : { item: loop.item, index: loop.index, outer: loop.outer && loopRoots(loop.outer) };
}

export function readSteps(value: unknown, steps: readonly PathStep[]): unknown {
  let current = value;
  for (const step of steps) {
    current = readStep(current, step);
    if (current === undefined) return undefined;
  }
  return current;
}

function readStep(value: unknown, step: PathStep): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof step === 'number') return Array.isArray(value) ? (value as unknown[]).at(step) : undefined;
  return Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
}

function invalid(path: string, why: string, values: ErrorValues): AppError {
  return new AppError('PATH_INVALID', 'input', `The path "${path}" is not valid: ${why}.`, {
    values: { path, ...values },
    fix: 'Write for example data.patient.ids[0].value; put a field with other characters in backquotes.',
  });
}
