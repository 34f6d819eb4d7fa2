/** A flow whose run begins in its middle: in place of its trigger stands an entry that feeds the part's first node. */
import type { FlowDocument, FlowEdge } from '../contract/flow/flow-document.ts';
import type { FlowPart } from '../plan/cut-part.ts';
import { buildGraph, type PlanNode } from '../plan/flow-graph.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';

/** No node of a document can be called so. */
const ENTRY = '*';
const PORT = 'in';

/** `flow`: the part's nodes compiled, with any trigger. What is pinned must be among the run's known outcomes. */
export function partAsFlow(flow: CompiledFlow, part: FlowPart): CompiledFlow {
  const nodes = new Map<string, CompiledNode>([...flow.nodes].filter(([id]) => part.nodes.has(id)));
  // Never run, since its outcome is known.
  for (const id of part.pinned) nodes.set(id, { ...flow.trigger, id });
  const ids = [ENTRY, ...part.pinned, ...part.nodes];
  const document = {
    nodes: ids.map((id) => ({ id })),
    // What is pinned comes first: the part's first node may read it.
    edges: [...part.pinned, part.start].map((id) => feed(id)).concat(part.edges),
  } as unknown as FlowDocument;
  return { ...flow, nodes, triggerPort: PORT, graph: buildGraph(document, (id) => planOf(id, flow, part)) };
}

function feed(to: string): FlowEdge {
  return { id: `e_${to}`, from: { node: ENTRY, port: PORT }, to: { node: to, port: 'in' } };
}

function planOf(id: string, flow: CompiledFlow, part: FlowPart): PlanNode {
  if (id === ENTRY) return { role: 'trigger', effect: 'pure', outPorts: [PORT] };
  const planned = part.nodes.has(id) ? flow.graph.byId.get(id) : undefined;
  if (planned === undefined) return { role: 'action', effect: 'pure', outPorts: [] };
  // What a join is given here is joined already.
  return planned.role === 'join' && id === part.start ? { role: 'action', effect: 'pure', outPorts: planned.outPorts } : planned;
}
