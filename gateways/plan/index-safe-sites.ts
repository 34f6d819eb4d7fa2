import type { SafeSites } from '../plan-index.ts';
import { canonicalSite, type SafeSite, SITE_USES } from '../documents/safe-site.ts';

/** Indexes the safe sites of a plan. A look-up costs one step for each label of the host. */
export function indexSafeSites(sites: readonly SafeSite[]): SafeSites {
  const byUse = new Map(SITE_USES.map((use) => [use, new Map<string, SafeSite[]>()]));
  for (const site of sites) {
    const place = canonicalSite(site.origin);
    if (place === undefined) continue;
    for (const use of site.uses) add(byUse.get(use)!, place, site);
    // A Host has no scheme.
    if (site.uses.includes('host')) add(byUse.get('host')!, place.slice(place.indexOf('//')), site);
  }
  return {
    checks: (use) => byUse.get(use)!.size > 0,
    find: (use, origin, now) => findSite(byUse.get(use)!, origin, now),
    findHost: (host, now) => findSite(byUse.get('host')!, `//${host}`, now),
  };
}

function add(places: Map<string, SafeSite[]>, place: string, site: SafeSite): void {
  const known = places.get(place);
  if (known === undefined) places.set(place, [site]);
  else known.push(site);
}

function findSite(places: ReadonlyMap<string, readonly SafeSite[]>, origin: string, now: number): SafeSite | undefined {
  const valid = (place: string) => places.get(place)?.find(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  const exact = valid(origin);
  if (exact !== undefined) return exact;
  const [scheme, host] = [origin.slice(0, origin.indexOf('//') + 2), origin.slice(origin.indexOf('//') + 2)];
  for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
    const found = valid(`${scheme}*${host.slice(dot)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
