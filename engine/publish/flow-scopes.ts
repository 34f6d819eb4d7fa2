import type { FlowScope } from '../execution/scope-filters.ts';
import { findAll } from '../contract/ports/find-all.ts';
import type { FlowStores } from './flow-stores.ts';
import type { VersionHead, VersionHeads } from './version-heads.ts';

/** Creates the function that returns the executions of the given domains, as a list of flows and versions. */
export function createFlowScopes(
  stores: FlowStores,
  versionHeads: VersionHeads,
): (domains: readonly string[]) => Promise<readonly FlowScope[]> {
  return async (domains) => {
    const scopes: FlowScope[] = [];
    for (const pointer of await findAll(stores.pointers)) {
      scopes.push(...scopeOf(pointer._id, await versionHeads(pointer), domains));
    }
    return scopes;
  };
}

function scopeOf(flowId: string, heads: readonly VersionHead[], domains: readonly string[]): readonly FlowScope[] {
  const versions = heads.filter(({ domain }) => domains.includes(domain)).map(({ version }) => version);
  if (versions.length === 0) return [];
  return [versions.length === heads.length ? { flowId } : { flowId, versions }];
}
