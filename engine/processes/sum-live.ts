/**
 * Sums the counts of published flows over processes. Ignores counts of a version other than the one published here.
 */
import type { FlowCounts, FlowDetailCounts, LiveCounters } from '../observe/live-counters.ts';
import type { FlowPart } from './process-document.ts';

export interface LiveSums {
  /** Returns the counts of every published flow. */
  list(): Promise<readonly FlowCounts[]>;
  /** Returns undefined if the flow is not published. */
  get(flowId: string): Promise<FlowDetailCounts | undefined>;
}

/** Creates the sums. `others` returns the counts of each other running process. */
export function sumLive(own: Pick<LiveCounters, 'list' | 'get'>, others: () => Promise<readonly (readonly FlowPart[])[]>): LiveSums {
  return {
    async list() {
      const parts = Map.groupBy((await others()).flat(), ({ flowId }) => flowId);
      return own.list().map((counts) => (parts.get(counts.flowId) ?? []).reduce(addCounts, counts));
    },
    async get(flowId) {
      const parts = (await others()).flatMap((flows) => flows.filter((flow) => flow.flowId === flowId));
      const counts = own.get(flowId);
      return counts && parts.reduce(addDetail, counts);
    },
  };
}

function addCounts<Counts extends FlowCounts>(sum: Counts, part: FlowCounts): Counts {
  // Executions of an older version still run, and must be counted.
  const inFlight = sum.inFlight + part.inFlight;
  if (part.version !== sum.version) return { ...sum, inFlight };
  const { perMinute, errors, since } = part;
  return { ...sum, inFlight, perMinute: sum.perMinute + perMinute, errors: sum.errors + errors, since: Math.min(sum.since, since) };
}

function addDetail(sum: FlowDetailCounts, part: FlowPart): FlowDetailCounts {
  const counts = addCounts(sum, part);
  if (part.version !== sum.version) return counts;
  const nodes = new Map(part.nodes.map((node) => [node.node, node]));
  const edges = new Map(part.edges.map((edge) => [edge.edge, edge]));
  return {
    ...counts,
    nodes: sum.nodes.map((node) => {
      const { done = 0, failed = 0, perMinute = 0 } = nodes.get(node.node) ?? {};
      return { node: node.node, done: node.done + done, failed: node.failed + failed, perMinute: node.perMinute + perMinute };
    }),
    edges: sum.edges.map((edge) => {
      const { passed = 0, perMinute = 0 } = edges.get(edge.edge) ?? {};
      return { edge: edge.edge, passed: edge.passed + passed, perMinute: edge.perMinute + perMinute };
    }),
  };
}
