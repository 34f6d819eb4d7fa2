/** The store's own list of its collections: whatever was opened in it, so that no copy of it can forget one. */
import { Type } from 'typebox';
import type { CollectionSpec, Documents, IndexSpec, StoredDocument } from '../contract/ports/documents.ts';

/** `_id` is the collection's name. */
interface ListedCollection extends StoredDocument {
  readonly indexes: readonly IndexSpec[];
  readonly expiresAt?: string;
}

export const collectionListSpec: CollectionSpec<ListedCollection> = {
  name: 'store_collections',
  schema: Type.Object({ _id: Type.String(), indexes: Type.Array(Type.Unknown()), expiresAt: Type.Optional(Type.String()) }),
  indexes: [],
};

export interface CollectionList {
  /** Notes that it is there. */
  add(spec: CollectionSpec<StoredDocument>): Promise<void>;
  /** All of them, this list's own first. */
  all(): readonly CollectionSpec<StoredDocument>[];
}

const LIMIT = 1000;

export async function openCollectionList(documents: Documents): Promise<CollectionList> {
  const stored = await documents.open(collectionListSpec);
  const known = new Map((await stored.find({}, { limit: LIMIT })).map((listed) => [listed._id, listed]));
  return {
    async add({ name, indexes, expiresAt }) {
      if (name === collectionListSpec.name) return;
      const listed: ListedCollection = { _id: name, indexes, ...(expiresAt === undefined ? {} : { expiresAt }) };
      const before = known.get(name);
      if (before && JSON.stringify(layoutOf(before)) === JSON.stringify(layoutOf(listed))) return;
      known.set(name, listed);
      const { inserted } = await stored.insert(listed, { durability: 'full' });
      if (!inserted) await stored.replaceIf(listed, {}, { durability: 'full' });
    },
    all: () => [collectionListSpec as CollectionSpec<StoredDocument>, ...[...known.values()].map(toSpec)],
  };
}

/** In one order of fields: some stores sort them. */
function layoutOf({ indexes, expiresAt }: ListedCollection): unknown {
  return [expiresAt, indexes.map(({ name, fields, unique }) => [name, fields, unique])];
}

/** A copy checks nothing against a schema: it takes what is there. */
function toSpec({ _id, indexes, expiresAt }: ListedCollection): CollectionSpec<StoredDocument> {
  return {
    name: _id,
    schema: Type.Object({}, { additionalProperties: true }),
    indexes: indexes.map(({ name, fields, unique }) => ({ name, fields, ...(unique === undefined ? {} : { unique }) })),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
