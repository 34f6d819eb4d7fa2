/**
 * The sandbox. Scripts and unbounded expressions run in QuickJS (WASM) on worker threads, without network,
 * environment or host objects; only JSON text goes in and out. A worker that does not respond in time is ended and
 * replaced, so a runaway blocks no other job. Keys (flows) share the time. One key gets at most half of the workers,
 * and short jobs always find a free one. Waking a thread costs more than most scripts, so jobs of the same key go
 * along in one turn.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { silentMetrics, type Logger, type Metrics } from '../contract/values/observe.ts';
import { SandboxWait, type SandboxUser } from '../contract/node/sandbox-wait.ts';
import type { ExpressionRunner } from '../expression/compile-expression.ts';
import { createFairQueue } from '../threads/fair-queue.ts';
import { createTimeShares } from '../threads/time-shares.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';
import { toScriptError } from './script-errors.ts';

export interface ScriptPoolOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Maximum number of worker threads; each is started when the previous one is taken. Default 2. */
  readonly size?: number;
  /** Maximum number of waiting jobs, for all keys together. Default 1000; one key gets at most half. */
  readonly queueLimit?: number;
}

export interface ScriptLimits {
  /** The key whose share is used; usually the flow's id. */
  readonly key?: string;
  /** CPU time limit; default 1000 (an expression: 5000), at most 60 000. */
  readonly timeoutMs?: number;
  /** Memory of the script's realm. Default 32 MB. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  /** The time the script's clocks show, in epoch milliseconds; default 0. */
  readonly nowMs?: number;
  /** Seed of its `Math.random`, from 0 to below 1: the same seed gives the same numbers. Default 0. */
  readonly seed?: number;
  /** The step it runs for; the wait is recorded in it. */
  readonly user?: SandboxUser;
}

export interface ScriptPool extends ExpressionRunner {
  /**
   * Runs a function body with `message`, `nodes` and `now` (the fields of `input`, which must be plain data) and
   * returns its result. The same source, input, `nowMs` and `seed` give the same result. Rejects with SCRIPT_TIMEOUT,
   * SCRIPT_MEMORY, SCRIPT_ERROR (with its line), SCRIPT_RESULT_TOO_LARGE (input) or SCRIPT_POOL_BUSY (transient).
   */
  run(source: string, input: ScriptInput, limits?: ScriptLimits): Promise<unknown>;
  runExpression(text: string, root: unknown, limits?: ScriptLimits): Promise<unknown>;
  /** Checks the syntax of a script at publish. Rejects with SCRIPT_INVALID (input) and its line. */
  checkScript(source: string): Promise<void>;
  /** For metrics: `ended` counts threads ended because their job exceeded its time or broke them. */
  status(): { readonly threads: number; readonly busy: number; readonly waiting: number; readonly ended: number };
  /** Ends all workers; running jobs are rejected with SCRIPT_POOL_CLOSED. */
  close(): Promise<void>;
}

export interface ScriptInput {
  readonly message?: unknown;
  readonly nodes?: unknown;
  readonly now?: unknown;
}

const DEFAULTS = { timeoutMs: 1000, memoryBytes: 32 * 1024 * 1024, resultBytes: 10 * 1024 * 1024 } as const;
/** Authors set no limit for an expression: this one is enough for tens of thousands of rows. */
const EXPRESSION_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 60_000;
const MIN_MEMORY_BYTES = 1024 * 1024;
/**
 * A worker measures its CPU time. It is ended if it has not responded within this multiple of the limit, by the
 * clock.
 */
const PATIENCE = 4;
const GRACE_MS = 250;
const START_MS = 10_000;
const MOST_A_TURN = 32;
/**
 * After a wait this long the log shows which flow waits and which flows have the sandbox; then it repeats from time
 * to time.
 */
const WAIT_TOLD_MS = 1000;
const WAIT_TOLD_AGAIN_MS = 10_000;

