/**
 * What the store keeps of adapters, secrets and code tables. Bodies are JSON text: their names may have dots, which
 * the store's paths do not allow.
 */
import { Type } from 'typebox';
import type { CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';

export interface BodyDocument extends StoredDocument {
  readonly revision: number;
  readonly body: string;
}

export interface SecretDocument extends StoredDocument {
  readonly sealed: string;
  /** Ids of the adapters that may send it. */
  readonly adapters: readonly string[];
  readonly updatedAt: number;
}

/** One content of a table; `_id` is its hash, so it never changes. */
export interface TableContent extends StoredDocument {
  readonly body: string;
}

/** A set of table contents; `_id` is their hash, so it never changes. */
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

/** The place a secret's value is sealed to. */
export function secretPlace(name: string): { readonly collection: string; readonly id: string; readonly field: string } {
  return { collection: 'secrets', id: name, field: 'sealed' };
}
