/** Lists all breaches of a schema for the answer to whoever sent the value, whom the first one alone would send back many times. */
import type { Clock } from '../contract/values/clock.ts';
import { BoundedThreads } from '../threads/bounded-threads.ts';
import { LARGE_FROM, isLarge } from '../threads/is-large.ts';
import type { Breaches } from './compile-schema.ts';

export interface BreachTask {
  /** JSON, or a value that is parsed already. */
  readonly source: Uint8Array | { readonly value: unknown };
  /** JSON, and whether values are texts that stand for others. */
  readonly schema: { readonly text: string; readonly coerces: boolean };
  /** How many are listed. */
  readonly most: number;
}

export interface BreachList {
  /**
   * Undefined where there is no room for it (of all, or of `by`), where it takes too much or too long, and of data that is too large: then the first
   * breach must do.
   */
  find(task: BreachTask, by: string, signal?: AbortSignal): Promise<Breaches | undefined>;
  close(): Promise<void>;
}

const HEAP_MB = 96;
/** Of computing: most of it to compile a large schema for the first time. */
const CPU_MS = 500;
/** By the clock: the answer waits for it, longest on a machine that has no time for it. */
const WAIT_MS = 5000;
/** One whose value ended the thread gets the first breach only for so long. */
const PAUSE_MS = 10_000;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './breaches-worker.ts' : './breaches-worker.js', import.meta.url);

/** In one thread, in which senders take turns. Who sends many wrong bodies waits for himself, and holds up nobody but lists of others for a moment. */
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
