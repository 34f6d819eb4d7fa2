/** Compiles structured conditions (`engine/contract/flow/expression-types.ts`) to closures. */
import { RE2JS } from 're2js';
import { AppError, toIssue, type ErrorValues, type Issue } from '../contract/values/errors.ts';
import { COMPARISONS, type Comparison, type Operand } from '../contract/flow/expression-types.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { findPatternExcess } from '../contract/schema/pattern-bounds.ts';
import type { Scope } from '../contract/node/node.ts';
import { compileOperand } from '../contract/flow/scope-path.ts';

const MAX_DEPTH = 16;
const MAX_RULES = 100;
/** Text that counts as a number: no exponent, no spaces, no `+`. */
const NUMERIC = /^-?\d{1,30}(\.\d{1,30})?$/;

export type Condition = (scope: Scope) => boolean | Promise<boolean>;
export interface ConditionCompilers {
  readonly compileExpression: (text: string) => (scope: Scope) => unknown;
  /** True for an unpublished flow: patterns that cost too much are refused. */
  readonly isDraft?: boolean;
}

/**
 * Compiles a rule. The closure is synchronous unless one of its expressions runs in the sandbox. Throws
 * CONDITION_INVALID (input) if the rule is invalid, with one issue per problem and its JSON Pointer.
 *
 * - A number and a numeric text compare as numbers. Two texts are `eq` only if they are identical (`007` is not `7`).
 * But `gt` to `lte` between two numeric texts compare as numbers, and between other texts by code unit (correct for ISO
 * times).
 * - An absent value equals nothing: `eq` and every order are false, `ne` and `not-in` are true. `exists` means neither
 * absent nor null.
 * - `matches` finds the pattern anywhere in the text (RE2 syntax, linear time); the pattern is a fixed value.
 */
export function compileCondition(rule: unknown, compilers: ConditionCompilers): Condition {
  const issues: Issue[] = [];
  const condition = compileRule(rule, '', 1, { ...compilers, issues });
  if (issues.length > 0) {
    throw new AppError('CONDITION_INVALID', 'input', `The condition has ${issues.length} problem(s): ${issues[0]!.message}`, {
      values: { count: issues.length },
      issues,
      fix: 'Correct the marked rules of the condition.',
    });
  }
  return condition;
}

interface Build extends ConditionCompilers {
  readonly issues: Issue[];
}
const never: Condition = () => false;

function compileRule(rule: unknown, path: string, depth: number, build: Build): Condition {
  const problem = (message: string, values: ErrorValues): Condition => {
    build.issues.push({ path, code: 'CONDITION_INVALID', message, severity: 'error', values });
    return never;
  };
  if (depth > MAX_DEPTH)
    return problem(`Conditions can be nested at most ${MAX_DEPTH} levels deep.`, { problem: 'depth', limit: MAX_DEPTH });
  if (!isRecord(rule)) return problem('A condition must be an object.', { problem: 'not-an-object' });
  for (const name of ['all', 'any'] as const) {
    if (!(name in rule)) continue;
    const members = rule[name];
    if (!Array.isArray(members) || members.length > MAX_RULES)
      return problem(`"${name}" is a list of at most ${MAX_RULES} conditions.`, { problem: 'list', field: name, limit: MAX_RULES });
    const compiled = members.map((member, index) => compileRule(member, `${path}/${name}/${index}`, depth + 1, build));
    return combine(compiled, name === 'any');
  }
  if ('not' in rule) {
    const inner = compileRule(rule['not'], `${path}/not`, depth + 1, build);
    return (scope) => {
      const result = inner(scope);
      return result instanceof Promise ? result.then((value) => !value) : !result;
    };
  }
  const op = rule['op'] as Comparison;
  if (!COMPARISONS.includes(op)) return problem(`"${String(op)}" is not a comparison operator.`, { problem: 'comparison', op: String(op) });
  return compileComparison(rule, op, path, build);
}

/**
 * Combines the members of `all` or `any`. `all` stops at the first member that is false, `any` at the first that is
 * true.
 */
function combine(members: readonly Condition[], stopAt: boolean): Condition {
  const goOn = async (pending: Promise<boolean>, next: number, scope: Scope): Promise<boolean> => {
    if ((await pending) === stopAt) return stopAt;
    for (let index = next; index < members.length; index++) {
      if ((await members[index]!(scope)) === stopAt) return stopAt;
    }
    return !stopAt;
  };
  return (scope) => {
    for (let index = 0; index < members.length; index++) {
      const result = members[index]!(scope);
      if (result instanceof Promise) return goOn(result, index + 1, scope);
      if (result === stopAt) return stopAt;
    }
    return !stopAt;
  };
}

