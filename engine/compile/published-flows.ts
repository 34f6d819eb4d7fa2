/** The interface through which runs find published versions; implemented by `engine/publish/published-flows.ts`. */
import type { CompiledFlow } from './compile-flow.ts';

/** Published versions, compiled; `engine/publish/published-flows.ts`. */
export interface PublishedFlows {
  current(flowId: string): CompiledFlow | undefined;
  list(): readonly CompiledFlow[];
  /**
   * Any published version, because executions are pinned to theirs. FLOW_VERSION_UNKNOWN (bug) if it is not stored.
   */
  at(flowId: string, version: number): Promise<CompiledFlow>;
  /** The version if it is already compiled, otherwise undefined; for the hot path. */
  cached(flowId: string, version: number): CompiledFlow | undefined;
}
