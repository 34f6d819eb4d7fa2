/** The one thread that writes. What has queued up while the last commit ran becomes one transaction: group commit. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { openWriter } from './open-writer.ts';
import type { ThreadSettings, WriteOp } from './thread-messages.ts';

const port = parentPort as MessagePort;
const settings = workerData as ThreadSettings;
const database = new DatabaseSync(settings.file, { timeout: 5000 });
const writer = openWriter(database, settings);

port.on('message', (first: readonly WriteOp[] | 'close') => {
  const batches: (readonly WriteOp[])[] = [];
  let message: readonly WriteOp[] | 'close' | undefined = first;
  while (message !== undefined && message !== 'close') {
    batches.push(message);
    message = (receiveMessageOnPort(port) as { message: readonly WriteOp[] | 'close' } | undefined)?.message;
  }
  if (batches.length > 0) {
    const answers = writer.run(batches.flat());
    let from = 0;
    for (const batch of batches) port.postMessage(answers.slice(from, (from += batch.length)));
  }
  if (message === 'close') {
    writer.close();
    port.close();
  }
});
