/** Entry point of the thread that converts tables. */
import type { MessagePort } from 'node:worker_threads';
import { serveTasks } from '../../../engine/threads/serve-tasks.ts';
import type { TableResult } from './rows.ts';
import { runTableTask, type TableIo, type TableTask } from './table-task.ts';
import type { FromThread, ToThread } from './convert-table.ts';

serveTasks<TableTask & { readonly port: MessagePort }, TableResult>(async ({ port, ...task }) => {
  try {
    return await runTableTask(task, ioOf(port));
  } finally {
    port.close();
  }
});

function ioOf(port: MessagePort): TableIo {
  let chunk = Promise.withResolvers<Uint8Array | undefined>();
  /** The writes that were not taken yet, in their order. The rows of one chunk are written together. */
  const writes: PromiseWithResolvers<void>[] = [];
  let stopped: Error | undefined;
  const stop = (error: Error) => {
    stopped ??= error;
    for (const { promise, reject } of [chunk, ...writes.splice(0)]) {
      reject(error);
      promise.catch(() => undefined);
    }
  };
  port.on('message', (message: ToThread) => {
    if ('chunk' in message) chunk.resolve(message.chunk);
    else if ('taken' in message) writes.shift()?.resolve();
    else stop(new Error('the source failed'));
  });
  port.on('close', () => stop(new Error('the task was stopped')));
  const say = (message: FromThread) => port.postMessage(message);
  return {
    source: (async function* () {
      for (;;) {
        if (stopped !== undefined) throw stopped;
        chunk = Promise.withResolvers();
        say({ asks: true });
        const next = await chunk.promise;
        if (next === undefined) return;
        yield next;
      }
    })(),
    write(bytes) {
      const write = Promise.withResolvers<void>();
      // Rows that are written together are awaited one after the other.
      write.promise.catch(() => undefined);
      if (stopped !== undefined) {
        write.reject(stopped);
        return write.promise;
      }
      writes.push(write);
      say({ bytes });
      return write.promise;
    },
  };
}
