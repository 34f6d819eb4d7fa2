/** Paths of a mapping: paths in its source, paths inside loops, and paths in its target. */
import { parseFieldPath, type PathStep } from '../../../../engine/contract/flow/scope-path.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { pathStep } from '../schema/sample-shape.ts';

/**
 * A step of a target path: a field, an item of a list by its index, a new item at the end of a list (`[]` at the end of
 * a rule's `to`), or every item of a list.
 */
export type TargetStep =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'position'; readonly index: number }
  | { readonly kind: 'append' }
  | { readonly kind: 'items' };

/** Returns the steps of a path; undefined if it is not a valid path. */
export function stepsOf(path: string): readonly PathStep[] | undefined {
  try {
    return parseFieldPath(path);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Returns the steps of a rule's `to`; undefined if it cannot be parsed. */
export function stepsOfTo(to: string): readonly TargetStep[] | undefined {
  const isAppend = to.endsWith('[]');
  const steps = stepsOf(isAppend ? to.slice(0, -2) : to);
  if (steps === undefined || typeof steps[0] === 'number') return undefined;
  return [...steps.map(targetStep), ...(isAppend ? [{ kind: 'append' as const }] : [])];
}

/** Returns the steps of a whole target path (`orders[].code`). */
export function stepsOfTarget(path: string): readonly TargetStep[] | undefined {
  const parts = path.split('[]');
  const found: TargetStep[] = [];
  for (const [index, part] of parts.entries()) {
    if (index > 0) found.push({ kind: 'items' });
    const text = index > 0 && part.startsWith('.') ? part.slice(1) : part;
    if (text === '') {
      if (index === 0) return undefined;
      continue;
    }
    const steps = stepsOf(text);
    if (steps === undefined || (index === 0 && typeof steps[0] === 'number')) return undefined;
    found.push(...steps.map(targetStep));
  }
  return found;
}

/** Returns the path with one more step, in the form that `target` and the row keys use. */
export function joinStep(path: string, step: TargetStep): string {
  switch (step.kind) {
    case 'field':
      return joinField(path, step.name);
    case 'position':
      return `${path}[${step.index}]`;
    case 'append':
      return `${path}[+]`;
    case 'items':
      return `${path}[]`;
  }
}

export function joinField(path: string, name: string): string {
  const step = pathStep(name) ?? name;
  return path === '' ? step : `${path}.${step}`;
}

/** Returns whether a field may have this name. */
export function isFieldName(name: string): boolean {
  return pathStep(name) !== undefined && name.length <= 200 && !/[[\]\r\n]/.test(name);
}

function targetStep(step: PathStep): TargetStep {
  return typeof step === 'number' ? { kind: 'position', index: step } : { kind: 'field', name: step };
}

/**
 * Returns the key of the row in the source tree that shows a scope path. The tree shows only the first item of a list,
 * so every index becomes 0.
 */
export function rowPath(path: string): string {
  const steps = stepsOf(path);
  if (steps === undefined) return path;
  const [root = '', ...rest] = steps;
  return rest.reduce<string>((made, step) => (typeof step === 'number' ? `${made}[0]` : joinField(made, step)), String(root));
}

/** Returns the paths of the lists that contain a row, the outermost first. */
export function listsOn(path: string): readonly string[] {
  const [root = '', ...rest] = stepsOf(path) ?? [];
  const lists: string[] = [];
  let made = String(root);
  for (const step of rest) {
    if (typeof step === 'number') lists.push(made);
    made = typeof step === 'number' ? `${made}[0]` : joinField(made, step);
  }
  return lists;
}

/**
 * What `item` stands for in one loop: the path `prefix`. Undefined if the list is the result of a function, so that it
 * has no path.
 */
export interface LoopScope {
  readonly prefix: string | undefined;
}

export type IsList = (path: string) => boolean | undefined;

/**
 * Returns the scopes of the loops around a place. `eaches` are the lists of these loops, the outermost first. If a loop
 * iterates over a value that is not a list, `item` stands for the value itself.
 */
export function loopScopes(eaches: readonly MappingSource[], isList: IsList): readonly LoopScope[] {
  const scopes: LoopScope[] = [];
  for (const each of eaches) {
    const path = listPath(each);
    const whole = path === undefined ? undefined : absolutePath(path, scopes);
    scopes.push({ prefix: whole === undefined ? undefined : isList(whole) === false ? whole : `${whole}[0]` });
  }
  return scopes;
}

/**
 * Returns the path of the list that a loop iterates over; undefined if it has none. The function `asList`, which makes
 * a list of a single value, is ignored.
 */
export function listPath(each: MappingSource): string | undefined {
  if ('path' in each) return each.path;
  return 'fn' in each && each.fn === 'asList' && each.args[0] !== undefined ? listPath(each.args[0]) : undefined;
}

/**
 * Returns the path of the source row that `path` means inside these loops. Returns undefined if there is no such row,
 * for example for `index`.
 */
export function absolutePath(path: string, loops: readonly LoopScope[]): string | undefined {
  const [root, ...rest] = stepsOf(path) ?? [];
  if (root === 'index') return undefined;
  if (root !== 'item' && root !== 'outer') return rowPath(path);
  const isOuter = root === 'outer';
  if (isOuter && rest[0] !== 'item') return undefined;
  const prefix = loops.at(isOuter ? -2 : -1)?.prefix;
  if (prefix === undefined) return undefined;
  const steps = isOuter ? rest.slice(1) : rest;
  return steps.reduce<string>((made, step) => (typeof step === 'number' ? `${made}[0]` : joinField(made, step)), prefix);
}

/**
 * Returns the path by which a rule inside these loops reads a source row. Returns undefined for an item of a loop
 * further out than the next outer one, because rules can only name `item` and `outer.item`.
 */
export function pathInLoops(path: string, loops: readonly LoopScope[]): string | undefined {
  for (const [away, loop] of loops.toReversed().entries()) {
    const rest = loop.prefix === undefined ? undefined : restBehind(path, loop.prefix);
    if (rest === undefined) continue;
    return away === 0 ? `item${rest}` : away === 1 ? `outer.item${rest}` : undefined;
  }
  return path;
}

export function restBehind(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  return rest === '' || rest.startsWith('.') || rest.startsWith('[') ? rest : undefined;
}

const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
const SCOPE_PATH = /(?<![\p{L}\p{N}_$.`])(?:data|headers|keys|nodes|item|outer)(?:\.(?:[\p{L}_][\p{L}\p{N}_]*|`[^`]+`)|\[-?\d+\])+/gu;

/** Returns the paths that appear in the text of an expression. */
export function pathsInExpression(text: string): readonly string[] {
  return [...new Set(text.replace(STRINGS, '""').match(SCOPE_PATH) ?? [])];
}
