/**
 * Compiles the simplest JSONata syntax (paths, literals, operators, constructors, conditions) to closures with
 * JSONata's semantics. `test/engine/expression` compares the closures with JSONata on random inputs. For other syntax,
 * returns `undefined`, and JSONata evaluates it.
 */
import type { Scope } from '../contract/node/node.ts';
import { expressionFunctions } from '../functions/expression-functions.ts';
import type { ValueFunction } from '../functions/value-function.ts';
import { readRoot, type ScopeRoot } from '../contract/flow/scope-path.ts';
import { callOffered, FUNCTION_FAULT } from './offered-functions.ts';

/** A node of JSONata's syntax tree, with the fields used here. */
export interface Syntax {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly Syntax[];
  readonly stages?: readonly { readonly type: string; readonly expr: Syntax }[];
  readonly predicate?: readonly { readonly type: string; readonly expr: Syntax }[];
  readonly group?: unknown;
  readonly keepArray?: boolean;
  readonly keepSingletonArray?: boolean;
  readonly focus?: unknown;
  readonly index?: unknown;
  readonly ancestor?: unknown;
  readonly tuple?: unknown;
  readonly lhs?: Syntax | readonly (readonly [Syntax, Syntax])[];
  readonly rhs?: Syntax;
  readonly expression?: Syntax;
  readonly expressions?: readonly Syntax[];
  readonly condition?: Syntax;
  readonly then?: Syntax;
  readonly else?: Syntax;
  readonly procedure?: Syntax;
  readonly arguments?: readonly Syntax[];
}

export type Evaluate = (scope: Scope) => unknown;

/** A JSONata error with only those details that may be shown. It never contains the value. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
  readonly code: string;
  readonly position: number | undefined;

  constructor(code: string, position: number | undefined) {
    super(code);
    this.code = code;
    this.position = position;
  }
}

const ROOTS: ReadonlySet<unknown> = new Set<ScopeRoot>(['data', 'headers', 'keys', 'nodes', 'now', 'item', 'index', 'outer']);

/** Returns a closure for the syntax, or `undefined` if it is not one of the simple forms. */
export function compileSyntax(syntax: Syntax): Evaluate | undefined {
  if (isSpecial(syntax)) return undefined;
  switch (syntax.type) {
    case 'string':
    case 'number':
    case 'value': {
      const { value } = syntax;
      return () => value;
    }
    case 'path':
      return compilePath(syntax.steps ?? []);
    case 'block':
      return syntax.expressions?.length === 1 ? compileSyntax(syntax.expressions[0]!) : undefined;
    case 'condition':
      return compileConditional(syntax);
    case 'binary':
      return compileBinary(syntax);
    case 'unary':
      return compileUnary(syntax);
    case 'function':
      return compileFunction(syntax);
    default:
      return undefined;
  }
}

/**
 * Returns whether a node has a filter in brackets, a grouping, `[]`, `@` or `#`. These change how JSONata evaluates the
 * node.
 */
function isSpecial(syntax: Syntax): boolean {
  return Boolean(
    syntax.predicate ??
    syntax.group ??
    syntax.keepArray ??
    syntax.keepSingletonArray ??
    syntax.focus ??
    syntax.index ??
    syntax.ancestor ??
    syntax.tuple,
  );
}

interface Step {
  readonly name: string;
  /** The positions in brackets after the name, for example 0 in `name[0]`. */
  readonly positions: readonly number[];
}

function compilePath(steps: readonly Syntax[]): Evaluate | undefined {
  const isAbsolute = steps[0]?.type === 'variable' && steps[0].value === '$' && steps.length > 1;
  const names: Step[] = [];
  for (const step of isAbsolute ? steps.slice(1) : steps) {
    if (step.type !== 'name' || isSpecial(step)) return undefined;
    const stages = step.stages ?? [];
    if (!stages.every((stage) => stage.type === 'filter' && stage.expr.type === 'number')) return undefined;
    names.push({ name: step.value as string, positions: stages.map((stage) => Math.floor(stage.expr.value as number)) });
  }
  const first = names[0];
  if (first === undefined || !ROOTS.has(first.name)) return undefined;
  const root = first.name as ScopeRoot;
  const rest = names.slice(1);
  if (names.some((step) => step.positions.length > 0)) return (scope) => walk(readValue(scope, root), names);
  return (scope) => {
    let value = readValue(scope, root);
    for (let index = 0; index < rest.length; index++) {
      if (Array.isArray(value)) return walk(readValue(scope, root), names);
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, rest[index]!.name)) return undefined;
      value = (value as Record<string, unknown>)[rest[index]!.name];
    }
    return value;
  };
}

function readValue(scope: Scope, root: ScopeRoot): unknown {
  const value = readRoot(scope, root);
  return value instanceof Uint8Array ? undefined : value;
}

