import { Client, type ClientConfig, type QueryConfig, type QueryResult } from 'pg';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { LostAnswer } from '../revisioned/revisioned-table.ts';
import { storeDown } from '../revisioned/store-down.ts';
import { prepareSession } from './connection-settings.ts';
import { isBusy, isStatementRefused, translatePostgresError } from './translate-postgres-error.ts';

/** Statements that write several rows of one table at once. */
export interface RowStatements {
  /**
   * The statements of a transaction run in ascending order of their rank. Statements that free a unique key have a
   * lower rank than those that take one.
   */
  readonly rank: number;
  /**
   * Returns text and name of the statement for this many rows. Its parameters are the values of the first row, then
   * those of the next. It returns the `id` of each written row.
   */
  forRows(count: number): { readonly name: string; readonly text: string };
}

export interface RowWrite {
  readonly statements: RowStatements;
  readonly id: string;
  readonly values: readonly unknown[];
  readonly isFull: boolean;
}

export interface WriteLane {
  /**
   * Writes a row; returns whether it was written. Rejects with the server's error if this write was refused, with
   * `LostAnswer` if the connection broke, and with STORE_DOWN or STORE_BUSY if nothing was sent.
   */
  write(write: RowWrite): Promise<boolean>;
  /** Waits for the writes that were already called, then closes. */
  close(): Promise<void>;
}

interface Pending extends RowWrite {
  resolve(isWritten: boolean): void;
  reject(error: unknown): void;
}

interface Session {
  readonly client: Client;
  isFull: boolean;
}

const MAX_ROWS = 128;
const MAX_QUEUED = 20_000;
/** Numbers of rows per statement. There are only a few, so that only a few statements are prepared. */
const SIZES = [32, 16, 8, 4, 2, 1];
const ANSWER_MS = 5000;
const BUSY_TRIES = 3;
/** For this time after a failed connection attempt, nothing is sent. */
const AWAY_MS = 250;

/**
 * Opens the connection that sends all writes of this process. Writes that are called while a transaction runs are
 * combined into the next transaction, so that they need only one flush. Several processes can write at the same time.
 */
export function openWriteLane(settings: ClientConfig, fullCommit: string, clock: Clock): WriteLane {
  const queue: Pending[] = [];
  let session: Session | undefined;
  let running: Promise<void> | undefined;
  let isClosed = false;
  let awayUntil = -Infinity;

  async function run() {
    // Wait one turn of the event loop, so that all writes called in it are sent together.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) await runBatch(queue.splice(0, MAX_ROWS), 1);
    running = undefined;
  }

  async function runBatch(batch: readonly Pending[], attempt: number): Promise<void> {
    const open = await connected().catch((error: unknown) => {
      for (const write of batch) write.reject(translatePostgresError(error));
    });
    if (!open) return;
    try {
      const written = await send(open, batch, fullCommit);
      for (const write of batch) write.resolve(written.has(write.statements, write.id));
    } catch (error) {
      if (!isStatementRefused(error)) return lose(open, batch, error);
      if (batch.length > 1) {
        // One refused write fails the whole batch. Split the batch to find this write.
        const middle = batch.length >> 1;
        await runBatch(batch.slice(0, middle), attempt);
        await runBatch(batch.slice(middle), attempt);
      } else if (isBusy(error) && attempt < BUSY_TRIES) await runBatch(batch, attempt + 1);
      else batch[0]!.reject(error);
    }
  }

  async function connected(): Promise<Session> {
    if (session) return session;
    if (clock.monotonic() < awayUntil) throw storeDown('it could not be reached just now');
    const client = new Client({ ...settings, pipeline: true, query_timeout: ANSWER_MS });
    const opened: Session = { client, isFull: true };
    const ended = () => {
      if (session === opened) session = undefined;
    };
    client.on('error', ended);
    client.on('end', ended);
    try {
      await client.connect();
      await prepareSession(client);
      await client.query(`SET synchronous_commit TO ${fullCommit}`);
    } catch (error) {
      awayUntil = clock.monotonic() + AWAY_MS;
      void client.end().catch(() => undefined);
      throw error;
    }
    return (session = opened);
  }

  function lose(lost: Session, batch: readonly Pending[], cause: unknown) {
    if (session === lost) session = undefined;
    lost.client.connection.stream.destroy();
    for (const write of batch) write.reject(new LostAnswer(cause));
  }

  return {
    write: (write) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(storeDown('it is closed'));
        if (queue.length >= MAX_QUEUED) return reject(tooManyWait());
        queue.push({ ...write, resolve, reject });
        running ??= run();
      }),
    async close() {
      isClosed = true;
      await running;
      await session?.client.end();
    },
  };
}

interface Written {
  has(statements: RowStatements, id: string): boolean;
}

/**
 * Sends all statements of one transaction at once, so that the server never waits for the next statement while it holds
 * locks.
 */
async function send(session: Session, batch: readonly Pending[], fullCommit: string): Promise<Written> {
  const { client } = session;
  const groups = groupRows(batch);
  const answers: Promise<QueryResult>[] = [];
  const query = (config: string | QueryConfig) => void answers.push(client.query(config));
  const { stream } = client.connection;
  stream.cork();
  const isFull = batch.some((write) => write.isFull);
  if (isFull !== session.isFull) {
    query(`SET synchronous_commit TO ${isFull ? fullCommit : 'off'}`);
    session.isFull = isFull;
  }
  const first = answers.length;
  const isOne = groups.length === 1;
  if (!isOne) query('BEGIN');
  for (const { statements, rows } of groups) query({ ...statements.forRows(rows.length), values: rows.flatMap((row) => row.values) });
  if (!isOne) query('COMMIT');
  stream.uncork();
  const settled = await Promise.allSettled(answers);
  const failed = settled.find((answer) => answer.status === 'rejected');
  if (failed) throw failed.reason;
  return collectWritten(groups, settled.slice(isOne ? first : first + 1) as PromiseFulfilledResult<QueryResult>[]);
}

interface Group {
  readonly statements: RowStatements;
  readonly rows: readonly Pending[];
}

/**
 * Groups rows by statement, with the numbers of rows in `SIZES`. Rows are sorted by id, so that two processes never
 * deadlock.
 */
function groupRows(batch: readonly Pending[]): readonly Group[] {
  const byStatements = new Map<RowStatements, Pending[]>();
  for (const write of batch) {
    const rows = byStatements.get(write.statements);
    if (rows) rows.push(write);
    else byStatements.set(write.statements, [write]);
  }
  const groups: Group[] = [];
  for (const [statements, rows] of [...byStatements].sort(([a], [b]) => a.rank - b.rank)) {
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (let from = 0; from < rows.length;) {
      const size = SIZES.find((each) => each <= rows.length - from)!;
      groups.push({ statements, rows: rows.slice(from, from + size) });
      from += size;
    }
  }
  return groups;
}

function collectWritten(groups: readonly Group[], answers: readonly PromiseFulfilledResult<QueryResult>[]): Written {
  const written = new Map<RowStatements, Set<string>>();
  groups.forEach(({ statements }, i) => {
    const ids = written.get(statements) ?? new Set();
    for (const row of answers[i]!.value.rows as { readonly id: string }[]) ids.add(row.id);
    written.set(statements, ids);
  });
  return { has: (statements, id) => written.get(statements)?.has(id) ?? false };
}

function tooManyWait(): AppError {
  return new AppError('STORE_BUSY', 'transient', `More than ${MAX_QUEUED} writes are waiting for the store.`, {
    fix: 'Send more slowly, or use a faster database.',
    retryAfterMs: 1000,
  });
}
