import type { Issue } from '../contract/values/errors.ts';
import type { FlowEdge } from '../contract/flow/flow-document.ts';
import { errorPort } from '../contract/node/node.ts';
import { hasOpenEnd, isPortThere, roleAt, startsOf, type GraphView } from './graph-view.ts';

/**
 * The maximum number of pairs of edges that are checked. All further pairs count as not exclusive. This limits the work
 * on hostile documents.
 */
const MAX_PAIRS = 200_000;

/**
 * Checks that several edges enter an ordinary node only if at most one of them can carry a message: their paths must
 * separate at different ports of a node that chooses one port. Otherwise returns FLOW_MERGE_NOT_EXCLUSIVE. The graph
 * must have no cycle.
 */
export function checkExclusiveMerges(view: GraphView): Issue[] {
  const isExclusive = exclusiveEdges(view);
  const issues: Issue[] = [];
  for (const { node, role, ins } of view.nodes.values()) {
    if (role === 'join' || role === 'unknown' || ins.length < 2) continue;
    const pair = ins.flatMap((a, index) => ins.slice(index + 1).map((b) => [a, b] as const)).find(([a, b]) => !isExclusive(a, b));
    if (pair === undefined) continue;
    const ends = pair.map(({ from }) => ({ label: view.nodes.get(from.node)?.node.label || from.node, port: from.port }));
    const names = ends.map(({ label, port }) => `"${label}" (${port})`);
    issues.push({
      path: `/edges/${view.document.edges.indexOf(pair[1])}`,
      code: 'FLOW_MERGE_NOT_EXCLUSIVE',
      severity: 'error',
      node: node.id,
      values: { node: node.label || node.id, paths: ends.map(({ label, port }) => `“${label}”（${port}）`).join('、') },
      message: `Both ${names.join(' and ')} can send a message to "${node.label || node.id}" in one run, but it accepts only one of them.`,
      fix: 'Put a join before it, or start the two paths at different ports of one condition.',
    });
  }
  return issues;
}

/**
 * Returns a function that decides whether two edges exclude each other. It goes back from the later edge. The edges
 * exclude each other if every path back reaches a node that chooses between this path and the other edge. Each pair is
 * decided once. If a type or a port is unknown, or an edge ends at a missing node, the edges count as exclusive,
 * because that problem is reported elsewhere.
 */
function exclusiveEdges(view: GraphView): (a: FlowEdge, b: FlowEdge) => boolean {
  const decided = new Map<string, boolean>();
  const starts = new Set(startsOf(view));
  const isOpen = hasOpenEnd(view);
  const isUnsure = (id: string) => roleAt(view, id) === 'unknown' || (isOpen && !starts.has(id));
  const rank = (edge: FlowEdge) => view.order?.get(edge.from.node) ?? 0;

  const decide = (a: FlowEdge, b: FlowEdge): boolean => {
    if (a.from.node === b.from.node) return a.from.port !== b.from.port && choosesBetween(view, a, b);
    const [earlier, later] = rank(a) < rank(b) ? [a, b] : [b, a];
    const [walked, other] = view.edgesTo.has(later.from.node) ? [later, earlier] : [earlier, later];
    const ways = view.edgesTo.get(walked.from.node);
    return ways?.every((way) => isExclusive(other, way)) ?? [a, b].some(({ from }) => isUnsure(from.node));
  };
  const isExclusive = (a: FlowEdge, b: FlowEdge): boolean => {
    const key = a.id < b.id ? `${a.id} ${b.id}` : `${b.id} ${a.id}`;
    const known = decided.get(key);
    if (known !== undefined || decided.size > MAX_PAIRS) return known ?? false;
    const answer = decide(a, b);
    decided.set(key, answer);
    return answer;
  };
  return isExclusive;
}

/**
 * Returns true if the node emits on only one of the two ports. A route and a wait emit on one port only. An action
 * emits either on its normal port or on its error port.
 */
function choosesBetween(view: GraphView, a: FlowEdge, b: FlowEdge): boolean {
  const role = roleAt(view, a.from.node);
  if (view.nodes.get(a.from.node)?.node.disabled === true) return true;
  if (role === 'route' || role === 'wait' || role === 'unknown') return true;
  if (!isPortThere(view, a.from) || !isPortThere(view, b.from)) return true;
  return role !== 'parallel' && role !== 'for-each' && (a.from.port === errorPort.name || b.from.port === errorPort.name);
}