interface Task {
  readonly job: ScriptJob;
  readonly key: string;
  /** Monotonic. */
  readonly sinceMs: number;
  /** Called when a thread starts it. */
  start(): void;
  settle(error: AppError | undefined, result?: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  /** The port for jobs and results; the worker's own messages pass through more layers. */
  readonly port: MessagePort;
  isReady: boolean;
  /** The tasks of this turn without a result; it runs the first. */
  tasks: Task[];
  /** The key whose share it uses, from its turn until it is ready for another. */
  share: string | undefined;
  cancelTimer: () => void;
}

export function createScriptPool(options: ScriptPoolOptions): ScriptPool {
  const { clock, logger, metrics = silentMetrics, size = 2, queueLimit = 1000 } = options;
  const threads = new Set<Thread>();
  const queue = createFairQueue<Task>({
    limit: queueLimit,
    perKeyWaiting: Math.ceil(queueLimit / 2),
    perKeyRunning: Math.max(1, Math.floor(size / 2)),
  });
  const shares = createTimeShares(() => clock.monotonic());
  let isClosed = false;
  let cancelWatch: (() => void) | undefined;
  let ended = 0;

  function submit(kind: ScriptJob['kind'], source: string, input: unknown, limits: ScriptLimits): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(closed());
      if (limits.signal?.aborted) return reject(limits.signal.reason as Error);
      const leave = () => queue.remove(task.key, task);
      const task = createTask(createJob(kind, source, input, limits), limits, clock, leave, resolve, reject);
      if (!queue.add(task.key, task)) return task.settle(busy());
      dispatch();
      watchWaits(WAIT_TOLD_MS);
    });
  }

  /** A flow whose scripts are late may not be slow itself: the log names the flows that use the sandbox. */
  function watchWaits(afterMs: number): void {
    if (cancelWatch !== undefined || queue.size() === 0 || isClosed) return;
    cancelWatch = clock.after(afterMs, () => {
      cancelWatch = undefined;
      const takenBy = [...new Set([...threads].flatMap(({ share }) => share ?? []))].sort().join(', ');
      for (const [key, { sinceMs }] of queue.firsts()) {
        const waitedMs = Math.round(clock.monotonic() - sinceMs);
        if (waitedMs >= WAIT_TOLD_MS) logger.warn('script.waits', { key, waitedMs, takenBy });
      }
      watchWaits(WAIT_TOLD_AGAIN_MS);
    });
  }

  function dispatch(): void {
    for (;;) {
      const idle = findIdle();
      if (idle === undefined) break;
      const task = queue.take(choose);
      if (task === undefined) return;
      assign(idle, [task, ...queue.takeAlong(task.key, MOST_A_TURN - 1)]);
    }
    if (threads.size === size) return;
    const starting = [...threads].filter((thread) => !thread.isReady).length;
    // Starts one more thread than there is work for, so that a job that comes while a runaway blocks the others does
    // not wait for a thread to start.
    if (queue.ready() >= starting) start();
  }

  /**
   * Chooses the key that had the least time. If there are short jobs, long jobs and those of new keys leave one
   * thread free.
   */
  function choose(keys: readonly string[]): string | undefined {
    const isLong = ({ share }: Thread) => share !== undefined && !shares.isLight(share);
    const isFull = size > 1 && [...threads].filter(isLong).length >= size - 1 && shares.hasLight();
    return shares.least(isFull ? keys.filter(shares.isLight) : keys);
  }

  function findIdle(): Thread | undefined {
    for (const thread of threads) if (thread.isReady && thread.tasks.length === 0) return thread;
    return undefined;
  }

  function assign(thread: Thread, tasks: Task[]): void {
    thread.port.postMessage(tasks.map(({ job }) => job));
    thread.tasks = tasks;
    thread.share = tasks[0]!.key;
    thread.port.ref();
    begin(thread, tasks[0]!);
  }

  function begin(thread: Thread, task: Task): void {
    metrics.observeMs('script_wait_ms', clock.monotonic() - task.sinceMs);
    task.start();
    thread.cancelTimer = clock.after(task.job.timeoutMs * PATIENCE + GRACE_MS, () => {
      logger.warn('script.worker-ended', { key: task.key, timeoutMs: task.job.timeoutMs });
      discard(thread, toScriptError({ code: 'SCRIPT_TIMEOUT', message: '' }, task.job));
    });
  }

  function start(share?: string): void {
    const file = import.meta.url.endsWith('.ts') ? './script-worker.ts' : './script-worker.js';
    const { port1: port, port2: workerData } = new MessageChannel();
    const worker = new Worker(new URL(file, import.meta.url), {
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
      workerData,
      transferList: [workerData],
    });
    const thread: Thread = { worker, port, isReady: false, tasks: [], share, cancelTimer: () => undefined };
    threads.add(thread);
    thread.cancelTimer = clock.after(START_MS, () => discard(thread, undefined));
    port.on('message', (answer: ScriptAnswer) => onAnswer(thread, answer));
    port.unref();
    worker.on('error', (error) => {
      logger.error('script.worker-failed', error);
      const [task] = thread.tasks;
      discard(thread, task && toScriptError({ code: 'SCRIPT_ERROR', message: 'the sandbox itself failed' }, task.job));
    });
  }

  function onAnswer(thread: Thread, answer: ScriptAnswer): void {
    if (!threads.has(thread)) return;
    thread.cancelTimer();
    if (!thread.isReady) thread.worker.unref();
    thread.isReady = true;
    const task = thread.tasks.shift();
    if (task !== undefined) {
      shares.add(task.key, answer.computedMs ?? 0);
      if (answer.fault) task.settle(toScriptError(answer.fault, task.job));
      else task.settle(undefined, answer.result === undefined ? undefined : JSON.parse(answer.result));
    }
    if (answer.isLast) return discard(thread, undefined);
    if (answer.endsTurn) putBack(thread);
    const [next] = thread.tasks;
    if (next !== undefined) return begin(thread, next);
    thread.port.unref();
    giveBackShare(thread);
    dispatch();
  }

  function putBack(thread: Thread): void {
    if (thread.share !== undefined) queue.putBack(thread.share, thread.tasks.splice(0));
  }

  function giveBackShare(thread: Thread): void {
    if (thread.share !== undefined) queue.done(thread.share);
    thread.share = undefined;
  }

  /**
   * Ends a thread. A thread that did work is replaced at once. The key that broke it waits for the new thread; other
   * keys have theirs.
   */
  function discard(thread: Thread, error: AppError | undefined): void {
    if (!threads.delete(thread)) return;
    thread.cancelTimer();
    thread.port.close();
    void thread.worker.terminate();
    if (error !== undefined) {
      const [ruined] = thread.tasks;
      if (ruined !== undefined) shares.add(ruined.key, ruined.job.timeoutMs);
      thread.tasks.shift()?.settle(error);
    }
    if (isClosed) return thread.tasks.forEach((task) => task.settle(closed()));
    putBack(thread);
    if (error !== undefined) ended += 1;
    if (thread.isReady) start(thread.share);
    else giveBackShare(thread);
    dispatch();
  }

  return {
    run: (source, input, limits = {}) => submit('script', source, input, limits),
    runExpression: (text, root, limits = {}) => submit('expression', text, root, limits),
    async checkScript(source) {
      await submit('check', source, null, { key: 'check' });
    },
    status: () => ({
      threads: threads.size,
      busy: [...threads].filter((thread) => thread.tasks.length > 0).length,
      waiting: queue.size(),
      ended,
    }),
    async close() {
      isClosed = true;
      cancelWatch?.();
      for (const task of queue.drain()) task.settle(closed());
      const ending = [...threads].map((thread) => thread.worker.terminate());
      for (const thread of [...threads]) discard(thread, closed());
      await Promise.all(ending);
    },
  };
}

