/** Examines untrusted documents in a thread, which is ended if a document costs too much. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, type Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import { BoundedThreads, ThreadLimit } from '../threads/bounded-threads.ts';
import { EXAMINE_MS, isTooLarge, tooCostly, type DocumentFacts, type ExamineAnswer, type ExamineTask } from './examine-protocol.ts';

export interface Examiner {
  /**
   * Returns every problem. With `wants: 'document'`, also returns the document as the engine reads it, if there is no
   * error. Caches problems by content. Rejects with FLOW_CHECK_BUSY (transient) if too many documents wait, in total or
   * for the account `by`, or if a document of this account has just exceeded the cost limit.
   */
  examine(raw: unknown, facts: DocumentFacts, options: ExamineOptions): Promise<ExamineAnswer>;
  close(): Promise<void>;
}

export interface ExamineOptions {
  readonly wants: 'issues' | 'document';
  /** The account that sends the document. Accounts take turns, so that none makes the others wait. */
  readonly by: string;
  readonly signal?: AbortSignal | undefined;
}

const FILE = new URL(import.meta.url.endsWith('.ts') ? './examine-worker.ts' : './examine-worker.js', import.meta.url);
const HEAP_MB = 128;
/** Number of documents whose problems are cached, including documents that cost too much. */
const REMEMBERED = 200;

export function createExaminer(nodeFolders: readonly (string | URL)[], clock: Clock): Examiner {
  const threads = new BoundedThreads<ExamineTask, ExamineAnswer>({
    file: FILE,
    data: nodeFolders.map((folder) => (folder instanceof URL ? fileURLToPath(folder) : folder)),
    size: 1,
    heapMb: HEAP_MB,
    waiting: 32,
    waitingPerKey: 4,
    pauseMs: 2000,
    clock,
  });
  const known = new Map<string, readonly Issue[]>();

  async function examine(raw: unknown, facts: DocumentFacts, options: ExamineOptions): Promise<ExamineAnswer> {
    const text = JSON.stringify(raw) ?? 'null';
    if (isTooLarge(raw, text)) return { issues: [tooCostly(raw, 0, 'size')] };
    const key = digestOf(text, facts);
    const before = known.get(key);
    if (before !== undefined && (options.wants === 'issues' || !isPublishable(before))) return { issues: before };
    const answer = await inThread({ text, facts }, raw, options);
    remember(key, answer.issues);
    return answer;
  }

  async function inThread(task: ExamineTask, raw: unknown, { by, signal }: ExamineOptions): Promise<ExamineAnswer> {
    try {
      return await threads.run(task, { cpuMs: EXAMINE_MS, key: by, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!(error instanceof ThreadLimit)) throw error;
      if (error.fault === 'time' || error.fault === 'memory') return { issues: [tooCostly(raw, error.step, error.fault)] };
      if (error.fault === 'failed') throw new Error('the thread that checks flows failed', { cause: error });
      throw busy(error);
    }
  }

  function remember(key: string, issues: readonly Issue[]): void {
    known.delete(key);
    known.set(key, issues);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
  }

  return { examine, close: () => threads.close() };
}

function digestOf(text: string, facts: DocumentFacts): string {
  return createHash('sha256').update(JSON.stringify(facts)).update(text).digest('base64');
}

function busy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError(
    'FLOW_CHECK_BUSY',
    'transient',
    'Too many flows are waiting to be checked, or one of yours needed too much work just now.',
    {
      retryAfterMs: Math.max(1000, retryAfterMs),
      fix: 'Wait a moment and check again.',
    },
  );
}

/** Returns the facts about the adapters and code tables that a document names. */
export function factsOf(
  raw: unknown,
  environment: string,
  protocolOf: (adapterId: string) => string | undefined,
  hasTable: (tableId: string) => boolean,
): DocumentFacts {
  const protocols: Record<string, string> = {};
  const tables = new Set<string>();
  const nodes = isRecord(raw) && Array.isArray(raw['nodes']) ? (raw['nodes'] as readonly unknown[]) : [];
  for (const node of nodes) {
    const id = isRecord(node) ? node['adapter'] : undefined;
    const protocol = typeof id === 'string' ? protocolOf(id) : undefined;
    if (protocol !== undefined) protocols[id as string] = protocol;
  }
  const open: unknown[] = [...nodes];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const field of Object.values(value) as unknown[]) {
      if (typeof field === 'string' && hasTable(field)) tables.add(field);
      else open.push(field);
    }
  }
  return { environment, protocols, tables: [...tables] };
}
