import { createBuildContext, createInPlaceRunner } from '../../../engine/expression/browser.ts';
import type { BuildContext } from '../../../engine/contract/node/node.ts';

/** The engine's compilers, for tests of one node. */
export function engineBuild(): BuildContext {
  return createBuildContext({ pool: createInPlaceRunner() });
}