/**
 * Applies the steps of a path to arrays as JSONata does: the results of a step are flattened by one level, and a
 * sequence of one item is replaced by the item.
 */
function walk(rootValue: unknown, steps: readonly Step[]): unknown {
  const sequences = new Set<unknown>();
  let current: readonly unknown[] = [];
  for (let index = 0; index < steps.length; index++) {
    const { name, positions } = steps[index]!;
    const found = index === 0 ? [rootValue] : current.map((item) => lookUp(item, name, sequences));
    const results = found
      .map((value) => positions.reduce((from, position) => pick(from, position, sequences), value))
      .filter((value) => value !== undefined);
    const only = results[0];
    if (index === steps.length - 1 && results.length === 1 && Array.isArray(only) && !sequences.has(only)) return only;
    current = results.flat();
    if (current.length === 0) return undefined;
  }
  return current.length === 1 ? current[0] : current;
}

function lookUp(item: unknown, name: string, sequences: Set<unknown>): unknown {
  if (!Array.isArray(item)) {
    return typeof item === 'object' && item !== null && Object.hasOwn(item, name) ? (item as Record<string, unknown>)[name] : undefined;
  }
  const values = collect(item, name);
  if (values.length < 2) return values[0];
  sequences.add(values);
  return values;
}

/** Returns the values of a name in nested arrays, flattened by one level each time. */
function collect(item: unknown, name: string): unknown[] {
  if (Array.isArray(item)) return item.flatMap((member) => collect(member, name));
  const value = lookUp(item, name, new Set());
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function pick(value: unknown, position: number, sequences: Set<unknown>): unknown {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const item = list[position < 0 ? list.length + position : position];
  if (Array.isArray(item)) return item;
  const picked = item === undefined ? [] : [item];
  sequences.add(picked);
  return picked;
}

function compileConditional(syntax: Syntax): Evaluate | undefined {
  const condition = compileSyntax(syntax.condition!);
  const then = compileSyntax(syntax.then!);
  const otherwise = syntax.else === undefined ? () => undefined : compileSyntax(syntax.else);
  if (!condition || !then || !otherwise) return undefined;
  return (scope) => (isTrue(condition(scope)) ? then(scope) : otherwise(scope));
}

function compileUnary(syntax: Syntax): Evaluate | undefined {
  if (syntax.value === '{') return compileObject(syntax);
  if (syntax.value === '[') return compileArray(syntax);
  const operand = syntax.value === '-' && syntax.expression ? compileSyntax(syntax.expression) : undefined;
  if (!operand) return undefined;
  return (scope) => {
    const value = operand(scope);
    if (value === undefined) return undefined;
    if (isNumber(value)) return -value;
    throw fault('D1002', syntax);
  };
}

function compileArray(syntax: Syntax): Evaluate | undefined {
  const items = (syntax.expressions ?? []).map((item) => ({ evaluate: compileSyntax(item), isWhole: item.value === '[' }));
  if (!items.every((item) => item.evaluate !== undefined)) return undefined;
  return (scope) => {
    const result: unknown[] = [];
    for (const { evaluate, isWhole } of items) {
      const value = evaluate!(scope);
      if (value === undefined) continue;
      if (Array.isArray(value) && !isWhole) for (const member of value) result.push(member);
      else result.push(value);
    }
    return result;
  };
}

function compileObject(syntax: Syntax): Evaluate | undefined {
  const fields: { name: string; evaluate: Evaluate }[] = [];
  for (const [key, value] of syntax.lhs as readonly (readonly [Syntax, Syntax])[]) {
    const evaluate = compileSyntax(value);
    const name = key.value;
    if (key.type !== 'string' || typeof name !== 'string' || name === '__proto__' || !evaluate) return undefined;
    if (fields.some((field) => field.name === name)) return undefined;
    fields.push({ name, evaluate });
  }
  return (scope) => {
    const result: Record<string, unknown> = {};
    for (const { name, evaluate } of fields) {
      const value = evaluate(scope);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

function compileBinary(syntax: Syntax): Evaluate | undefined {
  const left = compileSyntax(syntax.lhs as Syntax);
  const right = compileSyntax(syntax.rhs!);
  if (!left || !right) return undefined;
  switch (syntax.value) {
    case 'and':
      return (scope) => isTrue(left(scope)) && isTrue(right(scope));
    case 'or':
      return (scope) => isTrue(left(scope)) || isTrue(right(scope));
    case '=':
    case '!=': {
      const isWanted = syntax.value === '=';
      return (scope) => {
        const [a, b] = [left(scope), right(scope)];
        return a === undefined || b === undefined ? false : isSame(a, b) === isWanted;
      };
    }
    case '&':
      return (scope) => {
        const [a, b] = [left(scope), right(scope)];
        return toText(a, syntax) + toText(b, syntax);
      };
    case 'in':
      return (scope) => {
        const [a, b] = [left(scope), right(scope)];
        return a !== undefined && b !== undefined && (Array.isArray(b) ? b : [b]).some((member) => member === a);
      };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return compileArithmetic(ARITHMETIC[syntax.value], left, right, syntax);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileOrder(ORDER[syntax.value], left, right, syntax);
    default:
      return undefined;
  }
}

const ARITHMETIC = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
} as const;

type Ordered = number | string;
const ORDER = {
  '<': (a: Ordered, b: Ordered) => a < b,
  '<=': (a: Ordered, b: Ordered) => a <= b,
  '>': (a: Ordered, b: Ordered) => a > b,
  '>=': (a: Ordered, b: Ordered) => a >= b,
} as const;

function compileArithmetic(operate: (a: number, b: number) => number, left: Evaluate, right: Evaluate, syntax: Syntax): Evaluate {
  return (scope) => {
    const a = left(scope);
    const b = right(scope);
    if (a !== undefined && !isNumber(a, syntax)) throw fault('T2001', syntax);
    if (b !== undefined && !isNumber(b, syntax)) throw fault('T2002', syntax);
    return a === undefined || b === undefined ? undefined : operate(a as number, b as number);
  };
}

function compileOrder(compare: (a: Ordered, b: Ordered) => boolean, left: Evaluate, right: Evaluate, syntax: Syntax): Evaluate {
  const isOrdered = (value: unknown) => value === undefined || typeof value === 'string' || typeof value === 'number';
  return (scope) => {
    const a = left(scope);
    const b = right(scope);
    if (!isOrdered(a) || !isOrdered(b)) throw fault('T2010', syntax);
    if (a === undefined || b === undefined) return undefined;
    if (typeof a !== typeof b) throw fault('T2009', syntax);
    return compare(a as Ordered, b as Ordered);
  };
}

function compileFunction(syntax: Syntax): Evaluate | undefined {
  const name = syntax.procedure?.type === 'variable' ? syntax.procedure.value : undefined;
  const given = syntax.arguments ?? [];
  if (name === 'now' && given.length === 0) return (scope) => new Date(scope.now).toISOString();
  if (name === 'millis' && given.length === 0) return (scope) => scope.now;
  const offered = typeof name === 'string' ? expressionFunctions.get(name) : undefined;
  if (offered !== undefined) return compileOffered(offered, syntax);
  const argument = given.length === 1 ? compileSyntax(given[0]!) : undefined;
  if (!argument) return undefined;
  if (name === 'exists') return (scope) => argument(scope) !== undefined;
  if (name === 'boolean') return (scope) => toBoolean(argument(scope));
  if (name === 'not') {
    return (scope) => {
      const value = toBoolean(argument(scope));
      return value === undefined ? undefined : !value;
    };
  }
  const change =
    typeof name === 'string' && Object.hasOwn(TEXT_FUNCTIONS, name) ? TEXT_FUNCTIONS[name as keyof typeof TEXT_FUNCTIONS] : undefined;
  if (!change) return undefined;
  return (scope) => {
    const value = argument(scope);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw fault('T0410', syntax);
    return change(value);
  };
}

function compileOffered(offered: ValueFunction, syntax: Syntax): Evaluate | undefined {
  const args = (syntax.arguments ?? []).map(compileSyntax);
  if (!args.every((arg) => arg !== undefined)) return undefined;
  return (scope) => {
    const values = args.map((arg) => arg(scope));
    try {
      return callOffered(offered, values);
    } catch {
      throw fault(FUNCTION_FAULT, syntax);
    }
  };
}

const TEXT_FUNCTIONS = {
  uppercase: (text: string) => text.toUpperCase(),
  lowercase: (text: string) => text.toLowerCase(),
  length: (text: string) => Array.from(text).length,
} as const;

function isTrue(value: unknown): boolean {
  return toBoolean(value) ?? false;
}

function toBoolean(value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.some(isTrue);
  if (typeof value === 'number') return isNumber(value) && value !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value === true || (typeof value === 'string' && value.length > 0);
}

/** Returns whether the value is a number. Throws D1001 for an infinite number, as JSONata does when one is used. */
function isNumber(value: unknown, syntax?: Syntax): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) throw fault('D1001', syntax);
  return true;
}

function toText(value: unknown, syntax: Syntax): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw fault('D3001', syntax);
  return JSON.stringify(value, (_name, member: unknown) => (isNumber(member) ? Number(member.toPrecision(15)) : member));
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  const names = Object.getOwnPropertyNames(a);
  if (names.length !== Object.getOwnPropertyNames(b).length) return false;
  return names.every(
    (name) => Object.hasOwn(b, name) && isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}

function fault(code: string, syntax: Syntax | undefined): SyntaxFault {
  return new SyntaxFault(code, syntax?.position);
}
