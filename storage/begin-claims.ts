import { Type } from 'typebox';
import type { CollectionSpec, Documents, StoredDocument } from '../engine/contract/ports/documents.ts';
import type { OpenedShared } from './shared/storage-backend.ts';

const begunSpec: CollectionSpec<StoredDocument> = {
  name: 'shared_begun',
  schema: Type.Object({ _id: Type.String() }),
  indexes: [],
};
const ID = 'claims';

/**
 * An empty Redis is either new, or has lost its data. Only the store can tell, since it remembers that there was one.
 * Signed calls of a new installation pass at once. After a loss, those that could be repetitions have to wait.
 */
export async function beginClaims(documents: Documents, shared: OpenedShared): Promise<void> {
  if (shared.beginClaims === undefined) return;
  const begun = await documents.open(begunSpec);
  const isNew = (await begun.get(ID)) === undefined;
  await shared.beginClaims(isNew);
  if (isNew) await begun.insert({ _id: ID }, { durability: 'full' });
}
