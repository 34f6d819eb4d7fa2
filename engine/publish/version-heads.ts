import { setImmediate as nextTurn } from 'node:timers/promises';
import { openJson, toVersion, wasPublished, type FlowStores, type PointerRecord, type VersionRecord } from './flow-stores.ts';

/** The part of a version that lists show and that queries over all versions need. */
export interface VersionHead extends Pick<VersionRecord, 'version' | 'contentHash' | 'publishedAt' | 'publishedBy'> {
  readonly note?: string;
  readonly domain: string;
  /** Ids of the adapters that the version's nodes use. */
  readonly adapters: ReadonlySet<string>;
}

/** Returns the versions of a flow that are or were published, newest first. */
export type VersionHeads = (pointer: PointerRecord) => Promise<readonly VersionHead[]>;

/**
 * Reads the heads of versions. Versions never change and are never removed, so each is read once, after it was
 * published. Each is read completely, because a mark covers the whole version. They are read one at a time, because
 * each may have a megabyte.
 */
export function createVersionHeads(stores: FlowStores): VersionHeads {
  const known = new Map<string, { readonly revision: number; readonly heads: Promise<readonly VersionHead[]> }>();

  async function readAbove(before: readonly VersionHead[], pointer: PointerRecord): Promise<readonly VersionHead[]> {
    const { _id: flowId, newest = Infinity } = pointer;
    const above: VersionHead[] = [];
    let last = before[0]?.version ?? 0;
    while (last < newest) {
      const [record] = await stores.versions.find({ flowId, version: { gt: last } }, { sort: ['version'], limit: 1 });
      if (record === undefined) break;
      last = record.version;
      if (wasPublished(pointer, last)) above.unshift(openHead(stores, record));
      await nextTurn();
    }
    return [...above, ...before];
  }

  return (pointer) => {
    const { _id: flowId, revision } = pointer;
    const before = known.get(flowId);
    if (before !== undefined && before.revision >= revision) return before.heads;
    const heads = (before?.heads ?? Promise.resolve([])).catch(() => []).then((read) => readAbove(read, pointer));
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
