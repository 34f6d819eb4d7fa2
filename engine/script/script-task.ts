/** One job of the sandbox, and the caller that waits for its result. */
import type { Clock } from '../contract/values/clock.ts';
import type { AppError } from '../contract/values/errors.ts';
import { SandboxWait, type SandboxUser } from '../contract/node/sandbox-wait.ts';
import type { ScriptJob } from './script-protocol.ts';

export interface ScriptLimits {
  /** The key that the job's time is counted for; usually the flow's id. Keys take turns. */
  readonly key?: string;
  /** CPU time limit in milliseconds. Default 1000 (for an expression 5000), at most 60,000. */
  readonly timeoutMs?: number;
  /** Memory of the script's realm. Default 32 MB. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  /** The time the script's clocks show, in epoch milliseconds; default 0. */
  readonly nowMs?: number;
  /** Seed of the script's `Math.random`, from 0 to below 1. The same seed gives the same numbers. Default 0. */
  readonly seed?: number;
  /** The step that the script runs for. Its waiting time is recorded there. */
  readonly user?: SandboxUser;
}

export interface Task {
  readonly job: ScriptJob;
  readonly key: string;
  /** Monotonic time at which the task was created. */
  readonly sinceMs: number;
  /** Called when a thread starts the task. */
  start(): void;
  settle(error: AppError | undefined, result?: unknown): void;
}

/** Settles the promise of a caller, and removes its task from the queue. */
interface TaskCaller {
  leave(): void;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const DEFAULTS = { timeoutMs: 1000, memoryBytes: 32 * 1024 * 1024, resultBytes: 10 * 1024 * 1024 } as const;
/** CPU time limit of an expression. Authors cannot set one; this is enough for tens of thousands of rows. */
const EXPRESSION_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 60_000;
const MIN_MEMORY_BYTES = 1024 * 1024;

export function createJob(kind: ScriptJob['kind'], source: string, input: unknown, limits: ScriptLimits): ScriptJob {
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
 * Creates the task of a caller. If the caller aborts, the task is removed from the queue. A running task ends at its
 * own limit, and its result is dropped.
 */
export function createTask(job: ScriptJob, { signal, key = '', user }: ScriptLimits, clock: Clock, caller: TaskCaller): Task {
  const sinceMs = clock.monotonic();
  let wait = user && (user.sandboxWait ??= new SandboxWait());
  let hasStarted = false;
  const onAbort = () => {
    caller.leave();
    if (!hasStarted) {
      wait?.ended(clock.monotonic(), false);
      // A thread that has the task may still run it, but the result is dropped.
      wait = undefined;
    }
    caller.reject(signal!.reason as Error);
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
      if (error === undefined) caller.resolve(result);
      else caller.reject(error);
    },
  };
}
