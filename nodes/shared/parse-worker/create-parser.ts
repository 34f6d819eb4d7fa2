/** Parses, checks and writes bodies: small ones at once, larger ones in a thread of their own, so that the event loop keeps its latency (design page 8). */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../engine/contract/clock.ts';
import { AppError } from '../../../engine/contract/errors.ts';
import { runParseTask, type LargeTask, type ParseTask } from './parse-task.ts';
import type { ParseAnswer } from './parse-worker.ts';

const THREAD_FROM_BYTES = 128 * 1024;
const IDLE_MS = 10_000;
const MAX_WAITING = 64;

export interface Parser {
  /**
   * The parsed value, at once where the body is small. Throws the parser's error; a promise rejects with it, with PARSE_BUSY (transient) when too
   * many wait, or with the signal's reason.
   */
  parse(task: ParseTask, ctx: ParseContext): unknown;
  /** The same of what is done with data that `isLarge`, always in the thread. */
  inThread(task: LargeTask, ctx: ParseContext): Promise<unknown>;
}

export interface ParseContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One thread at most, started with the first large body and ended when there was none for ten seconds. */
export function createParser(): Parser {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let worker: Worker | undefined;
  let nextId = 0;
  let cancelIdle = () => {};

  function start(): Worker {
    // Compiled, the thread's file ends in .js.
    const started = new Worker(new URL(import.meta.url.endsWith('.ts') ? './parse-worker.ts' : './parse-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    started.on('message', (answer: ParseAnswer) => {
      const waiter = waiting.get(answer.id);
      if ('value' in answer) waiter?.resolve(answer.value);
      else waiter?.reject(rebuild(answer));
    });
    started.on('error', (error) => {
      if (worker === started) worker = undefined;
      for (const waiter of waiting.values()) waiter.reject(error);
    });
    return started;
  }

  async function inThread(task: ParseTask | LargeTask, { clock, signal }: ParseContext): Promise<unknown> {
    if (waiting.size >= MAX_WAITING)
      throw new AppError('PARSE_BUSY', 'transient', 'Too many large payloads wait to be parsed.', { fix: 'Try again later.' });
    signal.throwIfAborted();
    cancelIdle();
    worker ??= start();
    const thread = worker;
    thread.ref();
    const id = nextId++;
    const onAbort = () => waiting.get(id)?.reject(signal.reason);
    try {
      return await new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        signal.addEventListener('abort', onAbort, { once: true });
        thread.postMessage({ id, task });
      });
    } finally {
      waiting.delete(id);
      signal.removeEventListener('abort', onAbort);
      if (waiting.size === 0) {
        thread.unref();
        cancelIdle = clock.after(IDLE_MS, () => {
          worker = undefined;
          void thread.terminate();
        });
      }
    }
  }

  return { parse: (task, ctx) => (task.source.length <= THREAD_FROM_BYTES ? runParseTask(task) : inThread(task, ctx)), inThread };
}

/** Whether data is worth a thread, counted as text; looks no further than that takes. */
export function isLarge(data: unknown): boolean {
  let left = THREAD_FROM_BYTES;
  const open: unknown[] = [data];
  while (open.length > 0) {
    const value = open.pop();
    left -= typeof value === 'string' ? value.length + 2 : 2;
    if (left < 0 || (Array.isArray(value) && value.length > left)) return true;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue;
    for (const [name, field] of Object.entries(value)) {
      if (!Array.isArray(value)) left -= name.length + 2;
      open.push(field);
    }
  }
  return false;
}

function rebuild({ refusal }: Extract<ParseAnswer, { refusal: unknown }>): unknown {
  if (refusal === undefined) return new Error('the parser thread failed');
  const { code, kind, message, values, fix } = refusal;
  return new AppError(code, kind, message, { values, ...(fix === undefined ? {} : { fix }) });
}
