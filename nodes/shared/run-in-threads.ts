import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import { payloadsBusy } from './payload-refusal.ts';
import { perClock } from './per-clock.ts';

export type RunInThread<Task, Answer> = (
  task: Task,
  ctx: { readonly clock: Clock; readonly signal: AbortSignal },
  cpuMs: number,
) => Promise<Answer>;

/** CPU time for a document with this many bytes or characters. */
export function cpuMsFor(size: number): number {
  return 5000 + (size / 1024 / 1024) * 1500;
}

/**
 * Returns a function that creates, for one node, the function that runs tasks in threads of this file. All nodes share
 * the two threads, and nodes with short tasks do not wait for those with long ones (`BoundedThreads`). A task rejects
 * with its own AppError, with PARSE_BUSY (transient) if too many wait, or with PARSE_TOO_COSTLY (input).
 */
export function runInThreads<Task, Answer>(file: URL): () => RunInThread<Task, Answer> {
  const threadsOf = perClock(
    (clock) => new BoundedThreads<Task, Answer>({ file, size: 2, heapMb: 512, waiting: 1024, waitingPerKey: 64, clock }),
  );
  let nodes = 0;
  return () => {
    const key = String((nodes += 1));
    return async (task, { clock, signal }, cpuMs) => {
      try {
        return await threadsOf(clock).run(task, { cpuMs, key, signal });
      } catch (error) {
        throw error instanceof ThreadLimit && error.fault !== 'failed' ? refusal(error) : error;
      }
    };
  };
}

function refusal(limit: ThreadLimit): AppError {
  if (limit.fault === 'busy') return payloadsBusy(limit);
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The message takes more CPU time or memory than its size allows.', {
    values: { problem: limit.fault },
    fix: 'Check for loops or templates without end, or send less data in one message.',
  });
}
