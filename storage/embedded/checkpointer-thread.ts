/**
 * Copies the write-ahead log into the store file while the writer continues. If the writer made these copies, each
 * would flush the disk and delay all waiting commits.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { ThreadSettings } from './thread-messages.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

const port = parentPort as MessagePort;
const database = new DatabaseSync((workerData as ThreadSettings).file, { timeout: 5000 });

port.on('message', (ops: readonly unknown[] | 'close') => {
  if (ops !== 'close') return port.postMessage(ops.map(checkpoint));
  database.close();
  port.close();
});

function checkpoint() {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    return '';
  } catch (error) {
    return translateSqliteError(error);
  }
}