function createJob(kind: ScriptJob['kind'], source: string, input: unknown, limits: ScriptLimits): ScriptJob {
  return {
    kind,
    source,
    input: JSON.stringify(input) ?? 'null',
    nowMs: limits.nowMs ?? 0,
    seed: limits.seed ?? 0,
    timeoutMs: Math.min(limits.timeoutMs ?? (kind === 'expression' ? EXPRESSION_TIMEOUT_MS : DEFAULTS.timeoutMs), MAX_TIMEOUT_MS),
    memoryBytes: Math.max(limits.memoryBytes ?? DEFAULTS.memoryBytes, MIN_MEMORY_BYTES),
    resultBytes: DEFAULTS.resultBytes,
  };
}

/**
 * If a caller leaves, its task is removed from the queue. A running task ends by its own limit, and its result is
 * dropped.
 */
function createTask(
  job: ScriptJob,
  { signal, key = '', user }: ScriptLimits,
  clock: Clock,
  leave: () => void,
  resolve: (value: unknown) => void,
  reject: (error: Error) => void,
): Task {
  const sinceMs = clock.monotonic();
  let wait = user && (user.sandboxWait ??= new SandboxWait());
  let hasStarted = false;
  const onAbort = () => {
    leave();
    if (!hasStarted) {
      wait?.ended(clock.monotonic(), false);
      // A thread that has the task may still run it, but the result is dropped.
      wait = undefined;
    }
    reject(signal!.reason as Error);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  wait?.queued(sinceMs);
  return {
    job,
    key,
    sinceMs,
    start() {
      hasStarted = true;
      wait?.started(clock.monotonic());
    },
    settle(error, result) {
      signal?.removeEventListener('abort', onAbort);
      wait?.ended(clock.monotonic(), hasStarted);
      if (error === undefined) resolve(result);
      else reject(error);
    },
  };
}

function busy(): AppError {
  return new AppError('SCRIPT_POOL_BUSY', 'transient', 'Too many scripts are waiting for the sandbox.', {
    retryAfterMs: 1000,
    fix: 'Wait a moment; if it goes on, make the scripts faster or give the sandbox more workers.',
  });
}

function closed(): AppError {
  return new AppError('SCRIPT_POOL_CLOSED', 'transient', 'The sandbox was closed while the script waited or ran.', {
    fix: 'Try again after the restart.',
  });
}
