/**
 * A bundle transfers flows and interfaces from one installation to another, with the adapters, code tables, services,
 * address lists and rule sets that they need. It never contains a secret.
 */
import { Type } from 'typebox';
import { AdapterDocument, CodeTable } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import { calledFlowIds } from '../../engine/publish/called-flows.ts';
import { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import { ServiceDocument } from '../../gateways/documents/service-document.ts';
import { isAllowed } from '../access/permissions.ts';
import { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { maskSecrets } from '../audit/without-secrets.ts';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { notFound, type DomainRequirement, type DomainScope } from '../access/domains.ts';
import { savingAdapter } from '../adapters/adapters.ts';
import { ownedTable } from '../flows/flow-references.ts';
import { type FlowUses, type UsedKind, usesOf } from '../flows/flow-uses.ts';
import { collectGatewayParts } from './collect-gateway-parts.ts';
import { savingInterface } from '../interfaces/interfaces.ts';
import { type Owners, saving } from '../action/owners.ts';
import { flowIdsOf, type BundleDocument } from './bundle-document.ts';
import { importBundle } from './import-bundle.ts';
import { exportFlow } from '../flows/shown-flow.ts';
import type { Bindings, BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { CheckSavedInterface, PlanPublisher } from '../registry/build-plan.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FileAccess } from '../../engine/contract/node/file-access.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { AdapterTests } from '../adapters/adapter-tests.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface BundleServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly checkSavedInterface: CheckSavedInterface;
  readonly counter: ExecutionCounter;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
  readonly adapterTests: AdapterTests;
  readonly info: ControlInfo;
}

const Many = (of: ReturnType<typeof Type.Unknown>) => Type.Optional(Type.Array(of, { maxItems: 1000 }));

const Bundle = Type.Object(
  {
    schema: Type.Literal('bundle/1'),
    /** Tells whether the flows are drafts or published; absent in bundles of 0.1.0. */
    source: Type.Optional(Type.Enum(['draft', 'published'])),
    /** Versions of published flows in the installation that exported them. */
    versions: Type.Optional(valuesByName(Type.Integer())),
    adapters: Many(AdapterDocument as never),
    tables: Many(CodeTable as never),
    flows: Many(Type.Unknown()),
    services: Many(ServiceDocument as never),
    ipLists: Many(IpListDocument as never),
    ruleSets: Many(ObjectRuleSet as never),
    interfaces: Many(InterfaceDocument as never),
  },
  closed,
);

export function bundleActions(services: BundleServices): readonly Action[] {
  return [exportFlows(services), importFlows(services)];
}

function exportFlows(services: BundleServices): Action {
  return defineAction({
    name: 'bundles.export',
    right: 'flows.read',
    domain: 'filtered',
    text: { 'zh-CN': '导出流程及其所需（不含任何凭据）', en: 'Export flows and what they need, without secrets' },
    input: Type.Object(
      {
        flowIds: Type.Optional(
          Type.Array(FlowId, {
            maxItems: 1000,
            description:
              'The flows that these call, and the code tables that they use, are exported with them; without ids everything is exported',
          }),
        ),
        source: Type.Optional(
          Type.Enum(['draft', 'published'], { default: 'draft', description: 'Drafts, or the published versions; the file says which' }),
        ),
      },
      closed,
    ),
    audited: true,
    subject: ({ flowIds }) => (flowIds === undefined ? 'all' : flowIds.join(' ').slice(0, 500)),
    run: async ({ actor, domains }, { flowIds, source = 'draft' }) => {
      // Address lists belong to who may import them again.
      const seesLists = isAllowed(actor, 'callers.edit');
      const { flows = [], ...bundle } = await exportBundle(services, domains, { flowIds, source, seesLists });
      return { ...bundle, flows: flows.map((flow) => exportFlow(flow, actor)) };
    },
  });
}

function importFlows(services: BundleServices): Action {
  return defineAction({
    name: 'bundles.import',
    right: 'flows.edit',
    domain: ({ bundle }) => demandsOf(services, bundle as BundleDocument),
    text: {
      'zh-CN': '导入：覆盖同编号的草稿，不发布流程；会改动正在使用的适配器、代码表、接口、服务、名单、规则组时拒绝，除非指明一并覆盖',
      en: 'Import over drafts with the same ids; no flow is published. If adapters, interfaces or others in use would change, the import is refused unless replacing them is requested',
    },
    input: Type.Object(
      {
        bundle: Bundle,
        replace: Type.Optional(
          Type.Boolean({
            description:
              'Replace adapters, code tables, interfaces, services, address lists and rule sets in use by those in the bundle; an adapter keeps its settings of environments that the bundle does not contain',
          }),
        ),
      },
      closed,
    ),
    audited: true,
    subject: ({ bundle }) =>
      idsOf(bundle as BundleDocument)
        .join(' ')
        .slice(0, 500),
    run: (ctx, { bundle, replace = false }) => importBundle(services, ctx, bundle as BundleDocument, { replace }),
  });
}

/** Returns the ids of the objects in the bundle, flows first, because people recognise the bundle by them. */
function idsOf(bundle: BundleDocument): readonly string[] {
  const { interfaces = [], adapters = [], tables = [], services = [], ipLists = [], ruleSets = [] } = bundle;
  return [
    ...flowIdsOf(bundle),
    ...interfaces.map(({ interfaceId }) => interfaceId),
    ...adapters.map(({ adapterId }) => adapterId),
    ...tables.map(({ tableId }) => tableId),
    ...services.map(({ serviceId }) => serviceId),
    ...ipLists.map(({ listId }) => listId),
    ...ruleSets.map(({ ruleSetId }) => ruleSetId),
  ];
}

type Source = NonNullable<BundleDocument['source']>;

interface Wish {
  readonly flowIds: readonly string[] | undefined;
  readonly source: Source;
  /** True if the person may edit address lists. */
  readonly seesLists: boolean;
}

async function exportBundle(services: BundleServices, domains: DomainScope, { flowIds, source, seesLists }: Wish): Promise<BundleDocument> {
  const { bindingStore, registry, nodes } = services;
  const { flows, versions } = await collectFlows(services, domains, flowIds, source);
  const uses = [...flows.values()].flatMap((flow) => usesOf(flow.nodes, nodes));
  const named = (kind: UsedKind) => new Set(uses.filter((use) => use.kind === kind).map(({ id }) => id));
  const adapterIds = named('adapter');
  const adapters = domains.keep(await bindingStore.listAdapters()).filter((adapter) => adapterIds.has(adapter.adapterId));
  const tables = (await bindingStore.listTables()).filter((table) => domains.mayUse(ownedTable(table)));
  const tableIds = flowIds === undefined ? undefined : named('table');
  const gateways = await collectGatewayParts(registry, domains, flowIds === undefined ? undefined : new Set(flows.keys()));
  return {
    schema: 'bundle/1',
    source,
    ...(source === 'published' ? { versions: Object.fromEntries(versions) } : {}),
    adapters: maskSecrets(adapters) as typeof adapters,
    tables: tables.filter(({ tableId }) => tableIds?.has(tableId) ?? true),
    flows: [...flows.values()],
    ...gateways,
    ...(seesLists ? {} : { ipLists: [] }),
  };
}

/**
 * Returns the requested flows and all flows that they call, directly or indirectly. Leaves out called flows of domains
 * that the person does not have. Without ids, returns every flow of the person's domains.
 */
async function collectFlows(
  { catalog, nodes }: BundleServices,
  domains: DomainScope,
  flowIds: readonly string[] | undefined,
  source: Source,
) {
  const published = new Map(domains.keep(await catalog.list()).map((flow) => [flow.flowId, flow.publishedVersion]));
  const flows = new Map<string, FlowDocument>();
  const versions = new Map<string, number>();
  const documentOf = async (flowId: string): Promise<FlowDocument | undefined> => {
    if (!published.has(flowId)) return undefined;
    if (source === 'draft') return catalog.draft(flowId);
    const version = published.get(flowId);
    if (version === undefined) return undefined;
    versions.set(flowId, version);
    return (await catalog.version(flowId, version))?.document;
  };
  const asked = new Set(flowIds);
  // The loop also visits flows that are added to the set during it.
  const wanted = new Set(flowIds ?? published.keys());
  for (const flowId of wanted) {
    const document = await documentOf(flowId);
    if (document === undefined && asked.has(flowId))
      throw source === 'draft' || !published.has(flowId) ? notFound(flowId) : notPublished(flowId);
    // Skip a flow that does not exist. The import reports calls to it, because only the import knows which flows exist
    // in the target installation.
    if (document === undefined) continue;
    flows.set(flowId, document);
    for (const called of calledFlowIds(document, nodes)) wanted.add(called);
  }
  return { flows, versions };
}

function notPublished(flowId: string): AppError {
  return new AppError('BUNDLE_NOT_PUBLISHED', 'input', `${flowId} is not published, so there is no published content to export.`, {
    values: { flowId },
    fix: 'Publish it first, or export drafts.',
  });
}

/**
 * Returns the domains that saving each document of the bundle requires. The target of an interface may be a flow in the
 * bundle.
 */
async function demandsOf(services: BundleServices, bundle: BundleDocument): Promise<readonly DomainRequirement[]> {
  const { owners } = services;
  const { adapters = [], tables = [], flows = [], services: named = [], ipLists = [], ruleSets = [], interfaces = [] } = bundle;
  const brought = new Set(flowIdsOf(bundle));
  const demands: DomainRequirement[] = [];
  for (const adapter of adapters) demands.push(...(await savingAdapter(services, adapter.adapterId, adapter)));
  for (const table of tables) demands.push(...(await saving(owners.table(table.tableId), table)));
  for (const flow of flows) demands.push(...(await saving(owners.flow(String(flow.flowId)), flow)));
  for (const service of named) demands.push(...(await saving(owners.service(service.serviceId), service)));
  for (const list of ipLists) demands.push(...(await saving(owners.ipList(list.listId), list)));
  for (const set of ruleSets) demands.push(...(await saving(owners.objectRules(set.ruleSetId), set)));
  for (const item of interfaces) {
    const { interfaceId, target } = item;
    const comes = target.kind === 'flow' && brought.has(target.flowId);
    demands.push(...(comes ? await saving(owners.interface(interfaceId), item) : await savingInterface(owners, item)));
  }
  return demands;
}
