import type { SafeSite } from '../../../gateways/documents/safe-site.ts';

/** A site whose pages may call the user front. */
export function buildSafeSite(origin: string, fields: Partial<SafeSite> = {}): SafeSite {
  return { siteId: 'sit_1', revision: 1, origin, uses: ['origin'], reason: 'a test', ...fields };
}
