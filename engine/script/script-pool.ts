/**
 * The sandbox. Scripts and unbounded expressions run in QuickJS (WASM) on worker threads, without network, environment
 * or host objects; only JSON text goes in and out. A worker that does not respond in time is ended and replaced, so an
 * endless script blocks no other job. Keys (flows) share the time. One key gets at most half of the workers, and short
 * jobs always find a free one. Waking a thread costs more than most scripts, so a thread gets several jobs of one key
 * at once, called a turn.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { silentMetrics, type Logger, type Metrics } from '../contract/values/observe.ts';
import type { ExpressionRunner } from '../expression/compile-expression.ts';
import { createFairQueue, type FairQueue } from '../threads/fair-queue.ts';
import { createTimeShares, type TimeShares } from '../threads/time-shares.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';
import { toScriptError } from './script-errors.ts';
import { createJob, createTask, type ScriptLimits, type Task } from './script-task.ts';

export interface ScriptPoolOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Maximum number of worker threads; each is started when the previous one is taken. Default 2. */
  readonly size?: number;
  /** Maximum number of waiting jobs, for all keys together. Default 1000; one key gets at most half. */
  readonly queueLimit?: number;
}

export interface ScriptPool extends ExpressionRunner {
  /**
   * Runs a function body with `message`, `nodes` and `now` (the fields of `input`, which must be plain data) and
   * returns its result. The same source, input, `nowMs` and `seed` give the same result. Rejects with SCRIPT_TIMEOUT,
   * SCRIPT_MEMORY, SCRIPT_ERROR (with the line of the error), SCRIPT_RESULT_TOO_LARGE (input) or SCRIPT_POOL_BUSY
   * (transient).
   */
  run(source: string, input: ScriptInput, limits?: ScriptLimits): Promise<unknown>;
  runExpression(text: string, root: unknown, limits?: ScriptLimits): Promise<unknown>;
  /** Checks the syntax of a script at publish. Rejects with SCRIPT_INVALID (input), with the line of the error. */
  checkScript(source: string): Promise<void>;
  /**
   * Returns numbers for metrics. `ended` counts threads that were ended because their job exceeded its time or broke
   * them.
   */
  status(): { readonly threads: number; readonly busy: number; readonly waiting: number; readonly ended: number };
  /** Ends all workers; running jobs are rejected with SCRIPT_POOL_CLOSED. */
  close(): Promise<void>;
}

export interface ScriptInput {
  readonly message?: unknown;
  readonly nodes?: unknown;
  readonly now?: unknown;
}

/**
 * A worker measures its own CPU time. If it has not responded after this multiple of the limit in clock time, it is
 * ended.
 */
const PATIENCE = 4;
const GRACE_MS = 250;
const START_MS = 10_000;
const MOST_A_TURN = 32;
/**
 * If a job has waited this long, a log line shows which flow waits and which flows use the sandbox. The line is
 * repeated from time to time.
 */
const WAIT_TOLD_MS = 1000;
const WAIT_TOLD_AGAIN_MS = 10_000;

interface Thread {
  readonly worker: Worker;
  /** The port for jobs and results. Messages of the worker itself would pass through more layers. */
  readonly port: MessagePort;
  isReady: boolean;
  /** The tasks of this turn that have no result yet. The thread runs the first one. */
  tasks: Task[];
  /** The key that the thread works for, from the start of its turn until the thread is ready for another turn. */
  share: string | undefined;
  cancelTimer: () => void;
}

export function createScriptPool(options: ScriptPoolOptions): ScriptPool {
  return new QuickJsPool(options);
}

class QuickJsPool implements ScriptPool {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #size: number;
  readonly #threads = new Set<Thread>();
  readonly #queue: FairQueue<Task>;
  readonly #shares: TimeShares;
  #isClosed = false;
  #cancelWatch: (() => void) | undefined;
  #ended = 0;

