import type { Expression } from 'jsonata';
import { expressionFunctions } from '../functions/expression-functions.ts';
import type { ValueFunction } from '../functions/value-function.ts';

/** The code of an EXPRESSION_FAILED for a function of ours that cannot work with its input. */
export const FUNCTION_FAULT = 'K0001';

/** Calls a function. Throws a fault without the message of the function, which may contain the value. */
export function callOffered({ run, settings }: ValueFunction, args: readonly unknown[]): unknown {
  try {
    if (settings?.check(...settings.args.map((at) => args[at])) === undefined) return run(...args);
  } catch {
    // Only the fault below may leave.
  }
  throw Object.assign(new Error(FUNCTION_FAULT), { code: FUNCTION_FAULT });
}

/** The functions as JSONata calls them. */
const offeredFunctions: readonly (readonly [name: string, call: (...args: readonly unknown[]) => unknown])[] = [
  ...expressionFunctions.values(),
].map((entry) => [entry.name, (...args) => callOffered(entry, args)]);

/** Gives an expression of JSONata the functions of mappings. */
export function offerFunctions(expression: Pick<Expression, 'assign'>): void {
  for (const [name, call] of offeredFunctions) expression.assign(name, call);
}
