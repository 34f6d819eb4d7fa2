import type { FlowDocument } from '../contract/flow-document.ts';
import { namedInNode } from '../registry/named-in-node.ts';
import type { NodeRegistry } from '../services.ts';

export type ServedFlow = { readonly document: Pick<FlowDocument, 'flowId' | 'tags' | 'nodes'> };

export interface ServesDeps {
  readonly published: { current(flowId: string): ServedFlow | undefined };
  readonly nodes: Pick<NodeRegistry, 'get'>;
}

/**
 * Which flows a process works for, by names: tags of flows, and ids of adapters. A flow with one of the tags is served; so is one whose
 * adapters are all named, those of the flows that it calls too, since a worker in a hospital's network reaches no other. No names: every flow.
 */
export function createServes(names: readonly string[], { published, nodes }: ServesDeps): (flow: ServedFlow) => boolean {
  if (names.length === 0) return () => true;
  const served = new Set(names);
  return (flow) => flow.document.tags.some((tag) => served.has(tag)) || reachesAll(flow, new Set());

  /** `seen`: flows may call each other in a circle. One that is not published fails in the same way everywhere. */
  function reachesAll({ document }: ServedFlow, seen: Set<string>): boolean {
    seen.add(document.flowId);
    return document.nodes.every((node) => {
      if (node.adapter !== undefined && !served.has(node.adapter)) return false;
      return namedInNode(node, nodes).every(([kind, id]) => {
        const called = kind === 'flow' && !seen.has(id) ? published.current(id) : undefined;
        return called === undefined || reachesAll(called, seen);
      });
    });
  }
}
