/**
 * Expressions: JSONata over the scope `{data, headers, keys, nodes, now}` (in a mapping's loop also `item`, `index`,
 * `outer`). There are three ways to run, chosen once at publish. Simple syntax is compiled to closures. JSONata
 * evaluates other bounded syntax in process, for at most `INLINE_MS`. Everything else (regular expressions, lambdas,
 * ranges …), and what took longer, runs in the sandbox with a time-out. RE2 matches regular expressions
 * (docs/decisions/0051).
 */
import jsonata from 'jsonata';
import { AppError, type ErrorValues } from '../contract/values/errors.ts';
import type { Scope } from '../contract/node/node.ts';
import type { SandboxUser } from '../contract/node/sandbox-wait.ts';
import { scopeRoot } from '../contract/flow/scope-path.ts';
import { nameFault } from './check-names.ts';
import { patternFault } from './check-patterns.ts';
import { compileSyntax, type Syntax, type SyntaxFault } from './compile-syntax.ts';
import { inspectSyntax } from './inspect-syntax.ts';
import { FUNCTION_FAULT, offerFunctions } from './offered-functions.ts';

/**
 * Runs expressions that must not run in process. On the server this is the script pool; in a browser's preview it is
 * the page itself.
 */
export interface ExpressionRunner {
  /** Rejects with EXPRESSION_FAILED for a JSONata error, or with SCRIPT_TIMEOUT, SCRIPT_MEMORY, SCRIPT_POOL_BUSY. */
  runExpression(text: string, root: unknown, options?: RunOptions): Promise<unknown>;
}

interface RunOptions {
  /** The key that the expression's time in the sandbox is counted for. Keys take turns. */
  readonly key?: string;
  readonly nowMs?: number;
  /** The step that the expression is computed for. */
  readonly user?: SandboxUser;
}

export interface CompiledExpression {
  /**
   * Returns the value, or a promise of it unless `isInline`. Throws or rejects with EXPRESSION_FAILED (input) if the
   * evaluation fails. The error contains code and position, but never the value.
   */
  run(scope: Scope): unknown;
  /** True if `run` is always synchronous and in process. */
  readonly isInline: boolean;
  /** Ids of the nodes whose output is read; `*` if that depends on the data. */
  readonly names: readonly string[];
}

export interface ExpressionOptions {
  readonly pool: ExpressionRunner;
  /** The key that the expressions' time in the sandbox is counted for: the flow's id. Keys take turns. */
  readonly key?: string;
  /** How long an expression may block the event loop before it moves to the sandbox. */
  readonly inlineMs?: number;
  /**
   * True for an unpublished flow. It must keep some limits that do not apply to flows published earlier. Its patterns
   * must not be larger than `pattern-bounds.ts` allows. Its expressions must not contain names that do not exist, or
   * patterns that RE2 cannot match.
   */
  readonly isDraft?: boolean;
}

const MAX_LENGTH = 10_000;
const INLINE_MS = 20;
const INLINE_DEPTH = 100;
/** JSONata's error codes for a reached time or depth limit. */
const LIMIT_FAULTS: ReadonlySet<unknown> = new Set(['D1012', 'D1011']);

/** Compiles an expression. Throws EXPRESSION_INVALID (input) with the position of the error if the text is invalid. */
export function compileExpression(text: string, options: ExpressionOptions): CompiledExpression {
  const syntax = parseExpression(text);
  const { names, isBounded, refused } = inspectSyntax(syntax);
  if (refused !== undefined) throw invalid(text, refused.why, refused.position, { problem: refused.problem });
  const fault = options.isDraft === true ? (nameFault(syntax) ?? patternFault(syntax)) : undefined;
  if (fault !== undefined) throw invalid(text, fault.why, fault.position, fault.values, fault.fix);
  const closure = compileSyntax(syntax);
  if (closure) return { run: (scope) => runClosure(closure, scope), isInline: true, names };
  const inSandbox = (scope: Scope) =>
    options.pool.runExpression(text, scopeRoot(scope), {
      nowMs: scope.now,
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(scope.user === undefined ? {} : { user: scope.user }),
    });
  if (!isBounded) return { run: inSandbox, isInline: false, names };
  const expression = jsonata(text, { timeout: options.inlineMs ?? INLINE_MS, stack: INLINE_DEPTH });
  offerFunctions(expression);
  return { run: (scope) => runBounded(expression, scope, inSandbox), isInline: false, names };
}

