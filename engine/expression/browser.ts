/**
 * Exports the compilers for the designer's previews. They are the same as on the server, but without worker threads (no
 * `node:` imports).
 */
import jsonata from 'jsonata';
import { offerFunctions } from './offered-functions.ts';
import { createPatternHost } from './pattern-store.ts';
import { createRegexEngine } from './regex-engine.ts';
import { expressionFailed, timeFunctions, type ExpressionRunner } from './compile-expression.ts';

export { compileCondition } from './compile-condition.ts';
export { compileExpression, parseExpression } from './compile-expression.ts';
export { createBuildContext } from './create-build-context.ts';

/**
 * Runs sandbox expressions in the page itself, for the analyst's own preview. JSONata's limits stop most expressions
 * that run too long. Never use it on a server.
 */
export function createInPlaceRunner(): ExpressionRunner {
  const RegexEngine = createRegexEngine(createPatternHost());
  return {
    async runExpression(text, root, options = {}) {
      try {
        const expression = jsonata(text, { timeout: 1000, stack: 200, RegexEngine });
        offerFunctions(expression);
        const value: unknown = await expression.evaluate(root, timeFunctions(options.nowMs ?? 0));
        return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
      } catch (error) {
        throw expressionFailed(error);
      }
    },
  };
}
