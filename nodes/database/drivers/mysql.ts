/** MySQL 5.7 or newer, MariaDB 10.3 or newer, and databases that speak their protocol. */
import { isIP, type Socket } from 'node:net';
import mysql, { type Connection as Client, type ConnectionOptions, type FieldPacket, type ResultSetHeader } from 'mysql2';
import type { Column, Connection, Driver, ReadLimits, Row, SqlValue, Statement, Target } from './driver.ts';
import { noAnswer, rowTooLarge } from './errors.ts';
import { connectedSocket } from './open-socket.ts';
import { COLUMNS, toColumns } from './mysql-columns.ts';
import { translateConnect, translateStatement } from './mysql-errors.ts';
import { readerOf } from './mysql-values.ts';
import { rowMaker } from './values.ts';
import { ByteLimit } from './byte-limit.ts';

/** How many bytes of a result that nobody wants are read, to keep the connection. With more, it is closed. */
const MAX_DRAIN_BYTES = 262_144;
const CLOSE_MS = 1000;
/** The mode of a server in which a backslash in a string is an ordinary character. */
const LITERAL_BACKSLASH = `NO_BACKSLASH_ESCAPES`;

export default { open } satisfies Driver;

async function open(target: Target): Promise<Connection> {
  return logIn(target, async (client, socket) => {
    const offset = await prepareSession(client, target.timeoutMs);
    return new MysqlConnection(client, socket, target, offset);
  });
}

/** Logs in and runs the work. If it fails, the socket is closed. */
async function logIn<T>(target: Target, work: (client: Client, socket: Socket) => Promise<T>): Promise<T> {
  const socket = await connectedSocket(target);
  const onAbort = () => void socket.destroy();
  target.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const client = mysql.createConnection(settingsOf(target, socket));
    // A lost connection also rejects the current statement. Without a listener, the event would end the process.
    client.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => client.connect((error) => (error === null ? resolve() : reject(error))));
    return await work(client, socket);
  } catch (cause) {
    socket.destroy();
    throw translateConnect(target, cause);
  } finally {
    target.signal.removeEventListener('abort', onAbort);
  }
}

/** The server does not notice that a connection has gone while it computes. If this fails, its time limit ends the statement. */
async function killStatement(target: Target, threadId: number): Promise<void> {
  await logIn({ ...target, signal: AbortSignal.timeout(target.connectTimeoutMs) }, async (client, socket) => {
    await query(client, `KILL QUERY ${threadId}`);
    socket.destroy();
  });
}

function settingsOf({ host, database, user, password, tls, connectTimeoutMs }: Target, socket: Socket): ConnectionOptions {
  // The certificate is checked against the host. For an address, Node takes it from the socket.
  const name = tls?.serverName ?? host;
  if (isIP(name) !== 0) Object.assign(socket, { _host: name });
  return {
    host: name,
    stream: socket,
    database,
    user,
    password,
    ...(tls === undefined ? {} : { ssl: { minVersion: 'TLSv1.2', verifyIdentity: true, ...(tls.ca === undefined ? {} : { ca: tls.ca }) } }),
    connectTimeout: connectTimeoutMs,
    charset: 'utf8mb4_unicode_ci',
    // The server must not be able to ask for a file of this machine.
    flags: ['-LOCAL_FILES'],
    disableEval: true,
    maxPreparedStatements: 100,
    ...{ supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, jsonStrings: true },
  };
}

/**
 * Sets the time limits that the server knows, and how it reads backslashes in strings, as `MYSQL` in syntax.ts says.
 * Fixes the time zone to its present offset, which is returned: timestamps are shown in it.
 */
