import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a lock for this process and returns the function that releases it. The lock is an open exclusive transaction
 * on a separate file. The system drops it whenever the process dies, so a stale lock cannot exist. Throws the error
 * of SQLite while another process holds it.
 */
export function lockFile(path: string): () => void {
  keepPrivate(path);
  // A process that is being killed may hold it for another moment.
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
 * Makes a file of SQLite, its -wal and its -shm readable by this user alone, in case the folder is ever opened to
 * others. It never opens an existing file for that: closing any handle of it would drop the POSIX locks that SQLite
 * holds on it in this process (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
 */
export function keepPrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  for (const each of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(each)) chmodSync(each, 0o600);
}
