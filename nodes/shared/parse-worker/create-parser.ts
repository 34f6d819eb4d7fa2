/** Parses, checks and writes bodies: small ones at once, larger ones in a thread of their own, so that the event loop keeps its latency (design page 8). */
import type { Clock } from '../../../engine/contract/clock.ts';
import { AppError } from '../../../engine/contract/errors.ts';
import { BoundedThreads, ThreadLimit } from '../../../engine/threads/bounded-threads.ts';
import { readAnswer, runParseTask, type LargeTask, type ParseTask } from './parse-task.ts';

const THREAD_FROM_BYTES = 128 * 1024;
/** A body of tags or brackets alone costs ten times as much as text of its size. */
const THREAD_FROM_PARTS = 3000;
const MAX_WAITING = 64;
const HEAP_MB = 768;
/** Of computing: a payload of 10 MB takes one to four seconds. */
const CPU_MS = 5000;
const CPU_MS_PER_MB = 1500;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './parse-worker.ts' : './parse-worker.js', import.meta.url);

export interface Parser {
  /**
   * The parsed value, at once where the body is small. Throws the parser's error; a promise rejects with it, with PARSE_BUSY (transient) when too
   * many wait, with PARSE_TOO_COSTLY (input) when it takes too much computing or memory, or with the signal's reason.
   */
  parse(task: ParseTask, ctx: ParseContext): unknown;
  /** The same of what is done with data that `isLarge`, always in the thread. */
  inThread(task: LargeTask, ctx: ParseContext): Promise<unknown>;
}

export interface ParseContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One thread at most, started with the first large body and ended when there was none for ten seconds, or with a body that takes too much. */
export function createParser(): Parser {
  let threads: BoundedThreads<ParseTask | LargeTask, unknown> | undefined;

  async function inThread(task: ParseTask | LargeTask, { clock, signal }: ParseContext): Promise<unknown> {
    threads ??= new BoundedThreads({ file: FILE, size: 1, heapMb: HEAP_MB, waiting: MAX_WAITING, waitingPerKey: MAX_WAITING, clock });
    const megabytes = 'source' in task ? task.source.length / 1024 / 1024 : 0;
    try {
      return await threads.run(task, { cpuMs: CPU_MS + megabytes * CPU_MS_PER_MB, signal });
    } catch (error) {
      throw error instanceof ThreadLimit ? refusal(error) : error;
    }
  }

  return {
    parse: (task, ctx) => (isSmall(task) ? runParseTask(task) : inThread(task, ctx).then((answer) => readAnswer(task, answer))),
    inThread,
  };
}

/** Mails are read in the thread: what their parts and headers cost does not show in their size. */
function isSmall(task: ParseTask): boolean {
  if (task.kind === 'mail' || task.source.length > THREAD_FROM_BYTES) return false;
  const marks = task.kind === 'xml' ? '<' : '[{';
  return [...marks].reduce((left, mark) => left - countOf(task.source, mark, left), THREAD_FROM_PARTS) > 0;
}

/** How often it is there; looks no further than `most`. */
function countOf(source: Uint8Array | string, mark: string, most: number): number {
  let count = 0;
  const bytes = typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  for (let at = bytes.indexOf(mark); at !== -1 && count < most; at = bytes.indexOf(mark, at + 1)) count++;
  return count;
}

function refusal({ fault, retryAfterMs }: ThreadLimit): Error {
  if (fault === 'failed') return new Error('the parser thread failed');
  if (fault === 'busy')
    return new AppError('PARSE_BUSY', 'transient', 'Too many large payloads wait to be parsed.', { retryAfterMs, fix: 'Try again later.' });
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The payload takes more computing or memory than its size allows.', {
    values: { problem: fault },
    fix: 'Send it with fewer parts, or in several messages.',
  });
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
