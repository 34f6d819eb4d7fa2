import type { Touched } from '../access/domains.ts';

/**
 * Returns the domains whose people may see events about an object. None if the object is gone, or belongs to the whole
 * installation, also in part: then only those with all domains may.
 */
export function domainsOf({ domains = [] }: Pick<Touched, 'domains'>): readonly string[] {
  return domains.every((domain) => domain !== undefined) ? domains : [];
}
