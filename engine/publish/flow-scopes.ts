/** Which executions belong to a domain, by their flow and version. Versions never change: those of a flow are read once per change of its pointer. */
import type { FlowScope } from '../services.ts';
import { findAll, toVersion, type FlowStores } from './flow-stores.ts';

interface Known {
  /** The pointer's revision up to which the flow's versions were read. */
  readonly revision: number;
  readonly domains: ReadonlyMap<number, string>;
}

export function createFlowScopes(stores: FlowStores): (domains: readonly string[]) => Promise<readonly FlowScope[]> {
  const known = new Map<string, Known>();

  return async (domains) => {
    const pointers = await findAll(stores.pointers);
    for (const { _id, revision } of pointers) {
      if (known.get(_id)?.revision !== revision) known.set(_id, { revision, domains: await domainsOf(_id) });
    }
    return pointers.flatMap(({ _id }) => scopeOf(_id, known.get(_id)!.domains, domains));
  };

  async function domainsOf(flowId: string): Promise<ReadonlyMap<number, string>> {
    const versions = await findAll(stores.versions, { flowId }, ['-version']);
    return new Map(versions.map((record) => [record.version, toVersion(stores, record).document.domain]));
  }
}

function scopeOf(flowId: string, domainOf: ReadonlyMap<number, string>, domains: readonly string[]): readonly FlowScope[] {
  const versions = [...domainOf].filter(([, domain]) => domains.includes(domain)).map(([version]) => version);
  if (versions.length === 0) return [];
  return [versions.length === domainOf.size ? { flowId } : { flowId, versions }];
}
