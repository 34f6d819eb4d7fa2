/** Which flows speak through an adapter, by their published versions. Versions never change: each is read once. */
import { findAll, toVersion, type FlowStores } from './flow-stores.ts';

interface Known {
  /** The pointer's revision up to which the flow's versions were read. */
  readonly revision: number;
  readonly adapters: ReadonlySet<string>;
}

export function createAdapterUsers(stores: FlowStores): (adapterId: string) => Promise<readonly string[]> {
  const known = new Map<string, Known>();

  return async (adapterId) => {
    const pointers = await findAll(stores.pointers);
    for (const { _id, revision } of pointers) {
      if (known.get(_id)?.revision !== revision) known.set(_id, { revision, adapters: await adaptersOf(_id) });
    }
    return pointers.filter(({ _id }) => known.get(_id)!.adapters.has(adapterId)).map(({ _id }) => _id);
  };

  async function adaptersOf(flowId: string): Promise<ReadonlySet<string>> {
    const versions = await findAll(stores.versions, { flowId }, ['-version']);
    const nodes = versions.flatMap((record) => toVersion(stores, record).document.nodes);
    return new Set(nodes.flatMap(({ adapter }) => (adapter === undefined ? [] : [adapter])));
  }
}
