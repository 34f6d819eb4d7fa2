import type { FlowScope } from '../services.ts';
import { findAll, type FlowStores } from './flow-stores.ts';
import type { VersionHead, VersionHeads } from './version-heads.ts';

/** Which executions belong to a domain, by their flow and version. */
export function createFlowScopes(
  stores: FlowStores,
  versionHeads: VersionHeads,
): (domains: readonly string[]) => Promise<readonly FlowScope[]> {
  return async (domains) => {
    const scopes: FlowScope[] = [];
    for (const { _id, revision } of await findAll(stores.pointers)) {
      scopes.push(...scopeOf(_id, await versionHeads(_id, revision), domains));
    }
    return scopes;
  };
}

function scopeOf(flowId: string, heads: readonly VersionHead[], domains: readonly string[]): readonly FlowScope[] {
  const versions = heads.filter(({ domain }) => domains.includes(domain)).map(({ version }) => version);
  if (versions.length === 0) return [];
  return [versions.length === heads.length ? { flowId } : { flowId, versions }];
}