  constructor({ clock, logger, metrics = silentMetrics, size = 2, queueLimit = 1000 }: ScriptPoolOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#size = size;
    this.#queue = createFairQueue<Task>({
      limit: queueLimit,
      perKeyWaiting: Math.ceil(queueLimit / 2),
      perKeyRunning: Math.max(1, Math.floor(size / 2)),
    });
    this.#shares = createTimeShares(() => clock.monotonic());
  }

  run(source: string, input: ScriptInput, limits: ScriptLimits = {}): Promise<unknown> {
    return this.#submit('script', source, input, limits);
  }

  runExpression(text: string, root: unknown, limits: ScriptLimits = {}): Promise<unknown> {
    return this.#submit('expression', text, root, limits);
  }

  async checkScript(source: string): Promise<void> {
    await this.#submit('check', source, null, { key: 'check' });
  }

  status() {
    return {
      threads: this.#threads.size,
      busy: [...this.#threads].filter((thread) => thread.tasks.length > 0).length,
      waiting: this.#queue.size(),
      ended: this.#ended,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWatch?.();
    for (const task of this.#queue.drain()) task.settle(closed());
    const ending = [...this.#threads].map((thread) => thread.worker.terminate());
    for (const thread of [...this.#threads]) this.#discard(thread, closed());
    await Promise.all(ending);
  }

  #submit(kind: ScriptJob['kind'], source: string, input: unknown, limits: ScriptLimits): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closed());
      if (limits.signal?.aborted) return reject(limits.signal.reason as Error);
      const leave = () => this.#queue.remove(task.key, task);
      const task = createTask(createJob(kind, source, input, limits), limits, this.#clock, { leave, resolve, reject });
      if (!this.#queue.add(task.key, task)) return task.settle(busy());
      this.#dispatch();
      this.#watchWaits(WAIT_TOLD_MS);
    });
  }

  /**
   * Logs long waits. A flow with late scripts may not be slow itself, so the log also names the flows that use the
   * sandbox.
   */
  #watchWaits(afterMs: number): void {
    if (this.#cancelWatch !== undefined || this.#queue.size() === 0 || this.#isClosed) return;
    this.#cancelWatch = this.#clock.after(afterMs, () => {
      this.#cancelWatch = undefined;
      const takenBy = [...new Set([...this.#threads].flatMap(({ share }) => share ?? []))].sort().join(', ');
      for (const [key, { sinceMs }] of this.#queue.firsts()) {
        const waitedMs = Math.round(this.#clock.monotonic() - sinceMs);
        if (waitedMs >= WAIT_TOLD_MS) this.#logger.warn('script.waits', { key, waitedMs, takenBy });
      }
      this.#watchWaits(WAIT_TOLD_AGAIN_MS);
    });
  }

  #dispatch(): void {
    for (;;) {
      const idle = this.#findIdle();
      if (idle === undefined) break;
      const task = this.#queue.take((keys) => this.#shares.next(keys, this.#running(), this.#size));
      if (task === undefined) return;
      this.#assign(idle, [task, ...this.#queue.takeAlong(task.key, MOST_A_TURN - 1)]);
    }
    if (this.#threads.size === this.#size) return;
    const starting = [...this.#threads].filter((thread) => !thread.isReady).length;
    // Starts one more thread than there is work for. Then a job that comes while endless scripts block the others does
    // not wait for a thread to start.
    if (this.#queue.ready() >= starting) this.#start();
  }

  /** Returns the keys of the running jobs. */
  #running(): readonly string[] {
    return [...this.#threads].flatMap(({ share }) => share ?? []);
  }

  #findIdle(): Thread | undefined {
    for (const thread of this.#threads) if (thread.isReady && thread.tasks.length === 0) return thread;
    return undefined;
  }

  #assign(thread: Thread, tasks: Task[]): void {
    thread.port.postMessage(tasks.map(({ job }) => job));
    thread.tasks = tasks;
    thread.share = tasks[0]!.key;
    thread.port.ref();
    this.#begin(thread, tasks[0]!);
  }

  #begin(thread: Thread, task: Task): void {
    this.#metrics.observeMs('script_wait_ms', this.#clock.monotonic() - task.sinceMs);
    task.start();
    thread.cancelTimer = this.#clock.after(task.job.timeoutMs * PATIENCE + GRACE_MS, () => {
      this.#logger.warn('script.worker-ended', { key: task.key, timeoutMs: task.job.timeoutMs });
      this.#discard(thread, toScriptError({ code: 'SCRIPT_TIMEOUT', message: '' }, task.job));
    });
  }

  #start(share?: string): void {
    const { worker, port } = startWorker();
    const thread: Thread = { worker, port, isReady: false, tasks: [], share, cancelTimer: () => undefined };
    this.#threads.add(thread);
    thread.cancelTimer = this.#clock.after(START_MS, () => this.#discard(thread, undefined));
    port.on('message', (answer: ScriptAnswer) => this.#onAnswer(thread, answer));
    port.unref();
    worker.on('error', (error) => {
      this.#logger.error('script.worker-failed', error);
      const [task] = thread.tasks;
      const fault = task && toScriptError({ code: 'SCRIPT_ERROR', message: 'the sandbox itself failed' }, task.job);
      this.#discard(thread, fault);
    });
  }

  #onAnswer(thread: Thread, answer: ScriptAnswer): void {
    if (!this.#threads.has(thread)) return;
    thread.cancelTimer();
    if (!thread.isReady) thread.worker.unref();
    thread.isReady = true;
    const task = thread.tasks.shift();
    if (task !== undefined) {
      this.#shares.add(task.key, answer.computedMs ?? 0);
      if (answer.fault) task.settle(toScriptError(answer.fault, task.job));
      else task.settle(undefined, answer.result === undefined ? undefined : JSON.parse(answer.result));
    }
    if (answer.isLast) return this.#discard(thread, undefined);
    if (answer.endsTurn) this.#putBack(thread);
    const [next] = thread.tasks;
    if (next !== undefined) return this.#begin(thread, next);
    thread.port.unref();
    this.#giveBackShare(thread);
    this.#dispatch();
  }

  #putBack(thread: Thread): void {
    if (thread.share !== undefined) this.#queue.putBack(thread.share, thread.tasks.splice(0));
  }

  #giveBackShare(thread: Thread): void {
    if (thread.share !== undefined) this.#queue.done(thread.share);
    thread.share = undefined;
  }

  /**
   * Ends a thread. A thread that did work before is replaced at once. Further jobs of the key that broke the thread
   * wait for the new one; other keys use the remaining threads.
   */
  #discard(thread: Thread, error: AppError | undefined): void {
    if (!this.#threads.delete(thread)) return;
    thread.cancelTimer();
    thread.port.close();
    void thread.worker.terminate();
    if (error !== undefined) {
      const [ruined] = thread.tasks;
      if (ruined !== undefined) this.#shares.add(ruined.key, ruined.job.timeoutMs);
      thread.tasks.shift()?.settle(error);
    }
    if (this.#isClosed) return thread.tasks.forEach((task) => task.settle(closed()));
    this.#putBack(thread);
    if (error !== undefined) this.#ended += 1;
    if (thread.isReady) this.#start(thread.share);
    else this.#giveBackShare(thread);
    this.#dispatch();
  }
}

function startWorker(): Pick<Thread, 'worker' | 'port'> {
  const file = import.meta.url.endsWith('.ts') ? './script-worker.ts' : './script-worker.js';
  const { port1: port, port2: workerData } = new MessageChannel();
  const worker = new Worker(new URL(file, import.meta.url), {
    env: {},
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 128 },
    workerData,
    transferList: [workerData],
  });
  return { worker, port };
}

function busy(): AppError {
  return new AppError('SCRIPT_POOL_BUSY', 'transient', 'Too many scripts are waiting for the sandbox.', {
    retryAfterMs: 1000,
    fix: 'Wait a moment; if it keeps happening, make the scripts faster or give the sandbox more workers.',
  });
}

function closed(): AppError {
  return new AppError('SCRIPT_POOL_CLOSED', 'transient', 'The sandbox was closed while the script waited or ran.', {
    fix: 'Try again after the restart.',
  });
}
