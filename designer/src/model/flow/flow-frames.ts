/** Frames that the canvas draws automatically: around the body of a loop, and around the nodes that handle errors. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import type { NodeTypes } from './node-types.ts';

export interface FlowFrame {
  readonly kind: 'loop' | 'catch';
  /** The loop node, or the node that catches errors. */
  readonly owner: string;
  /**
   * All nodes in the frame. A frame for error handling contains only nodes that are reached after an error and in no
   * other way.
   */
  readonly nodes: readonly string[];
}

/**
 * Returns the frames, in the order of their owners. A loop has a frame only if a wire starts at the port of its body.
 */
export function flowFrames(document: FlowDocument, types: NodeTypes): readonly FlowFrame[] {
  const triggers = document.nodes.flatMap((node) => (types.isTrigger(node) ? [node.id] : []));
  const usual = behind(document, triggers);
  return document.nodes.flatMap(({ id, type }): FlowFrame[] => {
    const role = types.get(type)?.role;
    if (role === 'catch')
      return [{ kind: 'catch', owner: id, nodes: [id, ...[...behind(document, [id])].filter((node) => !usual.has(node))] }];
    if (role !== 'for-each') return [];
    const starts = document.edges.flatMap(({ from, to }) => (from.node === id && from.port === 'each' ? [to.node] : []));
    const nodes = [...new Set([...starts, ...behind(document, starts)])];
    return nodes.length === 0 ? [] : [{ kind: 'loop', owner: id, nodes }];
  });
}

function behind({ edges }: FlowDocument, starts: readonly string[]): ReadonlySet<string> {
  const leaving = Map.groupBy(edges, ({ from }) => from.node);
  const seen = new Set<string>();
  const queue = [...starts];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const { to } of leaving.get(next) ?? []) {
      if (seen.has(to.node)) continue;
      seen.add(to.node);
      queue.push(to.node);
    }
  }
  return seen;
}

/**
 * Returns the frames whose nodes are laid out together. Leaves out frames inside another frame, and frames that share a
 * node with a group of the author.
 */
export function framesToLayOut(
  document: FlowDocument,
  types: NodeTypes,
): readonly { readonly id: string; readonly nodes: readonly string[] }[] {
  const taken = new Set(document.layout.groups.flatMap(({ nodes }) => nodes));
  return flowFrames(document, types)
    .toSorted((a, b) => b.nodes.length - a.nodes.length)
    .flatMap(({ kind, owner, nodes }) => {
      if (nodes.some((id) => taken.has(id))) return [];
      for (const id of nodes) taken.add(id);
      return [{ id: `${kind} ${owner}`, nodes }];
    });
}
