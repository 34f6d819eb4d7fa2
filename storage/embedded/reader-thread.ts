/** The reading thread. It sees everything that was committed before a request, and never waits for the writer. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openReader } from './open-reader.ts';
import type { ReadOp, ThreadSettings } from './thread-messages.ts';

const port = parentPort as MessagePort;
const database = new DatabaseSync((workerData as ThreadSettings).file, { timeout: 5000 });
const reader = openReader(database);

port.on('message', (ops: readonly ReadOp[] | 'close') => {
  if (ops !== 'close') return port.postMessage(ops.map((op) => reader.run(op)));
  reader.close();
  port.close();
});
