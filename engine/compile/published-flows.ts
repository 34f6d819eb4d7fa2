/** Where runs find the versions that serve; made by `engine/publish/published-flows.ts`. */
import type { CompiledFlow } from './compile-flow.ts';

/** Published versions, compiled; `engine/publish/published-flows.ts`. */
export interface PublishedFlows {
  current(flowId: string): CompiledFlow | undefined;
  list(): readonly CompiledFlow[];
  /** Any published version (executions are pinned to theirs). FLOW_VERSION_UNKNOWN (bug) when it is not stored. */
  at(flowId: string, version: number): Promise<CompiledFlow>;
  /** Already compiled, or undefined; for the hot path. */
  cached(flowId: string, version: number): CompiledFlow | undefined;
}
