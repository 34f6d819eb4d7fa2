/** The only writing thread. Operations that queued during the last commit become one transaction (group commit). */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openWriter } from './open-writer.ts';
import type { ThreadSettings, WriteOp } from './thread-messages.ts';

const port = parentPort as MessagePort;
const settings = workerData as ThreadSettings;
const database = new DatabaseSync(settings.file, { timeout: 5000 });
const writer = openWriter(database, settings);

port.on('message', (ops: readonly WriteOp[] | 'close') => {
  if (ops !== 'close') return port.postMessage(writer.run(ops));
  writer.close();
  port.close();
});
