/** Builds the graph of a flow for the planner, with indices instead of ids and the body of every loop. Pure. */
import type { FlowDocument, FlowNode } from '../contract/flow/flow-document.ts';
import type { ControlRole, Effect } from '../contract/node/node.ts';

export type PlanRole = 'trigger' | 'action' | ControlRole;

/** The facts that the planner needs about a node besides its edges. */
export interface PlanNode {
  readonly role: PlanRole;
  readonly effect: Effect;
  readonly outPorts: readonly string[];
  /**
   * Only for joins: the number of arrivals after which the join runs; with `all`, it waits until every edge is
   * settled. With `first`, the join continues with the first branch that succeeds (`success`) or ends (`end`). Such a
   * join also takes the errors of its branches, and ends the other branches.
   */
  readonly join?: { readonly need: 'all' | number; readonly first?: 'success' | 'end' };
  /** The settings of a loop; absent for other nodes. */
  readonly loop?: { readonly concurrency: number; readonly keepItemErrors: boolean };
}

export interface GraphEdge {
  readonly index: number;
  readonly from: number;
  readonly port: string;
  readonly to: number;
}

/** A node whose paths all go to the join, through some of the join's edges but not through all of them. */
export interface BranchNode {
  readonly node: number;
  /** The indices of the join's edges to which the paths of the node lead. */
  readonly edges: readonly number[];
}

export interface GraphNode extends PlanNode {
  readonly index: number;
  readonly id: string;
  readonly ins: readonly GraphEdge[];
  /** The edges to the next nodes. */
  readonly outs: readonly GraphEdge[];
  /** Only for loops: the edges into the body. */
  readonly each: readonly GraphEdge[];
  /** Only for joins that continue with the first branch: the nodes in their branches. */
  readonly branches: readonly BranchNode[];
  /**
   * The index of the innermost join that continues with its first branch and whose branches contain the node; -1 if
   * there is none.
   */
  readonly guard: number;
  /** The index of the innermost loop whose body contains the node; -1 at the top level. */
  readonly body: number;
  /** Only for loops: the nodes of the body, except those in nested loops. */
  readonly bodyNodes: readonly number[];
}

export interface FlowGraph {
  readonly nodes: readonly GraphNode[];
  readonly edgeCount: number;
  readonly trigger: number;
  readonly byId: ReadonlyMap<string, GraphNode>;
  /** The catch nodes, by the body whose errors they handle. */
  readonly catches: ReadonlyMap<number, readonly GraphNode[]>;
}

/** The fields of a document from which the graph is built. */
export interface FlowShape extends Pick<FlowDocument, 'edges'> {
  readonly nodes: readonly Pick<FlowNode, 'id'>[];
}

/** Builds the graph. The document must have passed `validateFlow` (ids known, one trigger, no cycle, bodies closed). */
export function buildGraph(document: FlowShape, describe: (nodeId: string) => PlanNode): FlowGraph {
  const position = new Map(document.nodes.map((node, index) => [node.id, index]));
  const edges: GraphEdge[] = document.edges.map((edge, index) => ({
    index,
    from: position.get(edge.from.node)!,
    port: edge.from.port,
    to: position.get(edge.to.node)!,
  }));
  const described = document.nodes.map((node) => describe(node.id));
  const bodies = findBodies(document.nodes.length, edges, described);
  const branches = described.map((node, index) =>
    node.join?.first === undefined ? NO_BRANCHES : findBranches(index, edges, described, bodies),
  );
  const nodes: GraphNode[] = document.nodes.map((node, index) => ({
    ...described[index]!,
    index,
    id: node.id,
    ins: edges.filter((edge) => edge.to === index),
    outs: edges.filter((edge) => edge.from === index && !entersBody(described[index]!, edge)),
    each: edges.filter((edge) => edge.from === index && entersBody(described[index]!, edge)),
    branches: branches[index]!,
    guard: guardOf(index, branches),
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

const NO_BRANCHES: readonly BranchNode[] = [];

function findBranches(join: number, edges: readonly GraphEdge[], nodes: readonly PlanNode[], bodies: readonly number[]): BranchNode[] {
  const ins = edges.filter((edge) => edge.to === join);
  const outsOf = (index: number) => edges.filter((edge) => edge.from === index && !entersBody(nodes[index]!, edge));
  return nodes.flatMap(({ role }, start) => {
    if (bodies[start] !== bodies[join] || role === 'trigger' || role === 'catch' || start === join) return [];
    const seen = new Set([start]);
    const reached = new Set<number>();
    for (const index of seen) {
      const outs = outsOf(index);
      // A path that does not end at the join does not belong to one of its branches.
      if (outs.length === 0) return [];
      for (const edge of outs) {
        if (edge.to === join) reached.add(edge.index);
        else seen.add(edge.to);
      }
    }
    return reached.size < ins.length ? [{ node: start, edges: [...reached] }] : [];
  });
}

/**
 * Returns the innermost join whose branches contain the node. Branches are nested or disjoint, so it is the join whose
 * branches have the fewest nodes.
 */
function guardOf(node: number, branches: readonly (readonly BranchNode[])[]): number {
  let guard = -1;
  branches.forEach((region, join) => {
    if (region.some((one) => one.node === node) && (guard === -1 || region.length < branches[guard]!.length)) guard = join;
  });
  return guard;
}

/** Returns for each node the innermost loop whose port `each` leads to it. */
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
  // Bodies are nested or disjoint, so the smallest body that contains a node is its innermost loop.
  loops.sort((a, b) => a.body.size - b.body.size);
  return Array.from({ length: count }, (_, index) => loops.find((loop) => loop.body.has(index))?.index ?? -1);
}
