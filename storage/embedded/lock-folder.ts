import { join } from 'node:path';
import { AppError } from '../../engine/contract/values/errors.ts';
import { lockFile } from '../shared/lock-file.ts';

/**
 * Locks the folder for this process and returns the function that releases the lock. Throws STORE_LOCKED (input) if
 * another process holds the lock.
 */
export function lockFolder(folder: string): () => void {
  try {
    return lockFile(join(folder, 'store.lock'));
  } catch (cause) {
    throw new AppError('STORE_LOCKED', 'input', `The data folder ${folder} is open in another process.`, {
      values: { folder },
      fix: 'Stop that process, or give this one its own folder. Several processes can share a store only on a database server.',
      cause,
    });
  }
}
