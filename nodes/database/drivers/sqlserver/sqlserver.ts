/** SQL Server 2012 or newer and Azure SQL. Not run against a real server: see decision 0076. */
import type { Socket } from 'node:net';
import { Connection as Client, Request, TYPES, type ConnectionConfiguration } from 'tedious';
import type { Column, Connection, Driver, ReadLimits, Row, SqlValue, Statement, Target } from '../driver.ts';
import { noAnswer, rowTooLarge, stopped } from '../errors.ts';
import { connectedSocket } from '../open-socket.ts';
import { rowMaker } from '../values.ts';
import { COLUMNS, toColumns } from './sqlserver-columns.ts';
import { translateConnect, translateStatement } from './sqlserver-errors.ts';
import { readDecimalsExactly, readerOf, type SqlColumn } from './sqlserver-values.ts';
import { ByteLimit } from '../byte-limit.ts';

/** How long the server may take to confirm that it ended a statement. */
const CANCEL_MS = 2000;
const COLUMN_LIMITS: ReadLimits = { batchRows: 1000, batchBytes: 4_194_304 };

export default { open } satisfies Driver;

async function open(target: Target): Promise<Connection> {
  readDecimalsExactly();
  const numbers: number[] = [];
  let socket: Socket | undefined;
  const client = new Client(settingsOf(target, async () => (socket = await connectedSocket(target))));
  // A lost connection also rejects the current statement. Without a listener, the event would end the process.
  client.on('error', () => undefined);
  client.on('errorMessage', ({ number }) => void numbers.push(number));
  const onAbort = () => void client.close();
  target.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (target.signal.aborted) throw stopped();
    await new Promise<void>((resolve, reject) => client.connect((error) => (error === undefined ? resolve() : reject(error))));
    const connection = new SqlServerConnection(client, socket!, target);
    await connection.prepare();
    return connection;
  } catch (cause) {
    client.close();
    socket?.destroy();
    throw target.signal.aborted ? stopped() : translateConnect(target, cause, numbers);
  } finally {
    target.signal.removeEventListener('abort', onAbort);
  }
}

function settingsOf({ host, database, user, password, tls, connectTimeoutMs, timeoutMs }: Target, connector: () => Promise<Socket>) {
  return {
    server: host,
    authentication: { type: 'default', options: { userName: user, password } },
    options: {
      connector,
      database,
      encrypt: tls !== undefined,
      trustServerCertificate: false,
      ...(tls?.serverName === undefined ? {} : { serverName: tls.serverName }),
      ...(tls === undefined
        ? {}
        : { cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ...(tls.ca === undefined ? {} : { ca: tls.ca }) } }),
      connectTimeout: connectTimeoutMs,
      requestTimeout: timeoutMs,
      cancelTimeout: CANCEL_MS,
      // A statement is repeated by the platform, which knows whether it may be.
      maxRetriesOnTransientErrors: 0,
      // Otherwise an insert that meets an existing key would end the transaction.
      abortTransactionOnError: false,
      // The messages in which the names of constraints are found.
      language: 'us_english',
      appName: 'kangqiao',
      useUTC: true,
    },
  } satisfies ConnectionConfiguration;
}

type Item = { readonly columns: readonly SqlColumn[] } | { readonly values: readonly unknown[] };

