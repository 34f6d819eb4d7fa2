import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { namedInNode } from '../registry/named-in-node.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';

type Served = Pick<FlowDocument, 'flowId' | 'tags' | 'nodes'>;

export type ServedFlow = { readonly document: Served };

export interface ServesDeps {
  readonly published: { current(flowId: string): ServedFlow | undefined };
  readonly nodes: Pick<NodeRegistry, 'get'>;
}

/** What a version says by itself, found once: a list of executions asks again for each. What it calls may be published anew at any time. */
interface Reach {
  readonly hasAllAdapters: boolean;
  /** Flows that it calls. */
  readonly calls: readonly string[];
}

/**
 * Which flows a process works for, by names: tags of flows, and ids of adapters. A flow with one of the tags is served; so is one whose
 * adapters are all named, those of the flows that it calls too, since a worker in a hospital's network reaches no other. No names: every flow.
 */
export function createServes(names: readonly string[], { published, nodes }: ServesDeps): (flow: ServedFlow) => boolean {
  if (names.length === 0) return () => true;
  const served = new Set(names);
  const reaches = new WeakMap<Served, Reach>();
  return ({ document }) => document.tags.some((tag) => served.has(tag)) || reachesAll(document, new Set());

  /** `seen`: flows may call each other in a circle. One that is not published fails in the same way everywhere. */
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
