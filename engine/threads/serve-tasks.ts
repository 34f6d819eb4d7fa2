/** The thread side of `BoundedThreads`. The entry file of a thread calls it. */
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';

/** A message from a thread. It says that the thread is ready, or contains the result of its task. */
export type ThreadMessage = { readonly computedMs: number } & (
  { readonly answer: unknown } | { readonly refusal: ErrorRecord | undefined } | { readonly answer?: never; readonly refusal?: never }
);

export interface TaskContext {
  /** Reports how far the task is. If the task never ends, the last report shows where it stopped. */
  step(number: number): void;
  /** Returns the CPU time of this task so far, in milliseconds. */
  computedMs(): number;
}

/** Work in threads gets a lower priority than the main thread and other processes. */
const NICENESS = 5;

const given = workerData as { readonly steps: Int32Array; readonly data: unknown } | null;

/** Returns `BoundedThreadsOptions.data`. */
export function taskData(): unknown {
  return given?.data;
}

/**
 * Handles tasks one after the other. An AppError reaches the caller unchanged; any other error becomes a failure
 * without details.
 */
export function serveTasks<Task, Answer>(handle: (task: Task, context: TaskContext) => Answer | Promise<Answer>): void {
  parentPort?.on('message', (task: Task) => {
    const before = computedMs();
    const context: TaskContext = {
      step: (number) => {
        if (given !== null) given.steps[0] = number;
      },
      computedMs: () => computedMs() - before,
    };
    void answer(() => handle(task, context)).then((message) => parentPort?.postMessage(message));
  });
  giveWay();
  parentPort?.postMessage({ computedMs: computedMs() } satisfies ThreadMessage);
}

async function answer(work: () => unknown): Promise<ThreadMessage> {
  try {
    const value = await work();
    return { answer: value, computedMs: computedMs() };
  } catch (error) {
    return { refusal: error instanceof AppError ? toErrorRecord(error) : undefined, computedMs: computedMs() };
  }
}

/**
 * Lowers the priority of this thread. On Linux each thread has its own priority, and 0 means the calling thread
 * (setpriority(2), "C library/kernel differences"). A process that was started with a lower priority keeps it. A
 * container may refuse the call; then the work runs at normal priority.
 */
function giveWay(): void {
  if (process.platform !== 'linux' || parentPort === null) return;
  try {
    if (getPriority(0) < NICENESS) setPriority(0, NICENESS);
  } catch {
    // The thread then runs at normal priority.
  }
}

function computedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
