import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a lock for this process and returns the function that releases it. The lock is an open exclusive transaction
 * on a separate file. The system drops it whenever the process ends, so a stale lock cannot exist. Throws the error
 * of SQLite if another process holds the lock.
 */
export function lockFile(path: string): () => void {
  keepPrivate(path);
  // A process that is being killed may hold the lock for another moment.
  const database = new DatabaseSync(path, { timeout: 500 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw error;
  }
  return () => database.close();
}

/**
 * Makes a SQLite file, its -wal and its -shm readable by this user only, in case other users get access to the
 * folder. It never opens an existing file for this: closing any handle of a file would drop the POSIX locks that
 * SQLite holds on it in this process (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
 */
export function keepPrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  for (const each of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(each)) chmodSync(each, 0o600);
}