async function prepareSession(client: Client, timeoutMs: number): Promise<string> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const [first] = (await query(client, 'SELECT VERSION(), TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW())')) as [
    readonly [string, string | number],
  ];
  const [version, shift] = [first[0], Number(first[1])];
  const minutes = Math.abs(shift);
  const offset = `${shift < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  await query(
    client,
    `SET SESSION time_zone = '${offset}', SESSION sql_mode = REPLACE(@@sql_mode, '${LITERAL_BACKSLASH}', ''),
      SESSION innodb_lock_wait_timeout = LEAST(@@innodb_lock_wait_timeout, ${seconds}),
      SESSION ${/MariaDB/i.test(version) ? `max_statement_time = ${timeoutMs / 1000}` : `max_execution_time = ${timeoutMs}`}`,
  );
  return offset;
}

function query(client: Client, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.query({ sql, rowsAsArray: true }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

class MysqlConnection implements Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #target: Target;
  readonly #offset: string;
  isUsable = true;
  isInTransaction = false;
  #isBusy = false;
  readonly #limit: ByteLimit;

  constructor(client: Client, socket: Socket, target: Target, offset: string) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    this.#offset = offset;
    socket.once('close', () => (this.isUsable = false));
    client.on('error', () => (this.isUsable = false));
    this.#limit = new ByteLimit(socket, streamOf(client));
  }

  async *rows({ text, values }: Statement, limits: ReadLimits): AsyncIterable<readonly Row[]> {
    const { batchRows, batchBytes } = limits;
    if (!this.isUsable) throw noAnswer('closed');
    this.#isBusy = true;
    const command = this.#client.execute({ sql: text, rowsAsArray: true }, toValues(values));
    const stream = command.stream({ highWaterMark: batchRows });
    const ended = Promise.withResolvers<void>();
    // If the connection is lost, the client tells neither the command nor its stream.
    const onLost = (cause: Error) => {
      stream.destroy(cause);
      ended.resolve();
    };
    this.#client.once('error', onLost);
    command.once('end', ended.resolve);
    // Rows of several results come in one stream, so each result is announced in it.
    command.on('fields', (fields: readonly FieldPacket[] | undefined) => {
      if (fields !== undefined && !stream.destroyed) stream.push(new NextResult(fields));
    });
    try {
      // The client reads one batch ahead.
      this.#limit.allow(2 * batchBytes);
      let toRow: ((values: readonly unknown[]) => Row) | undefined;
      let batch: Row[] = [];
      for await (const item of stream as AsyncIterable<readonly unknown[] | NextResult | ResultSetHeader>) {
        const isNext = item instanceof NextResult;
        if (batch.length === batchRows || (isNext && batch.length > 0)) {
          yield batch;
          batch = [];
          this.#limit.allow(2 * batchBytes);
        }
        if (isNext) {
          toRow = compileRow(item.fields, this.#offset);
          limits.onResult?.();
        }
        // A statement without a result gives one object that counts the changed rows.
        else if (isRow(item)) batch.push(toRow!(item));
      }
      if (batch.length > 0) yield batch;
    } catch (cause) {
      throw this.#limit.isExceeded ? rowTooLarge({ limitBytes: batchBytes }) : translateStatement(cause, this.#target.timeoutMs);
    } finally {
      stream.destroy();
      this.#limit.allow(MAX_DRAIN_BYTES);
      await ended.promise;
      this.#client.off('error', onLost);
      this.#limit.allow(Infinity);
      this.#isBusy = false;
    }
  }

  async run({ text, values }: Statement): Promise<{ readonly affected: number }> {
    const result = await this.#whileBusy<unknown>((done) => void this.#client.execute({ sql: text }, toValues(values), done));
    return { affected: (result as Partial<ResultSetHeader>).affectedRows ?? 0 };
  }

  async begin(mode: 'read' | 'write'): Promise<void> {
    await this.#query(mode === 'read' ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION');
    this.isInTransaction = true;
  }

  async commit(): Promise<void> {
    await this.#query('COMMIT');
    this.isInTransaction = false;
  }

  async rollback(): Promise<void> {
    await this.#query('ROLLBACK');
    this.isInTransaction = false;
  }

  async columns(): Promise<readonly Column[]> {
    return toColumns(await this.#query(COLUMNS));
  }

  setIdle(isIdle: boolean): void {
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
  }

  close(): void {
    const wasUsable = this.isUsable;
    this.isUsable = false;
    if (this.#isBusy) {
      this.#socket.destroy();
      if (wasUsable) killStatement(this.#target, this.#client.threadId).catch(() => undefined);
      return;
    }
    this.#client.end();
    this.#socket.setTimeout(CLOSE_MS, () => this.#socket.destroy());
  }

  #query(sql: string): Promise<unknown> {
    return this.#whileBusy((done) => void this.#client.query({ sql }, done));
  }

  async #whileBusy<T>(work: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
    this.#isBusy = true;
    try {
      return await new Promise<T>((resolve, reject) => work((error, result) => (error === null ? resolve(result) : reject(error))));
    } catch (cause) {
      throw translateStatement(cause, this.#target.timeoutMs);
    } finally {
      this.#isBusy = false;
    }
  }
}

class NextResult {
  readonly fields: readonly FieldPacket[];

  constructor(fields: readonly FieldPacket[]) {
    this.fields = fields;
  }
}

function isRow(item: readonly unknown[] | ResultSetHeader): item is readonly unknown[] {
  return Array.isArray(item);
}

function streamOf(client: Client): Socket {
  return (client as Client & { readonly stream: Socket }).stream;
}

function compileRow(fields: readonly FieldPacket[], offset: string): (values: readonly unknown[]) => Row {
  const readers = fields.map((field) => readerOf(field, offset));
  const toRow = rowMaker(fields.map(({ name }) => name));
  return (values) => toRow(values.map((value, index) => (value === null ? null : readers[index]!(value))));
}

function toValues(values: readonly SqlValue[]): (string | number | boolean | null | Buffer)[] {
  return values.map((value) => (value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value));
}
