import { setImmediate as nextTurn } from 'node:timers/promises';
import { openJson, toVersion, type FlowStores, type VersionRecord } from './flow-stores.ts';

/** What lists tell of a version, and what is asked of all versions. */
export interface VersionHead extends Pick<VersionRecord, 'version' | 'contentHash' | 'publishedAt' | 'publishedBy'> {
  readonly note?: string;
  readonly domain: string;
  /** Ids of the adapters that its nodes name. */
  readonly adapters: ReadonlySet<string>;
}

/** The versions of a flow, newest first. `revision`: that of its pointer. */
export type VersionHeads = (flowId: string, revision: number) => Promise<readonly VersionHead[]>;

/**
 * Versions never change: those of a flow are read once for each change of its pointer. They are read whole, since a mark covers a whole version,
 * and so one at a time: each may have a megabyte.
 */
export function createVersionHeads(stores: FlowStores): VersionHeads {
  const known = new Map<string, { readonly revision: number; readonly heads: Promise<readonly VersionHead[]> }>();

  async function read(flowId: string): Promise<readonly VersionHead[]> {
    const heads: VersionHead[] = [];
    for (;;) {
      const below = heads.at(-1)?.version;
      const filter = below === undefined ? { flowId } : { flowId, version: { lt: below } };
      const [record] = await stores.versions.find(filter, { sort: ['-version'], limit: 1 });
      if (record === undefined) return heads;
      heads.push(openHead(stores, record));
      await nextTurn();
    }
  }

  return (flowId, revision) => {
    const before = known.get(flowId);
    if (before?.revision === revision) return before.heads;
    const heads = read(flowId);
    known.set(flowId, { revision, heads });
    heads.catch(() => known.get(flowId)?.heads === heads && known.delete(flowId));
    return heads;
  };
}

function openHead(stores: FlowStores, record: VersionRecord): VersionHead {
  const { _id, version, contentHash, publishedAt, publishedBy, note } = record;
  const { domain, nodes } = toVersion(stores, record).document;
  return {
    ...{ version, contentHash, publishedAt, publishedBy, domain },
    adapters: new Set(nodes.flatMap(({ adapter }) => adapter ?? [])),
    ...(note === undefined ? {} : { note: openJson(stores.seal, stores.versions, _id, note) as string }),
  };
}
