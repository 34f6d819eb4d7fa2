import { AppError } from '../contract/values/errors.ts';
import type { Documents } from '../contract/ports/documents.ts';
import { dataKeysSpec } from '../seal/open-data-keys.ts';
import { openCollectionList } from './collection-list.ts';

export async function hasDocuments(documents: Documents): Promise<boolean> {
  // Every store that was ever used has data keys, even a store without a list of collections.
  if ((await (await documents.open(dataKeysSpec)).count({}, 1)) > 0) return true;
  const list = await openCollectionList(documents);
  for (const spec of list.all()) if ((await (await documents.open(spec)).count({}, 1)) > 0) return true;
  return false;
}

export function storeNotEmpty(address: string): AppError {
  return new AppError('STORE_NOT_EMPTY', 'input', `The store ${address} is not empty.`, {
    values: { address },
    fix: 'Use an empty store: a new folder, database or schema.',
  });
}
