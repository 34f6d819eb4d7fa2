import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { DomainScope } from '../access/domains.ts';
import type { Registry } from '../registry/registry.ts';
import { listsOf } from '../security/ip-lists.ts';
import { optionsOfObjects } from '../security/object-options.ts';
import type { BundleDocument } from './bundle-document.ts';

type GatewayParts = Required<Pick<BundleDocument, 'services' | 'ipLists' | 'ruleSets' | 'interfaces'>>;

/**
 * Returns the interfaces of these flows, the interfaces that they ask for relations, and the services, address lists and
 * rule sets that all of them name. Without `flowIds`, returns all of the person's domains.
 */
export async function collectGatewayParts(
  registry: Registry,
  domains: DomainScope,
  flowIds: ReadonlySet<string> | undefined,
): Promise<GatewayParts> {
  const [interfaces, services, lists, ruleSets] = await Promise.all([
    registry.interfaces.list(),
    registry.services.list(),
    registry.ipLists.list(),
    registry.objectRules.list(),
  ]);
  // A list without a domain belongs to the whole installation.
  const own = lists.filter(({ domain }) => domains.holds(domain));
  const all = { interfaces: domains.keep(interfaces), services: domains.keep(services), ipLists: own, ruleSets: domains.keep(ruleSets) };
  if (flowIds === undefined) return all;
  const setIds = (document: InterfaceDocument) => optionsOfObjects(document).flatMap((options) => options.ruleSets);
  const wanted = new Map<string, InterfaceDocument>();
  const add = (document: InterfaceDocument | undefined): void => {
    if (document === undefined || wanted.has(document.interfaceId)) return;
    wanted.set(document.interfaceId, document);
    const bySets = all.ruleSets
      .filter(({ ruleSetId }) => setIds(document).includes(ruleSetId))
      .flatMap(({ rules }) => rules.flatMap(({ provider }) => provider ?? []));
    const named = optionsOfObjects(document).flatMap(({ providers }) => providers.map(({ interfaceId }) => interfaceId));
    for (const id of [...named, ...bySets]) add(all.interfaces.find(({ interfaceId }) => interfaceId === id));
  };
  for (const document of all.interfaces) if (document.target.kind === 'flow' && flowIds.has(document.target.flowId)) add(document);
  const chosen = [...wanted.values()];
  return {
    interfaces: chosen,
    services: all.services.filter((service) => chosen.some(({ serviceId }) => serviceId === service.serviceId)),
    ipLists: all.ipLists.filter(({ listId }) => chosen.some((document) => listsOf(document).includes(listId))),
    ruleSets: all.ruleSets.filter(({ ruleSetId }) => chosen.some((document) => setIds(document).includes(ruleSetId))),
  };
}
