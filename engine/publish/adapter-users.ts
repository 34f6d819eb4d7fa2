import { findAll } from '../contract/ports/find-all.ts';
import type { FlowStores } from './flow-stores.ts';
import type { VersionHeads } from './version-heads.ts';

/** Finds the flows whose published versions use an adapter. */
export function createAdapterUsers(stores: FlowStores, versionHeads: VersionHeads): (adapterId: string) => Promise<readonly string[]> {
  return async (adapterId) => {
    const users: string[] = [];
    for (const pointer of await findAll(stores.pointers)) {
      const versions = await versionHeads(pointer);
      if (versions.some(({ adapters }) => adapters.has(adapterId))) users.push(pointer._id);
    }
    return users;
  };
}
