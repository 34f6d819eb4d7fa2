/** PostgreSQL 10 or newer, and databases that speak its protocol. */
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import Cursor from 'pg-cursor';
import type { Column, Connection, Driver, ReadLimits, Row, Statement, Target } from './driver.ts';
import { rowTooLarge, stopped } from './errors.ts';
import { cancelStatement, type Session } from './postgresql-cancel.ts';
import { GuardedSocket } from '../../shared/connect-socket.ts';
import { readColumns } from './postgresql-columns.ts';
import { translateConnect, translateStatement } from './postgresql-errors.ts';
import { VALUE_TYPES } from './postgresql-values.ts';
import { rowMaker } from './values.ts';
import { ByteLimit } from './byte-limit.ts';

/** How long closing in good order may take before the socket is destroyed. */
const CLOSE_MS = 1000;

export default { open } satisfies Driver;

async function open(target: Target): Promise<Connection> {
  const socket = new GuardedSocket(target.outbound);
  const client = new Client(settingsOf(target, socket));
  // A lost connection also rejects the current statement. Without a listener, the event would end the process.
  client.on('error', () => undefined);
  const onAbort = () => void socket.destroy(stopped());
  target.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (target.signal.aborted) throw stopped();
    await client.connect();
    await client.query(SESSION, [String(target.timeoutMs)]);
    return new PostgresqlConnection(client, socket, target);
  } catch (cause) {
    socket.destroy();
    throw translateConnect(target, cause);
  } finally {
    target.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Settings that fix the format of values, and that end a statement: after its time, or when the platform has dropped the
 * connection. Each only if the server knows it.
 */
const SESSION = `SELECT set_config(s.name, v.value, false)
  FROM (VALUES ('datestyle', 'ISO'), ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('intervalstyle', 'iso_8601'),
    ('statement_timeout', $1), ('client_connection_check_interval', '1000')) AS v (name, value)
  JOIN pg_settings s ON lower(s.name) = v.name`;

function settingsOf({ host, port, database, user, password, tls, connectTimeoutMs }: Target, socket: Socket): ClientConfig {
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: tls === undefined ? false : tlsOptions(tls),
    stream: () => socket,
    application_name: 'kangqiao',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  };
}

function tlsOptions({ ca, serverName }: NonNullable<Target['tls']>): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    // The client overwrites `servername`, so the name is replaced where it is checked.
    ...(serverName === undefined ? {} : { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) }),
  };
}

class PostgresqlConnection implements Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #target: Target;
  isUsable = true;
  isInTransaction = false;
  #isBusy = false;
  /** Rejects the current statement. The client does not always do so when the server dies while a cursor reads. */
  #onLost: ((cause: Error) => void) | undefined;
  readonly #limit: ByteLimit;

  constructor(client: Client, socket: Socket, target: Target) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    socket.once('close', () => {
      this.isUsable = false;
      this.#onLost?.(new Error('Connection terminated unexpectedly'));
    });
    client.on('error', () => (this.isUsable = false));
    this.#limit = new ByteLimit(socket, streamOf(client));
  }

  async *rows({ text, values }: Statement, limits: ReadLimits): AsyncIterable<readonly Row[]> {
    const cursor = this.#client.query(new Cursor<readonly unknown[]>(text, [...values], { rowMode: 'array', types: VALUE_TYPES }));
    let toRow: ((values: readonly unknown[]) => Row) | undefined;
    let isOpen = false;
    try {
      for (;;) {
        // If reading fails, the server has closed the cursor itself.
        isOpen = false;
        const { rows, names } = await this.#whileBusy(() => readBatch(cursor, limits.batchRows), limits);
        isOpen = rows.length === limits.batchRows;
        toRow ??= rowMaker(names);
        if (rows.length > 0) yield rows.map(toRow);
        if (!isOpen) return;
      }
    } finally {
      if (isOpen && this.isUsable) await cursor.close();
    }
  }

  async run({ text, values }: Statement): Promise<{ readonly affected: number }> {
    const query = { text, values: [...values], types: VALUE_TYPES, queryMode: 'extended' };
    const { rowCount } = await this.#whileBusy(() => this.#client.query(query));
    return { affected: rowCount ?? 0 };
  }

  async begin(mode: 'read' | 'write'): Promise<void> {
    await this.#whileBusy(() => this.#client.query(mode === 'read' ? 'BEGIN READ ONLY' : 'BEGIN'));
    this.isInTransaction = true;
  }

  commit(): Promise<void> {
    return this.#end('COMMIT');
  }

  rollback(): Promise<void> {
    return this.#end('ROLLBACK');
  }

  async columns(): Promise<readonly Column[]> {
    return this.#whileBusy(() => readColumns(this.#client));
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
      const { tls } = this.#target;
      const session = this.#client as Client & Session;
      if (wasUsable) cancelStatement(this.#target, session, tls && tlsOptions(tls)).catch(() => undefined);
      return;
    }
    this.#client.end().catch(() => undefined);
    this.#socket.setTimeout(CLOSE_MS, () => this.#socket.destroy());
  }

  async #end(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.#whileBusy(() => this.#client.query(command));
    this.isInTransaction = false;
  }

  async #whileBusy<T>(work: () => Promise<T>, limits?: ReadLimits): Promise<T> {
    this.#isBusy = true;
    this.#limit.allow(limits?.batchBytes ?? Infinity);
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#onLost = reject;
        work().then(resolve, reject);
      });
    } catch (cause) {
      if (limits !== undefined && this.#limit.isExceeded) throw rowTooLarge({ limitBytes: limits.batchBytes });
      throw translateStatement(cause, this.#target.timeoutMs);
    } finally {
      this.#onLost = undefined;
      this.#isBusy = false;
    }
  }
}

function streamOf(client: Client): Socket {
  return (client as Client & { readonly connection: { readonly stream: Socket } }).connection.stream;
}

interface Batch {
  readonly rows: readonly (readonly unknown[])[];
  readonly names: readonly string[];
}

function readBatch(cursor: Cursor<readonly unknown[]>, count: number): Promise<Batch> {
  return new Promise((resolve, reject) => {
    cursor.read(count, (error, rows, result) => {
      // The types say `undefined`, the client passes null.
      if (error) reject(error);
      else resolve({ rows, names: result.fields.map(({ name }) => name) });
    });
  });
}
