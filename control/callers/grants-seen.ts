/** Finds the grants that a person sees: those whose app and interface both belong to domains of this person. */
import type { GrantDocument } from '../../gateways/documents/caller-documents.ts';
import type { Registry } from '../registry/registry.ts';
import type { DomainScope } from '../access/domains.ts';

type Sides = Pick<Registry, 'apps' | 'interfaces' | 'grants'>;

export async function grantsSeen({ apps, interfaces, grants }: Sides, domains: DomainScope): Promise<readonly GrantDocument[]> {
  if (domains.only === undefined) return grants.list();
  const [allApps, allInterfaces, all] = await Promise.all([apps.list(), interfaces.list(), grants.list()]);
  const seenApps = new Set(domains.keep(allApps).map(({ appId }) => appId));
  const seenInterfaces = new Set(domains.keep(allInterfaces).map(({ interfaceId }) => interfaceId));
  return all.filter(({ appId, interfaceId }) => seenApps.has(appId) && seenInterfaces.has(interfaceId));
}
