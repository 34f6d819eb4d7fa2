import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../engine/contract/errors.ts';

/**
 * Holds the folder for this process; answers what lets it go. The lock is an open exclusive transaction on a file of its own:
 * the system drops it when the process dies, however it dies, so there is never a stale one. STORE_LOCKED (input) when it is held.
 */
export function lockFolder(folder: string): () => void {
  // A process that is being killed may hold it for a moment yet.
  const database = new DatabaseSync(join(folder, 'store.lock'), { timeout: 500 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new AppError('STORE_LOCKED', 'input', `Another process has the data folder ${folder} open.`, {
      values: { folder },
      fix: 'Stop that process, or give this one a folder of its own. Several processes on one store need a database server as storage.',
      cause,
    });
  }
  return () => database.close();
}
