import type { BuildContext } from '../contract/node/node.ts';
import { compileCondition } from './compile-condition.ts';
import { compileExpression, type ExpressionOptions } from './compile-expression.ts';

export interface BuildOptions extends ExpressionOptions {
  /** Called with the node ids an expression reads (`*`: any), whenever one is compiled. */
  readonly onNames?: (names: readonly string[]) => void;
}

/**
 * Creates the compilers that nodes get in `prepare`. Expressions of one flow share its part of the sandbox (`key`).
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
