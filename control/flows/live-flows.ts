/**
 * Live state of flows, for lists and the canvas: the engine's counters combined with the store's counts (held,
 * queued). Ids and numbers only.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { LiveSums } from '../../engine/processes/sum-live.ts';
import type { EdgeCounts, FlowCounts, NodeCounts } from '../../engine/observe/live-counters.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';

/**
 * Counts of one published flow. The event `flows` of the live stream has the flows that changed: `{ items: FlowLive[]
 * }`.
 */
export interface FlowLive {
  readonly flowId: string;
  readonly version: number;
  /** Executions that ended in the last minute, and how many of them failed. */
  readonly perMinute: number;
  readonly errors: number;
  readonly held: number;
  /** Executions that are running now, in all processes. */
  readonly inFlight: number;
  /** Time that the oldest queued message has waited; absent if none waits. */
  readonly queueAgeMs?: number;
}

/**
 * The data of the event `flow-live` and the result of `flows.live`. `done`, `failed` and `passed` are counts from the
 * time `since` on.
 */
export interface FlowLiveDetail extends FlowLive {
  readonly since: number;
  readonly nodes: readonly NodeCounts[];
  readonly edges: readonly EdgeCounts[];
}

export interface LiveFlows {
  list(): Promise<readonly FlowLive[]>;
  /** Returns the live state of a flow; undefined if the flow is not published. */
  get(flowId: string): Promise<FlowLiveDetail | undefined>;
}

export interface LiveFlowsDeps {
  readonly live: LiveSums;
  readonly counter: Pick<ExecutionCounter, 'held' | 'oldestQueued'>;
  readonly clock: Clock;
}

export function createLiveFlows({ live, counter, clock }: LiveFlowsDeps): LiveFlows {
  async function complete(counts: readonly FlowCounts[]): Promise<readonly FlowLive[]> {
    const [held, queued] = await Promise.all([counter.held(counts.map(({ flowId }) => flowId)), counter.oldestQueued()]);
    return counts.map(({ flowId, version, perMinute, errors, inFlight }) => {
      const oldest = queued.get(flowId);
      const age = oldest === undefined ? {} : { queueAgeMs: Math.max(0, clock.now() - oldest) };
      return { flowId, version, perMinute, errors, held: held[flowId] ?? 0, inFlight, ...age };
    });
  }

  return {
    list: async () => complete(await live.list()),
    async get(flowId) {
      const detail = await live.get(flowId);
      if (detail === undefined) return undefined;
      const [flow] = await complete([detail]);
      return { ...flow!, since: detail.since, nodes: detail.nodes, edges: detail.edges };
    },
  };
}
