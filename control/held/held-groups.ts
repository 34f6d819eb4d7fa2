/** Adds names to groups of held executions: of the flow, of the node, and of the system that the node uses. */
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainScope } from '../access/domains.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { HeldGroup, HeldGroups } from '../../engine/operate/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';

export interface NamedHeldGroup extends HeldGroup {
  readonly flowName: Text;
  /** Empty if the execution is held before its first node. */
  readonly nodeLabel: string;
  /** The system that the node uses. */
  readonly adapter?: { readonly adapterId: string; readonly name: Text };
}

export interface NamedHeldGroups extends Omit<HeldGroups, 'groups'> {
  readonly groups: readonly NamedHeldGroup[];
}

export async function nameHeldGroups(
  { groups, ...rest }: HeldGroups,
  {
    catalog,
    bindingStore,
    domains,
  }: {
    readonly catalog: Pick<FlowCatalog, 'version'>;
    readonly bindingStore: Pick<BindingStore, 'listAdapters'>;
    readonly domains: DomainScope;
  },
): Promise<NamedHeldGroups> {
  const versions = new Map(groups.map(({ flowId, version }) => [`${flowId} ${version}`, { flowId, version }]));
  const documents = new Map(
    await Promise.all(
      Array.from(versions, async ([key, { flowId, version }]) => [key, (await catalog.version(flowId, version))?.document] as const),
    ),
  );
  const adapters = new Map(
    groups.length === 0 ? [] : domains.keep(await bindingStore.listAdapters()).map(({ adapterId, name }) => [adapterId, name] as const),
  );
  const named = groups.map((group) => nameGroup(group, documents.get(`${group.flowId} ${group.version}`), adapters));
  return { ...rest, groups: named };
}

function nameGroup(group: HeldGroup, document: FlowDocument | undefined, adapters: ReadonlyMap<string, Text>): NamedHeldGroup {
  const node = document?.nodes.find(({ id }) => id === group.node);
  const adapterId = node?.adapter;
  return {
    ...group,
    flowName: document?.name ?? { 'zh-CN': group.flowId, en: group.flowId },
    nodeLabel: node?.label ?? group.node,
    ...(adapterId === undefined ? {} : { adapter: { adapterId, name: adapters.get(adapterId) ?? { 'zh-CN': adapterId, en: adapterId } } }),
  };
}
