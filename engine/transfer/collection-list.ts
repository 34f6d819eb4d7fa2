/**
 * The store's own list of its collections. It names every collection that was ever opened in the store, so that a copy
 * cannot miss one.
 */
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
  /** Records that the collection exists. */
  add(spec: CollectionSpec<StoredDocument>): Promise<void>;
  /** Returns all collections, this list's own collection first. */
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

/** Returns the fields in a fixed order, so that they can be compared. Some stores return them sorted. */
function layoutOf({ indexes, expiresAt }: ListedCollection): unknown {
  return [expiresAt, indexes.map(({ name, fields, unique }) => [name, fields, unique])];
}

/** Returns a spec without a schema, because a copy takes every document as it is. */
function toSpec({ _id, indexes, expiresAt }: ListedCollection): CollectionSpec<StoredDocument> {
  return {
    name: _id,
    schema: Type.Object({}, { additionalProperties: true }),
    indexes: indexes.map(({ name, fields, unique }) => ({ name, fields, ...(unique === undefined ? {} : { unique }) })),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
