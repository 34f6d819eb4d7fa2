/**
 * Builds a flow that runs only a part of another flow. An entry node replaces the trigger and passes the message to
 * the first node of the part.
 */
import type { FlowEdge } from '../contract/flow/flow-document.ts';
import type { FlowPart } from '../plan/cut-part.ts';
import { buildGraph, type FlowShape, type PlanNode } from '../plan/flow-graph.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';

/** The id of the entry node. No node of a document can have this id. */
const ENTRY = '*';
const PORT = 'in';

/**
 * Returns the flow of the part. `flow`: the compiled nodes of the part, with any trigger. The outcomes of pinned nodes
 * must be among the known outcomes of the run.
 */
export function partAsFlow(flow: CompiledFlow, part: FlowPart): CompiledFlow {
  const nodes = new Map<string, CompiledNode>([...flow.nodes].filter(([id]) => part.nodes.has(id)));
  // Pinned nodes never run, because their outcome is known.
  for (const id of part.pinned) nodes.set(id, { ...flow.trigger, id });
  const ids = [ENTRY, ...part.pinned, ...part.nodes];
  const shape: FlowShape = {
    nodes: ids.map((id) => ({ id })),
    // Pinned nodes come first, because the first node of the part may read their outputs.
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
  // If the part starts with a join, its input is already joined, so it runs as a plain action.
  return planned.role === 'join' && id === part.start ? { role: 'action', effect: 'pure', outPorts: planned.outPorts } : planned;
}
