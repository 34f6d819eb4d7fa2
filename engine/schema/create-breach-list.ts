/**
 * Lists all violations of a schema, for the reply to the sender. If the reply contained only the first one, the sender
 * would have to retry many times.
 */
import type { Clock } from '../contract/values/clock.ts';
import { BoundedThreads } from '../threads/bounded-threads.ts';
import { LARGE_FROM, isLarge } from '../threads/is-large.ts';
import type { Breaches } from './compile-schema.ts';

export interface BreachTask {
  /** The data, as JSON or as a parsed value. */
  readonly source: Uint8Array | { readonly value: unknown };
  /** The schema as JSON, and whether the values are texts that stand for other types. */
  readonly schema: { readonly text: string; readonly coerces: boolean };
  /** The maximum number of listed violations. */
  readonly most: number;
}

export interface BreachList {
  /**
   * Returns the violations. Returns undefined if there is no capacity (in total, or for `by`), if the check costs too
   * much or takes too long, or if the data is too large. Report only the first violation then.
   */
  find(task: BreachTask, by: string, signal?: AbortSignal): Promise<Breaches | undefined>;
  close(): Promise<void>;
}

const HEAP_MB = 96;
/** The limit of CPU time. A large schema needs most of it when it is compiled for the first time. */
const CPU_MS = 500;
/** The limit of elapsed time, because the reply waits for the list. It matters on a busy machine. */
const WAIT_MS = 5000;
/**
 * If the check of a value took too much time or memory, its thread was ended. The sender of that value then gets only
 * the first violation for this time.
 */
const PAUSE_MS = 10_000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './breaches-worker.ts' : './breaches-worker.js', import.meta.url);

/**
 * Creates the list with one thread, which serves senders in turn. A sender of many invalid bodies delays mainly
 * itself, and others only for a moment.
 */
export function createBreachList(clock: Clock): BreachList {
  const threads = new BoundedThreads<BreachTask, Breaches>({
    ...{ file: FILE, size: 1, heapMb: HEAP_MB, waiting: 8, waitingPerKey: 2, pauseMs: PAUSE_MS, clock },
  });
  return {
    async find(task, by, signal) {
      const { source } = task;
      if (source instanceof Uint8Array ? source.byteLength > LARGE_FROM : isLarge(source.value)) return undefined;
      const late = new AbortController();
      const cancel = clock.after(WAIT_MS, () => late.abort());
      const ended = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
      try {
        const found = await threads.run(task, { cpuMs: CPU_MS, key: by, signal: ended });
        return found.count === 0 ? undefined : found;
      } catch {
        return undefined;
      } finally {
        cancel();
      }
    },
    close: () => threads.close(),
  };
}
