import { findAll, type FlowStores } from './flow-stores.ts';
import type { VersionHeads } from './version-heads.ts';

/** Which flows speak through an adapter, by their published versions. */
export function createAdapterUsers(stores: FlowStores, versionHeads: VersionHeads): (adapterId: string) => Promise<readonly string[]> {
  return async (adapterId) => {
    const users: string[] = [];
    for (const { _id, revision } of await findAll(stores.pointers)) {
      const versions = await versionHeads(_id, revision);
      if (versions.some(({ adapters }) => adapters.has(adapterId))) users.push(_id);
    }
    return users;
  };
}
