import type { BuildContext } from '../contract/node/node.ts';
import { createBuildContext, createInPlaceRunner } from '../expression/browser.ts';

/** The engine's compilers, as passed to `prepare`; expressions that need the sandbox run in this process. */
export function testBuildContext(): BuildContext {
  return createBuildContext({ pool: createInPlaceRunner() });
}
