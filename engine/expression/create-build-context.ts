import type { BuildContext } from '../contract/node/node.ts';
import { compileCondition } from './compile-condition.ts';
import { compileExpression, type ExpressionOptions } from './compile-expression.ts';

export interface BuildOptions extends ExpressionOptions {
  /** Called for each compiled expression with the ids of the nodes it reads; `*` means any node. */
  readonly onNames?: (names: readonly string[]) => void;
}

/**
 * Creates the compilers that nodes get in `prepare`. The sandbox counts the time of all expressions of one flow
 * together, under the key `key`.
 */
export function createBuildContext(options: BuildOptions): BuildContext {
  const compile = (text: string) => {
    const { run, names } = compileExpression(text, options);
    options.onNames?.(names);
    return run;
  };
  return {
    compileExpression: compile,
    compileCondition: (rule) => compileCondition(rule, { compileExpression: compile, isDraft: options.isDraft === true }),
  };
}
