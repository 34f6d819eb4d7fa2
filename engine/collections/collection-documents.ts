/** The documents of collections: one for each key with items that wait, and one for each item. */
import { Type } from 'typebox';
import type { GroupReason } from '../contract/node/collections.ts';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';
import type { Stored } from '../execution/execution-document.ts';

/** The items of one key that wait: those with the numbers from `first` to before `next`. */
export interface GatheringDocument extends StoredDocument {
  readonly domain: string;
  readonly collection: string;
  readonly revision: number;
  /** The newest item, whose own document may not have its number yet. */
  readonly newest: string;
  readonly first: number;
  readonly next: number;
  readonly count: number;
  readonly bytes: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The group that is being handed over, or removed by a person. It stays as it is until it was taken or removed. */
  readonly group?: { readonly to: number; readonly bytes: number; readonly reason: GroupReason | 'removed' };
  /** The key, sealed. */
  readonly sealed: string;
}

/** An item. Its id is the token of the step that added it, so that a repeated step finds it. */
export interface ItemDocument extends StoredDocument {
  /** Absent once the item was taken or removed, as are `gathering`, `number`, `payload` and `blobs`. */
  readonly place?: string;
  /** The id of the `GatheringDocument`, and the number in it. Absent until the item has a number. */
  readonly gathering?: string;
  readonly number?: number;
  readonly payload?: Stored;
  readonly blobs?: readonly string[];
  readonly bytes: number;
  readonly at: number;
  /** How many items waited when this one was added: the result of its step. */
  readonly count?: number;
  readonly expiresAt?: number;
}

const withMore = { additionalProperties: true } as const;

export const gatheringsSpec: CollectionSpec<GatheringDocument> = {
  name: 'collections',
  schema: Type.Object({ _id: Type.String(), domain: Type.String(), collection: Type.String(), revision: Type.Integer() }, withMore),
  indexes: [
    { name: 'by_count', fields: ['domain', 'collection', 'count'] },
    { name: 'by_bytes', fields: ['domain', 'collection', 'bytes'] },
    { name: 'by_first', fields: ['domain', 'collection', 'firstAt'] },
    { name: 'by_last', fields: ['domain', 'collection', 'lastAt'] },
  ],
};

export const itemsSpec: CollectionSpec<ItemDocument> = {
  name: 'collection_items',
  schema: Type.Object({ _id: Type.String(), bytes: Type.Integer(), at: Type.Integer() }, withMore),
  indexes: [
    { name: 'by_gathering', fields: ['gathering', 'number'] },
    { name: 'by_place', fields: ['place'] },
    { name: 'blobs', fields: ['blobs'] },
  ],
  expiresAt: 'expiresAt',
};

export const payloadPlace = (id: string) => ({ collection: itemsSpec.name, id, field: 'payload' });
export const keyPlace = (id: string) => ({ collection: gatheringsSpec.name, id, field: 'sealed' });
