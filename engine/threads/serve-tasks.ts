/** The other end of `BoundedThreads`: what a thread's file calls. */
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';

/** What a thread says: that it is ready, or what became of its task. */
export type ThreadMessage = { readonly computedMs: number } & (
  { readonly answer: unknown } | { readonly refusal: ErrorRecord | undefined } | { readonly answer?: never; readonly refusal?: never }
);

export interface TaskContext {
  /** Tells how far the task is, for the case that it never ends. */
  step(number: number): void;
  /** What this task has computed. */
  computedMs(): number;
}

/** Work that its input decides gives way to the thread that serves everybody, and to other processes. */
const NICENESS = 5;

const given = workerData as { readonly steps: Int32Array; readonly data: unknown } | null;

/** What `BoundedThreadsOptions.data` says. */
export function taskData(): unknown {
  return given?.data;
}

/** Handles one task after the other. An AppError reaches the caller as it is; anything else as a failure without details. */
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
 * On Linux a thread has a priority of its own, and 0 means the calling one (setpriority(2), "C library/kernel differences"). A process that was
 * started with a lower one keeps it, and a container may refuse the call: the work is done all the same.
 */
function giveWay(): void {
  if (process.platform !== 'linux' || parentPort === null) return;
  try {
    if (getPriority(0) < NICENESS) setPriority(0, NICENESS);
  } catch {
    // It is only a courtesy.
  }
}

function computedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
