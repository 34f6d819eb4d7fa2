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
  let taken = Promise.withResolvers<void>();
  const stop = (error: Error) => {
    chunk.reject(error);
    taken.reject(error);
    chunk.promise.catch(() => undefined);
    taken.promise.catch(() => undefined);
  };
  port.on('message', (message: ToThread) => {
    if ('chunk' in message) chunk.resolve(message.chunk);
    else if ('taken' in message) taken.resolve();
    else stop(new Error('the source failed'));
  });
  port.on('close', () => stop(new Error('the task was stopped')));
  const say = (message: FromThread) => port.postMessage(message);
  return {
    source: (async function* () {
      for (;;) {
        chunk = Promise.withResolvers();
        say({ asks: true });
        const next = await chunk.promise;
        if (next === undefined) return;
        yield next;
      }
    })(),
    write(bytes) {
      taken = Promise.withResolvers();
      say({ bytes });
      return taken.promise;
    },
  };
}
