/** Work on large bodies in threads, where callers take turns. A thread is ended when a body takes too much. Idle threads end. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import type { Sender } from '../json-reading.ts';

/** Maximum number of waiting tasks. A waiting task needs no memory besides its body, which the gateway counts. */
const WAITING = 512;
const WAITING_PER_CALLER = 128;
const HEAP_MB = 512;
/** Limit of CPU time of a small body. Most bodies need 20 ms a megabyte. */
const CPU_MS = 2000;
/** How long a caller is refused after its body ended a thread, because starting another thread is costly. */
const PAUSE_MS = 2000;
const BYTES_PER_MB = 1024 * 1024;

/** Why there is no result: too many wait, or the sender left; or the body takes too much CPU time or memory. */
export type BodyFault = 'busy' | 'costly';

export interface BodyThreadsOptions {
  /** The program of a thread. */
  readonly file: URL;
  readonly size: number;
  readonly cpuMsPerMb: number;
  /** What failed if a thread ends without a limit being reached. */
  readonly failure: string;
  readonly clock: Clock;
}

export class BodyThreads<Task, Result> {
  readonly #threads: BoundedThreads<Task, Result>;
  readonly #options: BodyThreadsOptions;

  constructor(options: BodyThreadsOptions) {
    const { file, size, clock } = options;
    this.#options = options;
    this.#threads = new BoundedThreads({
      ...{ file, size, heapMb: HEAP_MB, waiting: WAITING, waitingPerKey: WAITING_PER_CALLER, pauseMs: PAUSE_MS, clock },
    });
  }

  /** Tasks with one `key` take turns with those of other keys. `bytes`: the size of the body. */
  async run(task: Task, bytes: number, key: string, from: Sender): Promise<Result | BodyFault> {
    const left = new AbortController();
    from.onLeave(() => left.abort());
    const cpuMs = CPU_MS + (bytes / BYTES_PER_MB) * this.#options.cpuMsPerMb;
    try {
      return await this.#threads.run(task, { cpuMs, key, signal: left.signal });
    } catch (error) {
      if (left.signal.aborted) return 'busy';
      if (!(error instanceof ThreadLimit)) throw error;
      if (error.fault === 'failed') throw new Error(this.#options.failure, { cause: error });
      return error.fault === 'busy' ? 'busy' : 'costly';
    }
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}
