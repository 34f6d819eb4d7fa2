/** Finds which flows use which adapters, code tables and other flows, in their draft and in the version in service. */
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { FieldKind } from '../../engine/contract/values/field-kind.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainScope } from '../access/domains.ts';
import { extensionLineOf } from '../../engine/extensions/package/manifest.ts';
import { namedInNode } from '../../engine/registry/named-in-node.ts';
import type { FlowCatalog, FlowSummary } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';

export type UsedKind = 'adapter' | 'table' | 'flow' | 'topic' | 'extension' | 'collection' | 'taken-collection';

export interface FlowUse {
  readonly flowId: string;
  readonly domain: string;
  readonly name: Text;
  readonly inDraft: boolean;
  readonly inPublished: boolean;
  /** The version in service that uses it. */
  readonly publishedVersion?: number;
  readonly nodes: readonly { readonly id: string; readonly label: string }[];
}

/** A use without its nodes, for lists. */
export type UsedBy = Omit<FlowUse, 'nodes'>;

export interface FlowUses {
  /** Returns the flows that use each object of this kind, by the object's id. */
  of(kind: UsedKind): Promise<ReadonlyMap<string, readonly FlowUse[]>>;
}

export interface Found {
  readonly kind: UsedKind;
  readonly id: string;
  readonly node: Pick<FlowNode, 'id' | 'label'>;
}

/** The uses in one flow, cached until its draft or its published version changes. */
interface Known {
  readonly draft: readonly Found[];
  readonly published: readonly Found[];
}

export function createFlowUses({ catalog, nodes }: { readonly catalog: FlowCatalog; readonly nodes: NodeRegistry }): FlowUses {
  let known = new Map<string, Known>();

  async function look(flow: FlowSummary): Promise<Known> {
    const { flowId, draftRevision, publishedVersion, isChanged } = flow;
    const draft = draftRevision === undefined ? undefined : await catalog.draft(flowId);
    const found = draft === undefined ? [] : usesOf(draft.nodes, nodes);
    if (publishedVersion === undefined) return { draft: found, published: [] };
    if (!isChanged) return { draft: found, published: found };
    const version = await catalog.version(flowId, publishedVersion);
    return { draft: found, published: version === undefined ? [] : usesOf(version.document.nodes, nodes) };
  }

  return {
    async of(kind) {
      const flows = await catalog.list();
      const next = new Map<string, Known>();
      const uses = new Map<string, FlowUse[]>();
      for (const flow of flows) {
        const key = `${flow.flowId} ${flow.draftRevision ?? 0} ${flow.publishedVersion ?? 0}`;
        const found = known.get(key) ?? (await look(flow));
        next.set(key, found);
        for (const [id, use] of groupUses(flow, found, kind)) uses.set(id, [...(uses.get(id) ?? []), use]);
      }
      known = next;
      return uses;
    },
  };
}

/** Returns the flows that use the object and that the person may see. */
export function usersOf(uses: ReadonlyMap<string, readonly FlowUse[]>, id: string, domains: DomainScope): readonly UsedBy[] {
  return domains.keep(uses.get(id) ?? []).map(({ nodes: _nodes, ...use }) => use);
}

function groupUses(
  { flowId, domain, name, publishedVersion }: FlowSummary,
  { draft, published }: Known,
  kind: UsedKind,
): Map<string, FlowUse> {
  const uses = new Map<string, FlowUse>();
  for (const id of new Set([...draft, ...published].filter((found) => found.kind === kind).map((found) => found.id))) {
    const isIt = (found: Found) => found.kind === kind && found.id === id;
    const nodes = new Map([...published, ...draft].filter(isIt).map(({ node }) => [node.id, node]));
    const inPublished = published.some(isIt);
    const version = inPublished && publishedVersion !== undefined ? { publishedVersion } : {};
    uses.set(id, { flowId, domain, name, inDraft: draft.some(isIt), inPublished, ...version, nodes: [...nodes.values()] });
  }
  return uses;
}

/** Returns the objects that the nodes use, in the order of the nodes. */
export function usesOf(own: FlowDocument['nodes'], nodes: NodeRegistry): readonly Found[] {
  return own.flatMap((node) => {
    const { id, label, adapter } = node;
    const extension = extensionLineOf(node.type);
    const found = (kind: UsedKind, used: string): Found => ({ kind, id: used, node: { id, label } });
    return [
      ...(adapter === undefined ? [] : [found('adapter', adapter)]),
      ...(node.type.startsWith(TOPIC_TRIGGER) ? [found('topic', String(node.config['topic']))] : []),
      ...(node.type.startsWith(COLLECTION_NODES) ? [found('collection', String(node.config['collection']))] : []),
      ...(node.type.startsWith(COLLECTION_TRIGGER) ? [found('taken-collection', String(node.config['collection']))] : []),
      ...(extension === undefined ? [] : [found('extension', extension)]),
      ...tablesIn(node.config).map((table) => found('table', table)),
      ...namedInNode(node, nodes).flatMap(([kind, used]) => (KINDS[kind] === undefined ? [] : [found(KINDS[kind], used)])),
    ];
  });
}

/** The trigger that starts a flow with the events of a topic of the bus. */
const TOPIC_TRIGGER = 'bus.receive@';
/** The nodes that add to a collection, or take its groups. */
const COLLECTION_NODES = 'collection.';
const COLLECTION_TRIGGER = 'collection.receive@';

/** Returns the ids of code tables: every field named `table` in a configuration holds one. */
function tablesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => (name === 'table' && typeof field === 'string' ? [field] : tablesIn(field)));
}

/** Field editors for the id of an object, with the kind of the object. */
const KINDS: Readonly<Partial<Record<FieldKind, UsedKind>>> = { adapter: 'adapter', 'code-table': 'table', flow: 'flow' };
