import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { namedInNode } from '../registry/named-in-node.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';

type Served = Pick<FlowDocument, 'flowId' | 'tags' | 'nodes'>;

export type ServedFlow = { readonly document: Served };

export interface ServesDeps {
  readonly published: { current(flowId: string): ServedFlow | undefined };
  readonly nodes: Pick<NodeRegistry, 'get'>;
}

/**
 * What is fixed for a version, so it is computed once: it is needed for each listed execution. The flows it calls may
 * be republished at any time.
 */
interface Reach {
  readonly hasAllAdapters: boolean;
  /** The flows it calls. */
  readonly calls: readonly string[];
}

/**
 * Decides which flows a process works for, by names: tags of flows, and ids of adapters. A flow with one of the tags
 * is served. So is a flow whose adapters are all named, including those of the flows it calls, because a worker in a
 * hospital's network reaches no others. Without names, every flow is served.
 */
export function createServes(names: readonly string[], { published, nodes }: ServesDeps): (flow: ServedFlow) => boolean {
  if (names.length === 0) return () => true;
  const served = new Set(names);
  const reaches = new WeakMap<Served, Reach>();
  return ({ document }) => document.tags.some((tag) => served.has(tag)) || reachesAll(document, new Set());

  /**
   * `seen` guards against flows that call each other in a circle. A flow that is not published fails the same way
   * everywhere.
   */
  function reachesAll(document: Served, seen: Set<string>): boolean {
    seen.add(document.flowId);
    const { hasAllAdapters, calls } = reachOf(document);
    return (
      hasAllAdapters &&
      calls.every((id) => {
        const called = seen.has(id) ? undefined : published.current(id);
        return called === undefined || reachesAll(called.document, seen);
      })
    );
  }

  function reachOf(document: Served): Reach {
    const known = reaches.get(document);
    if (known !== undefined) return known;
    const reach: Reach = {
      hasAllAdapters: document.nodes.every(({ adapter }) => adapter === undefined || served.has(adapter)),
      calls: document.nodes.flatMap((node) => namedInNode(node, nodes).flatMap(([kind, id]) => (kind === 'flow' ? [id] : []))),
    };
    reaches.set(document, reach);
    return reach;
  }
}
