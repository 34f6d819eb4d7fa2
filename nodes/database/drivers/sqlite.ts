/**
 * SQLite 3 files. Each connection is a process of its own, because SQLite computes in the thread that calls it, and
 * nothing but the end of a process ends a long statement for sure. The process gets no environment.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { access } from 'node:fs/promises';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Column, Connection, Driver, ReadLimits, Row, Statement, Target } from './driver.ts';
import { noAnswer, rowTooLarge, stopped } from './errors.ts';
import { translateSqlite } from './sqlite-errors.ts';
import type { SqliteAnswer, SqliteBatch, SqliteTask } from './sqlite-worker.ts';
import { rowMaker } from './values.ts';

const FILE = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
const HEAP_MB = 512;

export default { open } satisfies Driver;

async function open({ file, timeoutMs, signal }: Target): Promise<Connection> {
  // SQLite would create the file.
  await access(file!).catch((cause: unknown) => {
    throw unusable((cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  });
  if (signal.aborted) throw stopped();
  const child = fork(FILE, [file!, String(timeoutMs)], {
    serialization: 'advanced',
    env: {},
    execArgv: [`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const connection = new SqliteConnection(child);
  const onAbort = () => connection.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await connection.open();
    return connection;
  } catch (cause) {
    connection.close();
    if (signal.aborted) throw stopped();
    throw cause instanceof AppError && cause.code === 'DATABASE_STATEMENT_REFUSED' ? unusable(String(cause.values['code']), cause) : cause;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function unusable(reason: string, cause: unknown): AppError {
  return new AppError('DATABASE_FILE_UNUSABLE', 'input', `The database file cannot be opened (${reason}).`, {
    values: { reason },
    fix: 'Correct the path of the adapter. The file must exist, be a SQLite database, and belong to the user of the platform.',
    cause,
  });
}

class SqliteConnection implements Connection {
  readonly #child: ChildProcess;
  isUsable = true;
  isInTransaction = false;
  #waiting: { resolve(answer: SqliteAnswer): void; reject(error: AppError): void } | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer) => this.#settle()?.resolve(answer as SqliteAnswer));
    child.once('error', () => this.close());
    child.once('exit', () => {
      this.isUsable = false;
      this.#settle()?.reject(noAnswer('its process ended'));
    });
  }

  async open(): Promise<void> {
    await this.#ask({ kind: 'open' });
  }

  async *rows({ text, values }: Statement, { batchRows, batchBytes }: ReadLimits): AsyncIterable<readonly Row[]> {
    let isOpen = false;
    try {
      const names = (await this.#ask({ kind: 'prepare', text, values })) as readonly string[];
      isOpen = true;
      const toRow = rowMaker(names);
      for (;;) {
        const { rows, isLast, isTooMuch } = (await this.#ask({ kind: 'next', batchRows, batchBytes })) as SqliteBatch;
        if (isTooMuch) throw rowTooLarge({ limitBytes: batchBytes });
        if (rows.length > 0) yield rows.map(toRow);
        if (isLast) return;
      }
    } finally {
      if (isOpen && this.isUsable) await this.#ask({ kind: 'finish' });
    }
  }

  async run({ text, values }: Statement): Promise<{ readonly affected: number }> {
    return { affected: (await this.#ask({ kind: 'run', text, values })) as number };
  }

  async begin(mode: 'read' | 'write'): Promise<void> {
    await this.#ask({ kind: 'begin', mode });
    this.isInTransaction = true;
  }

  commit(): Promise<void> {
    return this.#end('COMMIT');
  }

  rollback(): Promise<void> {
    return this.#end('ROLLBACK');
  }

  async columns(): Promise<readonly Column[]> {
    return (await this.#ask({ kind: 'columns' })) as readonly Column[];
  }

  setIdle(isIdle: boolean): void {
    for (const one of [this.#child, this.#child.channel]) {
      if (isIdle) one?.unref();
      else one?.ref();
    }
  }

  close(): void {
    this.isUsable = false;
    this.#child.kill('SIGKILL');
  }

  async #end(text: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.#ask({ kind: 'end', text });
    this.isInTransaction = false;
  }

  async #ask(task: SqliteTask): Promise<unknown> {
    if (!this.isUsable) throw noAnswer('closed');
    const answer = await new Promise<SqliteAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(task, (error) => {
        if (error) this.#settle()?.reject(noAnswer('its process ended', error));
      });
    });
    if ('failure' in answer) throw translateSqlite(answer.failure);
    return answer.value;
  }

  #settle() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