class SqlServerConnection implements Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #target: Target;
  isUsable = true;
  isInTransaction = false;
  #reads = false;
  #isBusy = false;
  /** Rejects the current statement. */
  #onLost: ((cause: unknown) => void) | undefined;
  readonly #limit: ByteLimit;

  constructor(client: Client, socket: Socket, target: Target) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    client.on('end', () => this.#lose());
    socket.once('close', () => this.#lose());
    this.#limit = new ByteLimit(socket);
  }

  /** A statement that waits for a lock ends with a conflict before its time is over. */
  async prepare(): Promise<void> {
    await this.#batch(`SET LOCK_TIMEOUT ${this.#target.timeoutMs}`);
  }

  async *rows(statement: Statement, limits: ReadLimits): AsyncIterable<readonly Row[]> {
    const { batchRows, batchBytes } = limits;
    if (!this.isUsable) throw noAnswer('closed');
    const items: Item[] = [];
    let wake = () => {};
    let isDone = false;
    const { request, done } = this.#execute(statement);
    const add = (item: Item) => {
      items.push(item);
      if (items.length >= batchRows) request.pause();
      wake();
    };
    request.on('columnMetadata', (columns) => add({ columns: columns as readonly SqlColumn[] }));
    request.on('row', (columns: readonly { readonly value: unknown }[]) => add({ values: columns.map(({ value }) => value) }));
    const finished = done.finally(() => {
      isDone = true;
      wake();
    });
    finished.catch(() => undefined);
    let toRow: ((values: readonly unknown[]) => Row) | undefined;
    let batch: Row[] = [];
    try {
      // The client reads one batch ahead.
      this.#limit.allow(2 * batchBytes);
      for (;;) {
        const item = items.shift();
        if (item === undefined && isDone) break;
        if (item === undefined) {
          request.resume();
          if (items.length === 0 && !isDone) await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        if (batch.length === batchRows || ('columns' in item && batch.length > 0)) {
          yield batch;
          batch = [];
          this.#limit.allow(2 * batchBytes);
        }
        if ('columns' in item) {
          toRow = compileRow(item.columns);
          limits.onResult?.();
        } else batch.push(toRow!(item.values));
      }
      await finished;
      if (batch.length > 0) yield batch;
    } catch (cause) {
      throw this.#limit.isExceeded ? rowTooLarge({ limitBytes: batchBytes }) : cause;
    } finally {
      this.#limit.allow(Infinity);
      if (!isDone) {
        request.resume();
        this.#client.cancel();
        await finished.catch(() => undefined);
      }
    }
  }

  async run(statement: Statement): Promise<{ readonly affected: number }> {
    return { affected: await this.#execute(statement).done };
  }

  async begin(mode: 'read' | 'write'): Promise<void> {
    await this.#batch('BEGIN TRANSACTION');
    this.isInTransaction = true;
    this.#reads = mode === 'read';
  }

  /** SQL Server has no transactions that only read, so what one of them changed is taken back. */
  async commit(): Promise<void> {
    await this.#batch(this.#reads ? ROLLBACK : 'COMMIT TRANSACTION');
    this.isInTransaction = false;
  }

  async rollback(): Promise<void> {
    await this.#batch(ROLLBACK);
    this.isInTransaction = false;
  }

  async columns(): Promise<readonly Column[]> {
    const rows: Row[] = [];
    for await (const batch of this.rows({ text: COLUMNS, values: [] }, COLUMN_LIMITS)) rows.push(...batch);
    return toColumns(rows);
  }

  setIdle(isIdle: boolean): void {
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
  }

  close(): void {
    const wasBusy = this.#isBusy && this.isUsable;
    const onLost = this.#onLost;
    this.isUsable = false;
    if (!wasBusy) return this.#client.close();
    // The server ends the statement by this message, or when it notices that the connection has gone.
    this.#client.cancel();
    setTimeout(() => {
      this.#client.close();
      this.#socket.destroy();
    }, CANCEL_MS).unref();
    return onLost?.(new Error('closed'));
  }

  #batch(text: string): Promise<number> {
    return this.#run(text, [], (request) => this.#client.execSqlBatch(request)).done;
  }

  #execute({ text, values }: Statement): { readonly request: Request; readonly done: Promise<number> } {
    return this.#run(text, values, (request) => this.#client.execSql(request));
  }

  /** `done` resolves with the number of changed rows. */
  #run(text: string, values: readonly SqlValue[], send: (request: Request) => void) {
    const settled = Promise.withResolvers<number>();
    const request = new Request(text, (error, rowCount) => {
      if (error === undefined || error === null) settled.resolve(rowCount ?? 0);
      else settled.reject(error);
    });
    values.forEach((value, index) => addParameter(request, index + 1, value));
    this.#isBusy = true;
    this.#onLost = settled.reject;
    if (this.isUsable) send(request);
    else settled.reject(noAnswer('closed'));
    const done = settled.promise
      .catch((cause: unknown) => Promise.reject(translateStatement(cause, this.#target.timeoutMs)))
      .finally(() => {
        this.#isBusy = false;
        this.#onLost = undefined;
      });
    return { request, done };
  }

  #lose(): void {
    this.isUsable = false;
    this.#onLost?.(new Error('closed'));
  }
}

/** After some errors the server has rolled back already. */
const ROLLBACK = 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION';
const MAX_INT = 2_147_483_647;

function addParameter(request: Request, position: number, value: SqlValue): void {
  const name = `kq${position}`;
  if (typeof value === 'boolean') request.addParameter(name, TYPES.Bit, value);
  else if (value instanceof Uint8Array) request.addParameter(name, TYPES.VarBinary, Buffer.from(value));
  else if (typeof value !== 'number') request.addParameter(name, TYPES.NVarChar, value);
  else if (!Number.isSafeInteger(value)) request.addParameter(name, TYPES.Float, value);
  else if (Math.abs(value) <= MAX_INT) request.addParameter(name, TYPES.Int, value);
  else request.addParameter(name, TYPES.BigInt, String(value));
}

function compileRow(columns: readonly SqlColumn[]): (values: readonly unknown[]) => Row {
  const readers = columns.map(readerOf);
  const toRow = rowMaker(columns.map(({ colName }) => colName));
  return (values) => toRow(values.map((value, index) => (value === null ? null : readers[index]!(value))));
}
