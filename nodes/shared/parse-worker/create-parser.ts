/**
 * Parses, checks and writes bodies. Small bodies are processed at once, larger ones in a thread, so that they do not
 * block the event loop.
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { LARGE_FROM } from '../../../engine/threads/is-large.ts';
import type { Breaches } from '../../../engine/schema/compile-schema.ts';
import { createBreachList, type BreachList } from '../../../engine/schema/create-breach-list.ts';
import { BoundedThreads, ThreadLimit } from '../../../engine/threads/bounded-threads.ts';
import { perClock } from '../per-clock.ts';
import { isMail, readAnswer, runParseTask, type LargeTask, type ParseTask } from './parse-task.ts';
import { payloadRefusal } from '../payload-refusal.ts';

/**
 * If a body has at least this many tags or brackets, it is parsed in a thread. A body of only tags or brackets costs
 * ten times as much as text of the same size.
 */
const THREAD_FROM_PARTS = 3000;
/** Maximum number of waiting tasks: for the whole process, and per node. */
const MAX_WAITING = 1024;
const MAX_WAITING_OF_ONE = 64;
const MOST_THREADS = 4;
/**
 * Number of threads for all nodes together. One node never gets all of them, so that the data of one hospital does not
 * delay the others.
 */
const THREADS = Math.max(2, Math.min(MOST_THREADS, availableParallelism() - 1));
const HEAP_MB = 768;
/**
 * Maximum CPU time for one task; `CPU_MS_PER_MB` is added for each megabyte. A payload of 10 MB takes one to four
 * seconds.
 */
const CPU_MS = 5000;
const CPU_MS_PER_MB = 1500;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './parse-worker.ts' : './parse-worker.js', import.meta.url);

export interface Parser {
  /**
   * Returns the parsed value if the body is small, or throws the error of the parser. Otherwise returns a promise. The
   * promise rejects with the error of the parser, with PARSE_BUSY (transient) if too many tasks wait, with
   * PARSE_TOO_COSTLY (input) if the task takes too much CPU time or memory, or with the reason of the signal.
   */
  parse(task: ParseTask, ctx: ParseContext): unknown;
  /** Runs a task in a thread, for data for which `isLarge` returns true. Rejects with the same errors as `parse`. */
  inThread(task: LargeTask, ctx: ParseContext): Promise<unknown>;
  /**
   * Returns the places where the data violates a schema (JSON text). Returns undefined if `isLarge` is true for the
   * data, if no thread is free, or if there is too little time.
   */
  listBreaches(
    task: { readonly data: unknown; readonly schema: string; readonly most: number },
    ctx: ParseContext,
  ): Promise<Breaches | undefined>;
}

export interface ParseContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Shared {
  readonly threads: BoundedThreads<ParseTask | LargeTask, unknown>;
  readonly list: BreachList;
}

const sharedOf = perClock<Shared>((clock) => {
  const limits = { heapMb: HEAP_MB, waiting: MAX_WAITING, waitingPerKey: MAX_WAITING_OF_ONE };
  return { threads: new BoundedThreads({ file: FILE, size: THREADS, ...limits, clock }), list: createBreachList(clock) };
});
let parsers = 0;

/**
 * Creates a parser for one node. All nodes of the process share the threads. A thread starts when a large body comes.
 * It ends after two minutes without work, or when a body exceeds the limits.
 */
export function createParser(): Parser {
  const key = String((parsers += 1));

  async function inThread(task: ParseTask | LargeTask, { clock, signal }: ParseContext): Promise<unknown> {
    const megabytes = 'source' in task ? task.source.length / 1024 / 1024 : 0;
    try {
      return await sharedOf(clock).threads.run(task, { cpuMs: CPU_MS + megabytes * CPU_MS_PER_MB, key, signal });
    } catch (error) {
      throw error instanceof ThreadLimit ? payloadRefusal(error, 'parser thread') : error;
    }
  }

  return {
    parse: (task, ctx) => (isSmall(task) ? runParseTask(task) : inThread(task, ctx).then((answer) => readAnswer(task, answer))),
    inThread,
    listBreaches: ({ data, schema, most }, { clock, signal }) =>
      sharedOf(clock).list.find({ source: { value: data }, schema: { text: schema, coerces: false }, most }, key, signal),
  };
}

/** Returns whether a body can be parsed on the event loop. */
function isSmall(task: ParseTask): boolean {
  if (isMail(task) || task.source.length > LARGE_FROM) return false;
  const marks = task.kind === 'xml' ? '<' : '[{';
  return [...marks].reduce((left, mark) => left - countOf(task.source, mark, left), THREAD_FROM_PARTS) > 0;
}

/** Counts how often `mark` occurs in the source, but stops at `most`. */
function countOf(source: Uint8Array | string, mark: string, most: number): number {
  let count = 0;
  const bytes = typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  for (let at = bytes.indexOf(mark); at !== -1 && count < most; at = bytes.indexOf(mark, at + 1)) count++;
  return count;
}
