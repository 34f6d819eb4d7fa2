/** Converts tables in a thread, while they stream: neither the source nor the result is held as a whole. */
import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { BoundedThreads, ThreadLimit } from '../../../engine/threads/bounded-threads.ts';
import { perClock } from '../per-clock.ts';
import type { TableResult } from './rows.ts';
import type { TableTask } from './table-task.ts';
import { payloadRefusal } from '../payload-refusal.ts';

export type FromThread = { readonly asks: true } | { readonly bytes: Uint8Array };
export type ToThread = { readonly chunk: Uint8Array | undefined } | { readonly taken: true } | { readonly failed: true };

const FILE = new URL(import.meta.url.endsWith('.ts') ? './table-worker.ts' : './table-worker.js', import.meta.url);
const THREADS = 2;
const HEAP_MB = 384;
const MAX_WAITING = 256;
const MAX_WAITING_OF_ONE = 64;
/** Maximum CPU time for a table, and in addition for each megabyte of its source. */
const CPU_MS = 10_000;
const CPU_MS_PER_MB = 2000;

export interface ConvertContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Threads = BoundedThreads<TableTask & { readonly port: unknown }, TableResult>;

const threadsOf = perClock<Threads>((clock) => {
  const limits = { heapMb: HEAP_MB, waiting: MAX_WAITING, waitingPerKey: MAX_WAITING_OF_ONE };
  return new BoundedThreads({ file: FILE, size: THREADS, ...limits, clock });
});
let converters = 0;

export interface TableConverter {
  /**
   * Yields the result in pieces and returns what the task returns. Rejects with the error of the task or of the source, with
   * PARSE_BUSY (transient) if too many tables wait, with PARSE_TOO_COSTLY (input), or with the reason of the signal.
   */
  convert(
    task: TableTask,
    source: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    ctx: ConvertContext,
  ): AsyncGenerator<Uint8Array, TableResult>;
}

/** Creates a converter for one node. All nodes of the process share the threads. */
export function createTableConverter(): TableConverter {
  const key = String((converters += 1));
  return { convert: (task, source, sizeBytes, ctx) => convert(key, task, source, sizeBytes, ctx) };
}

async function* convert(
  key: string,
  task: TableTask,
  source: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  { clock, signal }: ConvertContext,
): AsyncGenerator<Uint8Array, TableResult> {
  const { port1: port, port2 } = new MessageChannel();
  const input = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const say = (message: ToThread) => port.postMessage(message);
  const readOn = () =>
    input.next().then(
      ({ done, value }) => say({ chunk: done === true ? undefined : value }),
      (error: unknown) => {
        failure = { error };
        say({ failed: true });
      },
    );
  port.on('message', (message: FromThread) => {
    if ('asks' in message) return void readOn();
    pieces.push(message.bytes);
    return wake();
  });
  const onAbort = () => {
    failure ??= { error: signal.reason };
    port.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });

  let result: TableResult | undefined;
  let isDone = false;
  const cpuMs = CPU_MS + (sizeBytes / 1024 / 1024) * CPU_MS_PER_MB;
  void threadsOf(clock)
    .run({ ...task, port: port2 }, { cpuMs, key, signal, transfer: [port2] })
    .then(
      (answer) => (result = answer),
      (error: unknown) => (failure ??= { error: error instanceof ThreadLimit ? payloadRefusal(error, 'thread for tables') : error }),
    )
    .finally(() => {
      isDone = true;
      wake();
    });
  try {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) {
        yield piece;
        say({ taken: true });
      } else if (isDone) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    if (result === undefined) throw failure!.error;
    return result;
  } finally {
    signal.removeEventListener('abort', onAbort);
    port.close();
    // Not awaited, because a source that hangs would hold this up.
    input.return?.()?.catch(() => undefined);
  }
}
