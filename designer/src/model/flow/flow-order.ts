/**
 * The order in which a person reads a flow: along the wires. At a fork, the upper branch comes first; of two branches
 * at the same height, the left one.
 */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { placeOf } from './card-geometry.ts';

/** Returns the ids of all nodes in reading order. Nodes on a cycle come last. */
export function flowOrder(document: FlowDocument): readonly string[] {
  const places = new Map(document.nodes.map(({ id }) => [id, placeOf(document, id)]));
  const waiting = new Map(document.nodes.map(({ id }) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const { from, to } of document.edges) {
    if (!waiting.has(from.node) || !waiting.has(to.node)) continue;
    waiting.set(to.node, waiting.get(to.node)! + 1);
    const known = next.get(from.node);
    if (known === undefined) next.set(from.node, [to.node]);
    else known.push(to.node);
  }
  const byPlace = (a: string, b: string) => places.get(a)!.y - places.get(b)!.y || places.get(a)!.x - places.get(b)!.x;
  const order: string[] = [];
  // Use a stack: a branch is then read to its end before the next branch begins.
  const open = [...waiting]
    .flatMap(([id, count]) => (count === 0 ? [id] : []))
    .sort(byPlace)
    .reverse();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    order.push(id);
    waiting.delete(id);
    const ready = (next.get(id) ?? []).filter((to) => {
      if (!waiting.has(to)) return false;
      waiting.set(to, waiting.get(to)! - 1);
      return waiting.get(to) === 0;
    });
    open.push(...ready.sort(byPlace).reverse());
  }
  return [...order, ...[...waiting.keys()].sort(byPlace)];
}
