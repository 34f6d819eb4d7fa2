import type { Collection, Filter, StoredDocument } from './documents.ts';

/** Reading and checking a page must not delay calls noticeably. */
const PAGE = 250;

/**
 * Returns all documents that match, ordered by id. Reads them in pages. Each page starts after the last id of the
 * previous page, even if the document with that id was removed meanwhile.
 */
export async function findAll<T extends StoredDocument>(
  collection: Pick<Collection<T>, 'find'>,
  filter: Filter = {},
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await collection.find(filter, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < PAGE) return all;
    after = page.at(-1)?._id;
  }
}
