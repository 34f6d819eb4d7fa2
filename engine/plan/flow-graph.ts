/** The graph of a flow as the planner walks it: indices instead of ids, the body of every loop found once. Pure. */
import type { FlowDocument } from '../contract/flow-document.ts';
import type { ControlRole, Effect } from '../contract/node.ts';

export type PlanRole = 'trigger' | 'action' | ControlRole;

/** What the planner must know of a node beside its edges. */
export interface PlanNode {
  readonly role: PlanRole;
  readonly effect: Effect;
  readonly outPorts: readonly string[];
  /** Joins only: how many arrivals fire it; `all` waits until every edge is settled. */
  readonly join?: { readonly need: 'all' | number };
  /** Loops only. */
  readonly loop?: { readonly concurrency: number; readonly keepItemErrors: boolean };
}

export interface GraphEdge {
  readonly index: number;
  readonly from: number;
  readonly port: string;
  readonly to: number;
}

export interface GraphNode extends PlanNode {
  readonly index: number;
  readonly id: string;
  readonly ins: readonly GraphEdge[];
  /** Edges to what comes behind the node. */
  readonly outs: readonly GraphEdge[];
  /** Loops only: edges into the body. */
  readonly each: readonly GraphEdge[];
  /** Index of the loop whose body the node belongs to (the innermost), -1 at the top. */
  readonly body: number;
  /** Loops only: the nodes of the body (those of loops inside it aside). */
  readonly bodyNodes: readonly number[];
}

export interface FlowGraph {
  readonly nodes: readonly GraphNode[];
  readonly edgeCount: number;
  readonly trigger: number;
  readonly byId: ReadonlyMap<string, GraphNode>;
  /** Catch nodes by the body they watch over. */
  readonly catches: ReadonlyMap<number, readonly GraphNode[]>;
}

/** Precondition: the document passed `validateFlow` (ids known, one trigger, no cycle, bodies closed). */
export function buildGraph(document: FlowDocument, describe: (nodeId: string) => PlanNode): FlowGraph {
  const position = new Map(document.nodes.map((node, index) => [node.id, index]));
  const edges: GraphEdge[] = document.edges.map((edge, index) => ({
    index,
    from: position.get(edge.from.node)!,
    port: edge.from.port,
    to: position.get(edge.to.node)!,
  }));
  const described = document.nodes.map((node) => describe(node.id));
  const bodies = findBodies(document.nodes.length, edges, described);
  const nodes: GraphNode[] = document.nodes.map((node, index) => ({
    ...described[index]!,
    index,
    id: node.id,
    ins: edges.filter((edge) => edge.to === index),
    outs: edges.filter((edge) => edge.from === index && !entersBody(described[index]!, edge)),
    each: edges.filter((edge) => edge.from === index && entersBody(described[index]!, edge)),
    body: bodies[index]!,
    bodyNodes: document.nodes.flatMap((_, inner) => (bodies[inner] === index ? [inner] : [])),
  }));
  const catches = new Map<number, GraphNode[]>();
  for (const node of nodes) if (node.role === 'catch') catches.set(node.body, [...(catches.get(node.body) ?? []), node]);
  return {
    nodes,
    edgeCount: edges.length,
    trigger: nodes.findIndex((node) => node.role === 'trigger'),
    byId: new Map(nodes.map((node) => [node.id, node])),
    catches,
  };
}

function entersBody(node: PlanNode, edge: GraphEdge): boolean {
  return node.role === 'for-each' && edge.port === 'each';
}

/** For each node the innermost loop from whose port `each` it can be reached. */
function findBodies(count: number, edges: readonly GraphEdge[], nodes: readonly PlanNode[]): number[] {
  const reachable = (starts: readonly number[]): Set<number> => {
    const seen = new Set(starts);
    const queue = [...starts];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const edge of edges) {
        if (edge.from !== next || seen.has(edge.to)) continue;
        seen.add(edge.to);
        queue.push(edge.to);
      }
    }
    return seen;
  };
  const loops = nodes.flatMap((node, index) =>
    node.role === 'for-each'
      ? [{ index, body: reachable(edges.filter((edge) => edge.from === index && entersBody(node, edge)).map((edge) => edge.to)) }]
      : [],
  );
  // The smallest body that holds a node is its innermost loop: bodies are nested or apart.
  loops.sort((a, b) => a.body.size - b.body.size);
  return Array.from({ length: count }, (_, index) => loops.find((loop) => loop.body.has(index))?.index ?? -1);
}
