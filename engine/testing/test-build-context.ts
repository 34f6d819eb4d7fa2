import type { BuildContext } from '../contract/node/node.ts';
import { createBuildContext, createInPlaceRunner } from '../expression/browser.ts';

/** Returns the engine's compilers, as passed to `prepare`. Expressions that need the sandbox run in this process. */
export function testBuildContext(): BuildContext {
  return createBuildContext({ pool: createInPlaceRunner() });
}