function compileComparison(rule: Record<string, unknown>, op: Comparison, path: string, build: Build): Condition {
  const isUnary = op === 'exists' || op === 'absent' || op === 'empty' || op === 'not-empty';
  const left = compileSide(rule['left'], `${path}/left`, build);
  const right = isUnary ? () => undefined : compileSide(rule['right'], `${path}/right`, build);
  const compare = op === 'matches' ? compileMatches(rule['right'], `${path}/right`, build) : COMPARE[op];
  return (scope) => {
    const a = left(scope);
    const b = right(scope);
    if (a instanceof Promise || b instanceof Promise) return Promise.all([a, b]).then(([x, y]) => compare(x, y));
    return compare(a, b);
  };
}

const SIDE = 'Each side must be a path, a value or an expression.';

function compileSide(operand: unknown, path: string, build: Build): (scope: Scope) => unknown {
  try {
    if (isRecord(operand) && (typeof operand['path'] === 'string' || typeof operand['expression'] === 'string' || 'value' in operand)) {
      return compileOperand(operand as Operand, build.compileExpression);
    }
    build.issues.push({ path, code: 'CONDITION_INVALID', message: SIDE, severity: 'error', values: { problem: 'side' } });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    build.issues.push(toIssue(error, path));
  }
  return () => undefined;
}

function compileMatches(operand: unknown, path: string, build: Build): (a: unknown, b: unknown) => boolean {
  const pattern = isRecord(operand) ? operand['value'] : undefined;
  const excess = build.isDraft === true && typeof pattern === 'string' ? findPatternExcess(pattern) : undefined;
  if (excess !== undefined) {
    const { found, limit } = excess;
    const message = `The pattern of "matches" is too large when its repetitions are expanded: ${found}, at most ${limit}.`;
    build.issues.push({ path, code: 'CONDITION_INVALID', message, severity: 'error', values: { problem: 'pattern-size', found, limit } });
    return () => false;
  }
  if (typeof pattern === 'string' && pattern.length <= 1000) {
    try {
      const compiled = RE2JS.compile(pattern);
      return (a) => (typeof a === 'string' || typeof a === 'number') && compiled.test(String(a));
    } catch {
      // An invalid pattern is reported below, like every other pattern that cannot be used.
    }
  }
  const message = 'The pattern of "matches" must be a fixed text in RE2 syntax (no look-around, no back references).';
  build.issues.push({ path, code: 'CONDITION_INVALID', message, severity: 'error', values: { problem: 'pattern' } });
  return () => false;
}

const COMPARE: Readonly<Record<Exclude<Comparison, 'matches'>, (a: unknown, b: unknown) => boolean>> = {
  eq: isEqual,
  ne: (a, b) => !isEqual(a, b),
  gt: (a, b) => order(a, b) > 0,
  gte: (a, b) => order(a, b) >= 0,
  lt: (a, b) => order(a, b) < 0,
  lte: (a, b) => order(a, b) <= 0,
  in: isMember,
  'not-in': (a, b) => !isMember(a, b),
  contains: (a, b) => (Array.isArray(a) ? isMember(b, a) : withTexts(a, b, (x, y) => x.includes(y))),
  'starts-with': (a, b) => withTexts(a, b, (x, y) => x.startsWith(y)),
  'ends-with': (a, b) => withTexts(a, b, (x, y) => x.endsWith(y)),
  exists: (a) => a !== undefined && a !== null,
  absent: (a) => a === undefined || a === null,
  empty: isEmpty,
  'not-empty': (a) => !isEmpty(a),
};

function isEqual(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  if (typeof a === 'number' && typeof b === 'string') return NUMERIC.test(b) && a === Number(b);
  if (typeof a === 'string' && typeof b === 'number') return NUMERIC.test(a) && b === Number(a);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return isSame(a, b);
}

/** Returns whether two values are deeply equal. Inside structures, a numeric text does not equal a number. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]));
}

/**
 * Returns a negative number, zero or a positive number. Returns NaN, for which every comparison is false, if the two
 * values have no order.
 */
function order(a: unknown, b: unknown): number {
  const x = toNumber(a);
  const y = toNumber(b);
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return Number.NaN;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : undefined;
}

function isMember(item: unknown, list: unknown): boolean {
  return Array.isArray(list) && list.some((member) => isEqual(item, member));
}

function withTexts(a: unknown, b: unknown, test: (a: string, b: string) => boolean): boolean {
  const isText = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return isText(a) && isText(b) && test(String(a), String(b));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}
