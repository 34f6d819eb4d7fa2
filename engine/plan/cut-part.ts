/**
 * Decides which nodes of a flow belong to a run that starts in the middle of the flow. Pure; the document may be
 * unfinished.
 */
import type { FlowDocument, FlowEdge } from '../contract/flow/flow-document.ts';

export interface FlowPart {
  readonly start: string;
  /** The nodes that run: the start, all nodes after it, and the catch nodes for their errors. */
  readonly nodes: ReadonlySet<string>;
  /** Nodes before the start whose outputs are given. */
  readonly pinned: readonly string[];
  /** The edges within the part, and the edges from given outputs to joins of the part. */
  readonly edges: readonly FlowEdge[];
}

export interface PartOptions {
  readonly start: string;
  readonly isAlone: boolean;
  /** Nodes with a given output. */
  readonly pinned: readonly string[];
}

export function cutPart(document: FlowDocument, roleOf: (nodeId: string) => string, { start, isAlone, pinned }: PartOptions): FlowPart {
  const known = new Set(document.nodes.map((node) => node.id));
  const edges = document.edges.filter(({ from, to }) => known.has(from.node) && known.has(to.node));
  const nodes = isAlone ? new Set([start]) : withCatches(document, edges, roleOf, reach(edges, [start]), start);
  const given = pinned.filter((id) => known.has(id) && !nodes.has(id));
  const within = isAlone ? [] : edges.filter(({ from, to }) => nodes.has(from.node) && nodes.has(to.node) && to.node !== start);
  const intoJoins = edges.filter(
    ({ from, to }) => given.includes(from.node) && nodes.has(to.node) && to.node !== start && roleOf(to.node) === 'join',
  );
  return { start, nodes, pinned: given, edges: [...within, ...intoJoins] };
}

/**
 * Adds the catch nodes, which no edge enters. A catch takes only errors of the top level, so a part inside a loop gets
 * none.
 */
function withCatches(
  document: FlowDocument,
  edges: readonly FlowEdge[],
  roleOf: (nodeId: string) => string,
  nodes: ReadonlySet<string>,
  start: string,
): ReadonlySet<string> {
  const loopStarts = edges.filter(({ from }) => roleOf(from.node) === 'for-each' && from.port === 'each').map(({ to }) => to.node);
  if (reach(edges, loopStarts).has(start)) return nodes;
  const catches = document.nodes.filter(({ id }) => roleOf(id) === 'catch').map(({ id }) => id);
  return new Set([...nodes, ...reach(edges, catches)]);
}

function reach(edges: readonly FlowEdge[], starts: readonly string[]): Set<string> {
  const seen = new Set(starts);
  const queue = [...starts];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const { from, to } of edges) {
      if (from.node !== next || seen.has(to.node)) continue;
      seen.add(to.node);
      queue.push(to.node);
    }
  }
  return seen;
}
