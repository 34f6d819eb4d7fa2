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
 * The facts that are fixed for a flow version. They are computed once, because they are needed for each listed
 * execution. The called flows are not fixed: they may be published again at any time.
 */
interface Reach {
  readonly hasAllAdapters: boolean;
  /** The ids of the flows that the version calls. */
  readonly calls: readonly string[];
}

/**
 * Returns a function that decides which flows a process works for. `names` contains tags of flows and ids of adapters.
 * A flow with one of the tags is served. A flow is also served if all its adapters are named, including those of the
 * flows it calls: a worker in a hospital's network cannot reach other adapters. Without names, every flow is served.
 */
export function createServes(names: readonly string[], { published, nodes }: ServesDeps): (flow: ServedFlow) => boolean {
  if (names.length === 0) return () => true;
  const served = new Set(names);
  const reaches = new WeakMap<Served, Reach>();
  return ({ document }) => document.tags.some((tag) => served.has(tag)) || reachesAll(document, new Set());

  /**
   * Returns true if all adapters are named. `seen` prevents an endless loop if flows call each other in a circle. A
   * called flow that is not published is ignored, because its call fails in every process.
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
