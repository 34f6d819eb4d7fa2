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
 * Tells the shared state whether this installation is new. An empty Redis is either new or has lost its data; only the
 * documents show whether claims (for example of nonces) were made before. A new installation accepts signed calls at
 * once. After a loss, signed calls that could be repetitions are refused for a while.
 */
export async function beginClaims(documents: Documents, shared: OpenedShared): Promise<void> {
  if (shared.beginClaims === undefined) return;
  const begun = await documents.open(begunSpec);
  const isNew = (await begun.get(ID)) === undefined;
  await shared.beginClaims(isNew);
  if (isNew) await begun.insert({ _id: ID }, { durability: 'full' });
}
