/**
 * Runs work whose cost depends on its input (schemas, documents from hospitals, mails) in separate threads, one task at
 * a time in each. CPU time and heap are limited. If a task exceeds a limit, its thread is ended; waiting tasks run in
 * another thread.
 */
import { Worker, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../contract/values/clock.ts';
import { fromErrorRecord } from '../contract/values/errors.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import type { ThreadMessage } from './serve-tasks.ts';
import { createTimeShares, type TimeShares } from './time-shares.ts';

export interface BoundedThreadsOptions {
  /** The thread's entry file, which calls `serveTasks`. */
  readonly file: URL;
  /** Passed to the thread once, as its `taskData()`. */
  readonly data?: unknown;
  /** Maximum number of threads; each is started on demand. */
  readonly size: number;
  readonly heapMb: number;
  /** Maximum number of waiting tasks, in total and per key. */
  readonly waiting: number;
  readonly waitingPerKey: number;
  /** How long a key is refused after its task ended a thread, because starting another thread is expensive. */
  readonly pauseMs?: number;
  readonly clock: Clock;
}

export interface TaskLimits {
  /** Limit of CPU time, not of clock time, so that a task does not fail because the machine is busy. */
  readonly cpuMs: number;
  /** The key that the task's time is counted for, for example an account. The one with the least recent time is next. */
  readonly key?: string;
  readonly signal?: AbortSignal;
  /** Ports in the task, which move to the thread. */
  readonly transfer?: readonly MessagePort[];
}

/** Why a task has no result. With `failed`, its thread ended unexpectedly or could not be started. */
export type ThreadFault = 'time' | 'memory' | 'busy' | 'failed';

export class ThreadLimit extends Error {
  override readonly name = 'ThreadLimit';
  readonly fault: ThreadFault;
  /** The last step that the task reported. */
  readonly step: number;
  readonly retryAfterMs: number;

  constructor(fault: ThreadFault, step = 0, retryAfterMs = 1000) {
    super(`the task returned no result: ${fault}`);
    this.fault = fault;
    this.step = step;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Entry {
  readonly task: unknown;
  readonly limits: TaskLimits;
  readonly key: string;
  settle(error: unknown, answer?: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  /** The last reported step, which the thread writes while it computes. */
  readonly steps: Int32Array;
  isReady: boolean;
  entry: Entry | undefined;
  /** CPU time that the thread had used before the current task, in milliseconds. */
  computedMs: number;
  cancelTimer: () => void;
}

const IDLE_MS = 120_000;
/** A thread that does not report its CPU time is ended when this multiple of the limit has passed on the clock. */
const PATIENCE = 20;
const SLOWEST_LOOK_MS = 20;
/** How long the last check waits for the report of a thread that the machine rarely schedules. */
const LAST_LOOK_MS = 2_000;
/**
 * After this time the task is ended as `busy`, even if the thread got no processor time at all. Then the machine is too
 * busy, and the task is not at fault.
 */
const STARVED_MS = 60_000;

export class BoundedThreads<Task, Answer> {
  readonly #options: BoundedThreadsOptions;
  readonly #queue: FairQueue<Entry>;
  readonly #threads = new Set<Thread>();
  readonly #shares: TimeShares;
  /** Until when each key is refused, by the monotonic clock. */
  readonly #paused = new Map<string, number>();
  #isClosed = false;

  constructor(options: BoundedThreadsOptions) {
    this.#options = options;
    this.#shares = createTimeShares(() => options.clock.monotonic());
    const perKeyRunning = Math.max(1, options.size - 1);
    this.#queue = createFairQueue({ limit: options.waiting, perKeyWaiting: options.waitingPerKey, perKeyRunning });
  }

  /**
   * Runs a task. Rejects with the error that the task throws (an AppError), with `ThreadLimit`, or with the signal's
   * reason.
   */
  run(task: Task, limits: TaskLimits): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { signal, key = '' } = limits;
      if (signal?.aborted) return reject(signal.reason as Error);
      const pausedMs = this.#pausedMs(key);
      if (this.#isClosed || pausedMs > 0) return reject(new ThreadLimit('busy', 0, pausedMs));
      const onAbort = () => {
        this.#queue.remove(key, entry);
        reject(signal!.reason as Error);
      };
      const entry: Entry = {
        ...{ task, limits, key },
        settle(error, answer) {
          signal?.removeEventListener('abort', onAbort);
          if (error === undefined) resolve(answer as Answer);
          else reject(error as Error);
        },
      };
      if (!this.#queue.add(key, entry)) return reject(new ThreadLimit('busy'));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#dispatch();
    });
  }

  /** Rejects waiting and running tasks as `busy`, and ends all threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of this.#queue.drain()) entry.settle(new ThreadLimit('busy'));
    const ending = [...this.#threads].map(({ worker }) => worker.terminate());
    for (const thread of [...this.#threads]) this.#discard(thread, 'busy');
    await Promise.all(ending);
  }

  #pausedMs(key: string): number {
    const left = (this.#paused.get(key) ?? 0) - this.#options.clock.monotonic();
    if (left <= 0) this.#paused.delete(key);
    return Math.max(0, left);
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      while (thread.isReady && thread.entry === undefined) {
        const entry = this.#queue.take((keys) => this.#shares.next(keys, this.#running(), this.#options.size));
        if (entry === undefined) return;
        this.#assign(thread, entry);
      }
    }
    const starting = [...this.#threads].filter(({ isReady }) => !isReady).length;
    if (this.#threads.size < this.#options.size && this.#queue.ready() > starting) this.#start();
  }

  /** Returns the keys of the running tasks. */
  #running(): readonly string[] {
    return [...this.#threads].flatMap(({ entry }) => (entry === undefined ? [] : [entry.key]));
  }

  #assign(thread: Thread, entry: Entry): void {
    thread.steps[0] = 0;
    try {
      thread.worker.postMessage(entry.task, entry.limits.transfer);
    } catch (error) {
      // The task cannot be cloned. Only this task fails; the thread never received it.
      this.#queue.done(entry.key);
      return entry.settle(error);
    }
    thread.cancelTimer();
    thread.entry = entry;
    thread.worker.ref();
    const { clock } = this.#options;
    const { cpuMs } = entry.limits;
    const begunAt = clock.monotonic();
    const look = async (): Promise<void> => {
      const isLast = clock.monotonic() >= begunAt + cpuMs * PATIENCE;
      const answer = nothingAfter(clock, isLast ? LAST_LOOK_MS : SLOWEST_LOOK_MS);
      const usage = await Promise.race([thread.worker.cpuUsage(), answer]).catch(() => undefined);
      if (thread.entry !== entry) return;
      // Without a usage report, check again at once: the thread may be in one long call.
      const leftMs = usage === undefined ? 0 : cpuMs + thread.computedMs - (usage.user + usage.system) / 1000;
      if (leftMs <= 0 && (usage !== undefined || isLast)) return this.#discard(thread, 'time');
      if (isLast && clock.monotonic() >= begunAt + STARVED_MS) return this.#discard(thread, 'busy');
      thread.cancelTimer = clock.after(Math.max(SLOWEST_LOOK_MS, leftMs), () => void look());
    };
    thread.cancelTimer = clock.after(cpuMs, () => void look());
  }

  #start(): void {
    const { file, data, heapMb } = this.#options;
    const steps = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(file, {
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
      workerData: { steps, data },
    });
    const thread: Thread = { worker, steps, isReady: false, entry: undefined, computedMs: 0, cancelTimer: () => undefined };
    this.#threads.add(thread);
    worker.on('message', (message: ThreadMessage) => this.#onMessage(thread, message));
    worker.on('error', (error: NodeJS.ErrnoException) =>
      this.#discard(thread, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'failed'),
    );
    worker.on('exit', () => this.#discard(thread, 'failed'));
  }

  #onMessage(thread: Thread, message: ThreadMessage): void {
    if (!this.#threads.has(thread)) return;
    thread.cancelTimer();
    const taskMs = message.computedMs - thread.computedMs;
    thread.computedMs = message.computedMs;
    thread.isReady = true;
    const { entry } = thread;
    thread.entry = undefined;
    if (entry !== undefined) {
      this.#queue.done(entry.key);
      this.#shares.add(entry.key, taskMs);
      if ('answer' in message) entry.settle(undefined, message.answer);
      else entry.settle(message.refusal === undefined ? new ThreadLimit('failed') : fromErrorRecord(message.refusal));
    }
    this.#dispatch();
    if (thread.entry !== undefined) return;
    thread.worker.unref();
    thread.cancelTimer = this.#options.clock.after(IDLE_MS, () => this.#discard(thread, 'busy'));
  }

  #discard(thread: Thread, fault: ThreadFault): void {
    if (!this.#threads.delete(thread)) return;
    thread.cancelTimer();
    void thread.worker.terminate();
    const { clock, pauseMs = 0 } = this.#options;
    const { entry } = thread;
    thread.entry = undefined;
    if (entry !== undefined) {
      this.#queue.done(entry.key);
      this.#shares.add(entry.key, entry.limits.cpuMs);
      if (pauseMs > 0 && (fault === 'time' || fault === 'memory')) this.#paused.set(entry.key, clock.monotonic() + pauseMs);
      entry.settle(new ThreadLimit(fault, thread.steps[0], pauseMs));
    } else if (fault === 'failed') {
      // The thread never started. Fail the first waiting task, so that starting is not retried forever.
      const first = this.#queue.take();
      if (first !== undefined) this.#queue.done(first.key);
      first?.settle(new ThreadLimit('failed'));
    }
    if (!this.#isClosed) this.#dispatch();
  }
}

function nothingAfter(clock: Clock, ms: number): Promise<undefined> {
  return new Promise((resolve) => clock.after(ms, () => resolve(undefined)));
}
