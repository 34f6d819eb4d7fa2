import { applyPatch, matchesFilter } from '../engine/contract/ports/document-semantics.ts';
import type { Collection, CollectionSpec, Documents, Filter, PatchResult, StoredDocument } from '../engine/contract/ports/documents.ts';

/**
 * Returns documents for a process that only inspects. Each write is evaluated on the stored data, but nothing is
 * stored.
 */
export function withholdWrites(documents: Documents): Documents {
  return {
    open: async <T extends StoredDocument>(spec: CollectionSpec<T>) => withhold(await documents.open(spec)),
    isExclusive: documents.isExclusive,
    counters: documents.counters,
    ping: () => documents.ping(),
    close: () => documents.close(),
  };
}

function withhold<T extends StoredDocument>(inner: Collection<T>): Collection<T> {
  async function change(id: string, match: Filter, next: (before: T) => T): Promise<PatchResult<T>> {
    const before = await inner.get(id);
    if (before === undefined || !matchesFilter(before, match)) return { outcome: 'no-match' };
    return { outcome: 'patched', document: next(before) };
  }
  return {
    name: inner.name,
    get: (id) => inner.get(id),
    find: (filter, options) => inner.find(filter, options),
    count: (filter, limit) => inner.count(filter, limit),
    insert: async ({ _id }) => ((await inner.get(_id)) === undefined ? { inserted: true } : { inserted: false, duplicateOf: 'id' }),
    replaceIf: (document, match) => change(document._id, match, () => document),
    patchIf: (id, match, patch) => change(id, match, (before) => applyPatch(before, patch)),
    async remove(id, match = {}) {
      const before = await inner.get(id);
      return before !== undefined && matchesFilter(before, match);
    },
  };
}
