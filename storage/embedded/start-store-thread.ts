import { Worker } from 'node:worker_threads';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Failure, ThreadSettings } from './thread-messages.ts';
import { toAppError, translateSqliteError } from './translate-sqlite-error.ts';

export interface StoreThread<Op, Answer> {
  /**
   * Sends one operation. Rejects with STORE_BUSY (transient) if too many operations wait, and with STORE_DOWN if the
   * thread ended.
   */
  send(op: Op): Promise<Answer>;
  /** Ends the thread after all operations that were sent have their results. */
  close(): Promise<void>;
}

const MAX_BATCH = 1000;
const MAX_WAITING = 100_000;

interface Waiting<Op, Answer> {
  readonly op: Op;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Starts `<name>-thread` and exchanges batches of operations with it, one batch at a time. Operations that are called
 * in the meantime form the next batch, which becomes one group commit. The process is kept alive only while an
 * operation has no result yet.
 */
export function startStoreThread<Op, Answer>(
  name: 'writer' | 'reader' | 'checkpointer',
  settings: ThreadSettings,
  logger: Logger,
): StoreThread<Op, Exclude<Answer, Failure>> {
  // The suffix of this file: `.ts` in the source, `.js` after compilation.
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./${name}-thread${suffix}`, import.meta.url), { workerData: settings });
  let waiting: Waiting<Op, Answer>[] = [];
  let flying: Waiting<Op, Answer>[] = [];
  let isScheduled = false;
  let down: AppError | undefined;
  let onIdle = () => {};
  worker.unref();

  function flush() {
    isScheduled = false;
    if (waiting.length === 0 || flying.length > 0 || down) return;
    flying = waiting.length <= MAX_BATCH ? waiting : waiting.slice(0, MAX_BATCH);
    waiting = waiting.length <= MAX_BATCH ? [] : waiting.slice(MAX_BATCH);
    worker.postMessage(flying.map(({ op }) => op));
  }

  worker.on('message', (answers: readonly Answer[]) => {
    const batch = flying;
    flying = [];
    batch.forEach(({ resolve, reject }, i) => {
      const answer = answers[i] as Answer;
      if (isFailure(answer)) reject(toAppError(answer));
      else resolve(answer);
    });
    flush();
    if (flying.length > 0) return;
    worker.unref();
    onIdle();
  });
  const fail = (cause: unknown) => {
    down ??= isSqliteError(cause) ? toAppError(translateSqliteError(cause)) : storeDown(cause);
    for (const { reject } of [...flying, ...waiting]) reject(down);
    flying = [];
    waiting = [];
    onIdle();
  };
  worker.on('error', (error) => {
    logger.error('store.thread-failed', error, { thread: name });
    fail(error);
  });
  worker.on('exit', () => fail(undefined));

  return {
    send(op) {
      if (down) return Promise.reject(down);
      if (waiting.length >= MAX_WAITING) return Promise.reject(storeBusy());
      if (flying.length === 0 && waiting.length === 0) worker.ref();
      return new Promise((resolve, reject) => {
        waiting.push({ op, resolve: resolve as (answer: Answer) => void, reject });
        if (isScheduled || flying.length > 0) return;
        isScheduled = true;
        setImmediate(flush);
      });
    },
    async close() {
      if (!down && (flying.length > 0 || waiting.length > 0)) await new Promise<void>((resolve) => (onIdle = resolve));
      down ??= storeDown(undefined);
      worker.ref();
      worker.postMessage('close');
      await new Promise((resolve) => (worker.threadId === -1 ? resolve(0) : worker.once('exit', resolve)));
    },
  };
}

function isFailure(answer: unknown): answer is Failure {
  return typeof answer === 'object' && answer !== null && 'code' in answer;
}

function isSqliteError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error;
}

function storeDown(cause: unknown): AppError {
  return new AppError(
    'STORE_DOWN',
    'transient',
    cause instanceof Error ? `The store failed and is closed: ${cause.message}.` : 'The store is closed.',
    {
      fix: 'Start the process again; the log shows the cause.',
      cause,
    },
  );
}

function storeBusy(): AppError {
  return new AppError('STORE_BUSY', 'transient', 'Too many operations are waiting for the store.', {
    fix: 'Send more slowly.',
    retryAfterMs: 1000,
  });
}
