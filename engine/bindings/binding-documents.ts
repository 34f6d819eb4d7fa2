/**
 * The stored documents of adapters, secrets and code tables. A body is JSON text, because its field names may contain
 * dots, which the store's paths do not allow.
 */
import { Type } from 'typebox';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

export interface BodyDocument extends StoredDocument {
  readonly revision: number;
  readonly body: string;
}

export interface SecretDocument extends StoredDocument {
  readonly sealed: string;
  /** Ids of the adapters that may send the secret. */
  readonly adapters: readonly string[];
  readonly updatedAt: number;
}

/** The content of one table. `_id` is the hash of the content, so a document never changes. */
export interface TableContent extends StoredDocument {
  readonly body: string;
}

/** A set of table contents. `_id` is the hash of the set, so a document never changes. */
export interface SnapshotDocument extends StoredDocument {
  readonly contents: readonly string[];
}

const body = Type.Object({ _id: Type.String(), revision: Type.Integer(), body: Type.String() });

export const adaptersSpec: CollectionSpec<BodyDocument> = { name: 'adapters', schema: body, indexes: [] };
export const tablesSpec: CollectionSpec<BodyDocument> = { name: 'tables', schema: body, indexes: [] };
export const secretsSpec: CollectionSpec<SecretDocument> = {
  name: 'secrets',
  schema: Type.Object({ _id: Type.String(), sealed: Type.String(), adapters: Type.Array(Type.String()), updatedAt: Type.Integer() }),
  indexes: [],
};
export const tableContentsSpec: CollectionSpec<TableContent> = {
  name: 'table_contents',
  schema: Type.Object({ _id: Type.String(), body: Type.String() }),
  indexes: [],
};
export const tableSnapshotsSpec: CollectionSpec<SnapshotDocument> = {
  name: 'table_snapshots',
  schema: Type.Object({ _id: Type.String(), contents: Type.Array(Type.String()) }),
  indexes: [],
};

/**
 * Returns the place (collection, id and field) that the encryption of a secret's value is bound to. A value that is
 * copied to another place cannot be decrypted there.
 */
export function secretPlace(name: string): { readonly collection: string; readonly id: string; readonly field: string } {
  return { collection: 'secrets', id: name, field: 'sealed' };
}
