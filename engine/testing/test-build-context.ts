import type { BuildContext } from '../contract/node.ts';

/** The compilers that `prepare` gets when a test hands in none. */
export function testBuildContext(): BuildContext {
  const absent = () => {
    throw new TypeError('this test hands in no compilers (option `build`)');
  };
  return { compileExpression: absent, compileCondition: absent };
}
