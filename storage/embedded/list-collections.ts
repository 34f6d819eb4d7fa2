import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Type } from 'typebox';
import type { CollectionSpec, IndexSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';

/**
 * Lists the collections in the file, except those of the shared state, which are copied separately (`kept`). The store
 * in this folder must be open.
 */
export function listCollections(folder: string): readonly CollectionSpec<StoredDocument>[] {
  const database = new DatabaseSync(join(folder, 'store.sqlite'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT name, layout FROM ":collections" ORDER BY name').all() as { name: string; layout: string }[];
    return rows
      .filter(({ name }) => !name.startsWith('shared_'))
      .map(({ name, layout }) => ({ name, schema, ...(JSON.parse(layout) as Layout) }));
  } finally {
    database.close();
  }
}

const schema = Type.Object({}, { additionalProperties: true });

interface Layout {
  readonly indexes: readonly IndexSpec[];
  readonly expiresAt?: string;
}
