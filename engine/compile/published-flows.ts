/** The interface through which runs find published versions; implemented by `engine/publish/published-flows.ts`. */
import type { CompiledFlow } from './compile-flow.ts';

/** The published versions, compiled. */
export interface PublishedFlows {
  current(flowId: string): CompiledFlow | undefined;
  list(): readonly CompiledFlow[];
  /**
   * Returns any published version, because executions are pinned to their versions. Rejects with FLOW_VERSION_UNKNOWN
   * (bug) if the version is not stored.
   */
  at(flowId: string, version: number): Promise<CompiledFlow>;
  /** Returns the version if it is already compiled, otherwise undefined. For code that runs for each message. */
  cached(flowId: string, version: number): CompiledFlow | undefined;
}