/** Returns the syntax tree. Throws EXPRESSION_INVALID (input) if the text is invalid or too long. */
export function parseExpression(text: string): Syntax {
  if (text.length > MAX_LENGTH)
    throw invalid('', `it is longer than ${MAX_LENGTH} characters`, undefined, { problem: 'length', limit: MAX_LENGTH });
  try {
    const tree = jsonata(text).ast();
    if (isSyntax(tree)) return tree;
    throw new Error('it has no syntax tree');
  } catch (error) {
    const { message, position } = error as { message?: string; position?: number };
    throw invalid(text, message ?? 'it cannot be read', position, syntaxValues(error));
  }
}

/** Checks only the root, because the type definitions of JSONata leave out much of what its parser returns. */
function isSyntax(tree: object): tree is Syntax {
  return 'type' in tree && typeof tree.type === 'string';
}

/**
 * Returns the details of a JSONata syntax error besides its message: its code, the token found and the token expected.
 */
function syntaxValues(error: unknown): ErrorValues {
  const { code, token, value } = error as { readonly code?: unknown; readonly token?: unknown; readonly value?: unknown };
  if (typeof code !== 'string' || !/^S\d{4}$/.test(code)) return {};
  return {
    problem: 'syntax',
    fault: code,
    ...(typeof token === 'string' && token !== '(end)' ? { token: token.slice(0, 100) } : {}),
    ...((code === 'S0202' || code === 'S0203') && typeof value === 'string' ? { wanted: value } : {}),
  };
}

function runClosure(closure: (scope: Scope) => unknown, scope: Scope): unknown {
  try {
    return closure(scope);
  } catch (error) {
    throw expressionFailed(error);
  }
}

async function runBounded(expression: jsonata.Expression, scope: Scope, inSandbox: (scope: Scope) => Promise<unknown>): Promise<unknown> {
  try {
    return plain(await expression.evaluate(scopeRoot(scope), timeFunctions(scope.now)));
  } catch (error) {
    if (LIMIT_FAULTS.has((error as SyntaxFault).code)) return inSandbox(scope);
    throw expressionFailed(error);
  }
}

/** `$now()` and `$millis()` return the acceptance time, so that a retry gives the same result. */
export function timeFunctions(nowMs: number): Record<string, unknown> {
  return { now: () => new Date(nowMs).toISOString(), millis: () => nowMs };
}

/**
 * JSONata marks the arrays and objects it creates; a message must contain plain ones. Values from the scope are plain
 * already.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value as unknown[], plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** Converts a JSONata error. Drops its message, which may contain the value. */
export function expressionFailed(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, position } = error as Partial<SyntaxFault>;
  const known = typeof code === 'string' && /^[A-Z]\d{4}$/.test(code) ? code : 'unknown';
  const place = typeof position === 'number' ? ` at character ${position}` : '';
  return new AppError('EXPRESSION_FAILED', 'input', `The expression failed${place}: ${FAULTS[known] ?? `JSONata fault ${known}`}.`, {
    values: { fault: known, ...(typeof position === 'number' ? { position } : {}) },
    fix: 'Look at the input of this step and change the expression so that it can handle it.',
  });
}

const FAULTS: Readonly<Record<string, string>> = {
  [FUNCTION_FAULT]: 'a function cannot work with its input',
  D1001: 'a number is out of range',
  D1002: 'a value that is not a number cannot be negated',
  D1009: 'two keys of an object are the same',
  D3001: 'a number that is not finite cannot be converted to text',
  D3030: 'a value cannot be converted to a number',
  D3110: 'a text is not a time',
  T0410: 'an argument of a function has the wrong type',
  T0411: 'the context value of a function has the wrong type',
  T1003: 'a key of an object is not a text',
  T1006: 'something that is not a function was called',
  T2001: 'the left side of an arithmetic operator is not a number',
  T2002: 'the right side of an arithmetic operator is not a number',
  T2009: 'an order comparison has values of different types',
  T2010: 'an order comparison has values that are neither numbers nor texts',
};

const FIX = 'Correct the expression; its syntax is JSONata.';

function invalid(text: string, why: string, position: number | undefined, values: ErrorValues, fix = FIX): AppError {
  const line = position === undefined ? undefined : text.slice(0, position).split('\n').length;
  const place = position === undefined ? '' : ` (line ${line}, character ${position})`;
  return new AppError('EXPRESSION_INVALID', 'input', `The expression is not valid${place}: ${why}.`, {
    values: { ...values, ...(position === undefined ? {} : { position, line: line! }) },
    fix,
  });
}
