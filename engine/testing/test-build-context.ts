import type { BuildContext } from '../contract/node/node.ts';
import { createBuildContext, createInPlaceRunner } from '../expression/browser.ts';

/** The engine's compilers as `prepare` gets them; what needs the sandbox runs in this process. */
export function testBuildContext(): BuildContext {
  return createBuildContext({ pool: createInPlaceRunner() });
}
