/**
 * Checks the references of a flow. A person who runs, tests or publishes a flow must be allowed to use everything that
 * it refers to: objects of their domains or shared with one of these domains.
 */
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import type { Owned } from '../../engine/contract/values/domain.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { DomainScope } from '../access/domains.ts';
import { BUS_TOPICS } from '../../engine/contract/values/bus-event.ts';
import { usesOf, type UsedKind } from './flow-uses.ts';
import { hideOthersIn } from '../action/hide-others.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { Owners } from '../action/owners.ts';

export interface FlowReferencesServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly owners: Owners;
}

type Seeing = FlowReferencesServices & Pick<FlowReferencesServices, 'owners'>;

/**
 * Codes of issues of the engine about adapters, tables and flows. The engine knows the objects of every domain, so the
 * texts of these issues could reveal objects of other domains.
 */
const ABOUT_REFERENCES = /^(FLOW_ADAPTER_|FLOW_TABLE_|FLOW_CALLED_|SUBFLOW_|LISTENER_)/;

/**
 * Rejects with FLOW_OUTSIDE_DOMAINS (input) unless the person may use every adapter, table and called flow of the
 * document.
 */
export async function requireReferences(services: FlowReferencesServices, domains: DomainScope, document: unknown): Promise<void> {
  const issues = await outsideIssues(services, domains, document);
  if (issues.length > 0) throw usesOutside(issues);
}

function usesOutside(issues: readonly Issue[], problem = {}, wayOut = 'ask someone who has the other domain.'): AppError {
  return new AppError('FLOW_OUTSIDE_DOMAINS', 'input', `The flow uses ${issues.length} object(s) outside your domains.`, {
    values: { count: issues.length, ...problem },
    issues,
    fix: `Use objects that belong to your domains or are shared with them, or ${wayOut}`,
  });
}

/** The way out for a person who may not publish a flow because of its domains. */
const BY_REQUEST = 'request it on the page of the flow, or by POST /requests with the action flows.publish.';

/**
 * Rejects with FLOW_OUTSIDE_DOMAINS (input) unless the person may publish the flow. Publishing also changes the
 * interfaces that call the flow, so their domains are required too. `mayRequest`: the person may request it.
 */
export async function requirePublishable(
  services: FlowReferencesServices,
  domains: DomainScope,
  document: FlowDocument | undefined,
  { mayRequest }: { readonly mayRequest: boolean },
): Promise<void> {
  if (domains.only === undefined || document === undefined) return;
  const issues = await outsideIssues(services, domains, document);
  if (issues.length > 0) throw mayRequest ? usesOutside(issues, { problem: 'request' }, BY_REQUEST) : usesOutside(issues);
  if ((await interfacesOutside(services, domains, document)).length === 0) return;
  throw new AppError('FLOW_OUTSIDE_DOMAINS', 'input', 'An interface outside your domains leads to this flow.', {
    values: { problem: mayRequest ? 'interface-request' : 'interface' },
    fix: `Ask someone who has all domains of the flow and its interfaces to publish it${mayRequest ? `: ${BY_REQUEST}` : '.'}`,
  });
}

/**
 * Returns the domains that a person with the right to publish lacks for this flow; empty if none. For a reference the
 * result contains null instead of a domain, because the referenced object may not exist.
 */
export async function domainsLacking(
  services: FlowReferencesServices,
  domains: DomainScope,
  document: FlowDocument | undefined,
): Promise<readonly (string | null)[]> {
  if (domains.only === undefined || document === undefined) return [];
  const leading = await interfacesOutside(services, domains, document);
  const references = await outsideIssues(services, domains, document);
  return [...new Set([...leading.map(({ domain }) => domain), ...(references.length === 0 ? [] : [null])])];
}

/** Returns interfaces of other domains that call the flow. Publishing the flow changes their behaviour. */
async function interfacesOutside(
  { registry }: FlowReferencesServices,
  domains: DomainScope,
  { flowId }: FlowDocument,
): Promise<readonly { readonly domain: string }[]> {
  const leading = (await registry.interfaces.list()).filter(({ target }) => target.kind === 'flow' && target.flowId === flowId);
  const own = new Set(domains.keep(leading));
  return leading.filter((one) => !own.has(one));
}

/**
 * Returns the issues of the engine as the person may see them. Issues about references are recomputed for the domains
 * of the person, so that an unknown object and one of another domain look the same. Other issues do not name objects of
 * other domains.
 */
export async function issuesSeen(
  services: Seeing,
  domains: DomainScope,
  document: unknown,
  issues: readonly Issue[],
): Promise<readonly Issue[]> {
  const outside = await outsideIssues(services, domains, document);
  const nodes = new Set(outside.map(({ node }) => node));
  const own = issues.filter(({ code, node }) => !(nodes.has(node) && ABOUT_REFERENCES.test(code)));
  return [...(await hideOthersIn(own, domains, services.owners)), ...outside];
}

async function outsideIssues(services: FlowReferencesServices, domains: DomainScope, document: unknown): Promise<readonly Issue[]> {
  if (domains.only === undefined || !hasNodes(document)) return [];
  const usable = await usableIds(services, domains);
  return document.nodes.flatMap((node, index) =>
    usesOf([node], services.nodes)
      .filter(({ kind, id }) => !isNotOwned(kind) && !usable[kind].has(id) && !(kind === 'flow' && id === document.flowId))
      .map(({ kind, id }): Issue => {
        const message = `There is no ${kind} ${id} in your domains.`;
        const fix = 'Choose one of your domains, or one that is shared with them.';
        return { path: `/nodes/${index}`, node: node.id, code: 'FLOW_REFERENCE_OUTSIDE', severity: 'error', message, values: { id }, fix };
      }),
  );
}

/** Returns true if the document has a list of nodes, so that its references can be read before it is checked. */
function hasNodes(document: unknown): document is Pick<FlowDocument, 'flowId' | 'nodes'> {
  if (!isRecord(document) || !Array.isArray(document['nodes'])) return false;
  return document['nodes'].every((node) => isRecord(node) && typeof node['type'] === 'string');
}

/**
 * Extensions are of no domain; the check of the flow reports those that are missing. A collection is always one of the
 * flow's own domain.
 */
type NotOwned = 'extension' | 'collection' | 'taken-collection';

function isNotOwned(kind: UsedKind): kind is NotOwned {
  return kind === 'extension' || kind === 'collection' || kind === 'taken-collection';
}

async function usableIds(
  { catalog, bindingStore }: FlowReferencesServices,
  domains: DomainScope,
): Promise<Readonly<Record<Exclude<UsedKind, NotOwned>, ReadonlySet<string>>>> {
  const [adapters, tables, flows] = await Promise.all([bindingStore.listAdapters(), bindingStore.listTables(), catalog.list()]);
  return {
    adapter: new Set(domains.keep(adapters).map(({ adapterId }) => adapterId)),
    table: new Set(tables.filter((table) => domains.mayUse(ownedTable(table))).map(({ tableId }) => tableId)),
    topic: new Set(BUS_TOPICS),
    flow: new Set(flows.filter((flow) => domains.mayUse(flow)).map(({ flowId }) => flowId)),
  };
}

/** Returns the owner of a table. A table without a domain belongs to the installation, and everyone may use it. */
export function ownedTable({ domain, sharedWith }: Owned): Owned {
  return domain === undefined ? { sharedWith: ['*'] } : { domain, ...(sharedWith === undefined ? {} : { sharedWith }) };
}
