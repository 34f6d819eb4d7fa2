/**
 * Builds a flow that runs only a part of another one. An entry replaces its trigger and feeds the part's first node.
 */
import type { FlowEdge } from '../contract/flow/flow-document.ts';
import type { FlowPart } from '../plan/cut-part.ts';
import { buildGraph, type FlowShape, type PlanNode } from '../plan/flow-graph.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';

/** Not a valid node id in a document. */
const ENTRY = '*';
const PORT = 'in';

/** `flow`: the part's compiled nodes, with any trigger. Pinned nodes must be among the run's known outcomes. */
export function partAsFlow(flow: CompiledFlow, part: FlowPart): CompiledFlow {
  const nodes = new Map<string, CompiledNode>([...flow.nodes].filter(([id]) => part.nodes.has(id)));
  // Pinned nodes never run, because their outcome is known.
  for (const id of part.pinned) nodes.set(id, { ...flow.trigger, id });
  const ids = [ENTRY, ...part.pinned, ...part.nodes];
  const shape: FlowShape = {
    nodes: ids.map((id) => ({ id })),
    // Pinned nodes come first, because the part's first node may read them.
    edges: [...part.pinned, part.start].map((id) => feed(id)).concat(part.edges),
  };
  return { ...flow, nodes, triggerPort: PORT, graph: buildGraph(shape, (id) => planOf(id, flow, part)) };
}

function feed(to: string): FlowEdge {
  return { id: `e_${to}`, from: { node: ENTRY, port: PORT }, to: { node: to, port: 'in' } };
}

function planOf(id: string, flow: CompiledFlow, part: FlowPart): PlanNode {
  if (id === ENTRY) return { role: 'trigger', effect: 'pure', outPorts: [PORT] };
  const planned = part.nodes.has(id) ? flow.graph.byId.get(id) : undefined;
  if (planned === undefined) return { role: 'action', effect: 'pure', outPorts: [] };
  // The input of the first join is already joined, so it runs as a plain action.
  return planned.role === 'join' && id === part.start ? { role: 'action', effect: 'pure', outPorts: planned.outPorts } : planned;
}
