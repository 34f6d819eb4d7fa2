import type { BuildContext } from '../contract/node.ts';
import { compileCondition } from './compile-condition.ts';
import { compileExpression, type ExpressionOptions } from './compile-expression.ts';

/** The compilers that nodes get in `prepare`: expressions of one flow share its part of the sandbox (`key`). */
export function createBuildContext(options: ExpressionOptions): BuildContext {
  const compile = (text: string) => compileExpression(text, options).run;
  return { compileExpression: compile, compileCondition: (rule) => compileCondition(rule, { compileExpression: compile }) };
}
