import type { Collection, Filter, StoredDocument } from './documents.ts';

const PAGE = 1000;

/** All documents that match, ordered by id. Goes on behind an id, which may be removed meanwhile. */
export async function findAll<T extends StoredDocument>(collection: Collection<T>, filter: Filter = {}): Promise<readonly T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await collection.find(filter, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < PAGE) return all;
    after = page.at(-1)?._id;
  }
}
