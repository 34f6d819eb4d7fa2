/** Which nodes come before or behind a node in a flow. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';

/** Returns the ids of all nodes from which a path of wires reaches `id`, including `id`. */
export function nodesBefore(document: Pick<FlowDocument, 'edges'>, id: string): ReadonlySet<string> {
  return spread(
    document.edges.map(({ from, to }) => [to.node, from.node]),
    id,
  );
}

/** Returns the ids of all nodes that a path of wires reaches from `id`, including `id`. */
export function nodesBehind(document: Pick<FlowDocument, 'edges'>, id: string): ReadonlySet<string> {
  return spread(
    document.edges.map(({ from, to }) => [from.node, to.node]),
    id,
  );
}

function spread(steps: readonly (readonly [string, string])[], start: string): ReadonlySet<string> {
  const next = Map.groupBy(steps, ([from]) => from);
  const seen = new Set([start]);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const [, to] of next.get(id) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return seen;
}
