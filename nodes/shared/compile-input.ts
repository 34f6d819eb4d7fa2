import type { Operand } from '../../engine/contract/flow/expression-types.ts';
import { compileOperand } from '../../engine/contract/flow/scope-path.ts';
import type { BuildContext, Scope } from '../../engine/contract/node/node.ts';
import { atField } from '../../engine/contract/values/at-field.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';

/** Reads a value; a promise if it is an expression. */
export type ReadInput = (scope: Scope) => unknown;

/**
 * Compiles the operand in a field of a configuration; without one, the value is undefined. Throws an AppError whose issue
 * names the field.
 */
export function compileInput(path: string, operand: Operand | undefined, build: BuildContext): ReadInput {
  if (operand === undefined) return () => undefined;
  return atField(path, () => compileOperand(operand, (text) => build.compileExpression(text)));
}

/** As `compileInput`; if the operand is left out, the value is the data of the message. */
export function compileContent(path: string, operand: Operand | undefined, build: BuildContext): ReadInput {
  return operand === undefined ? ({ message }) => message.data : compileInput(path, operand, build);
}

/** Compiles the operand of a key. The function rejects with `wrong` if there is no text or number. */
export function compileKey(operand: Operand, build: BuildContext, wrong: () => AppError): (scope: Scope) => Promise<string> {
  const read = compileInput('/key', operand, build);
  return async (scope) => {
    const value = await read(scope);
    if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
    throw wrong();
  };
}
