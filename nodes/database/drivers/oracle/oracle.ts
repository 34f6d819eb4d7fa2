/** Oracle Database 12.1 or newer, without Oracle's own client. Not run against a real server: see decision 0076. */
import oracledb, { type Connection as Client, type ExecuteOptions, type Result } from 'oracledb';
import type { Socket } from 'node:net';
import type { Column, Connection, Driver, ReadLimits, Row, Statement, Target } from '../driver.ts';
import { noAnswer, rowTooLarge, stopped } from '../errors.ts';
import { rowMaker } from '../values.ts';
import { whileOpening, type Opening } from './oracle-client.ts';
import { COLUMNS, toColumns } from './oracle-columns.ts';
import { translateConnect, translateStatement } from './oracle-errors.ts';
import { fetchedAs, readerOf, toBinds, type OracleColumn } from './oracle-values.ts';
import { ByteLimit } from '../byte-limit.ts';

/** How long the server may take to confirm that it ended a statement, or the connection. */
const CLOSE_MS = 2000;
const COLUMN_LIMITS: ReadLimits = { batchRows: 1000, batchBytes: 4_194_304 };
/** Texts become times and numbers as `Row` writes them, in any country of the server. */
const SESSION = `ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.FF'
  NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.FFTZH:TZM' NLS_NUMERIC_CHARACTERS = '.,' NLS_LANGUAGE = 'AMERICAN'`;

export default { open } satisfies Driver;

async function open(target: Target): Promise<Connection> {
  const opening: Opening = { target };
  const onAbort = () => void opening.socket?.destroy();
  target.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (target.signal.aborted) throw stopped();
    const client = await whileOpening(opening, () => oracledb.getConnection(settingsOf(target)));
    client.callTimeout = target.timeoutMs;
    await client.execute(SESSION);
    return new OracleConnection(client, opening.socket!, target);
  } catch (cause) {
    opening.socket?.destroy();
    throw target.signal.aborted ? stopped() : translateConnect(target, cause, opening.failure);
  } finally {
    target.signal.removeEventListener('abort', onAbort);
  }
}

function settingsOf({ host, port, database, user, password, tls, connectTimeoutMs }: Target) {
  const seconds = Math.ceil(connectTimeoutMs / 1000);
  const name = host.includes(':') ? `[${host}]` : host;
  const limits = `connect_timeout=${seconds}&transport_connect_timeout=${seconds}&retry_count=0`;
  return {
    user,
    password,
    connectString: `${tls === undefined ? 'tcp' : 'tcps'}://${name}:${port}/${serviceOf(database)}?${limits}`,
    sslServerDNMatch: true,
  };
}

/** Throws DATABASE_LOGIN_REFUSED (input) if the name would be read as more than a name of a service. */
function serviceOf(database: string): string {
  if (/^[\w.$#-]+$/.test(database)) return database;
  throw noSuchService(database);
}

function noSuchService(database: string): Error {
  return Object.assign(new Error(`${database.length} characters that are no name of a service`), { code: 'ORA-12514' });
}

const FETCH: ExecuteOptions = { outFormat: oracledb.OUT_FORMAT_ARRAY, fetchTypeHandler: fetchedAs };

class OracleConnection implements Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #target: Target;
  isUsable = true;
  isInTransaction = false;
  #isBusy = false;
  /** Rejects the current statement. */
  #onLost: ((cause: unknown) => void) | undefined;
  readonly #limit: ByteLimit;

  constructor(client: Client, socket: Socket, target: Target) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    socket.once('close', () => {
      this.isUsable = false;
      this.#onLost?.(noAnswer('closed'));
    });
    this.#limit = new ByteLimit(socket);
  }

  async *rows({ text, values }: Statement, limits: ReadLimits): AsyncIterable<readonly Row[]> {
    const { batchRows } = limits;
    const options = { ...FETCH, resultSet: true, fetchArraySize: batchRows, prefetchRows: batchRows, autoCommit: !this.isInTransaction };
    const { resultSet, metaData } = await this.#whileBusy(() => this.#execute({ text, values }, options), limits);
    // A statement without a result, such as a block of PL/SQL.
    if (resultSet === undefined) return;
    limits.onResult?.();
    const toRow = compileRow(metaData ?? []);
    try {
      for (;;) {
        const rows = await this.#whileBusy(() => resultSet.getRows(batchRows), limits);
        if (rows.length > 0) yield rows.map(toRow);
        if (rows.length < batchRows) return;
      }
    } finally {
      if (this.isUsable) await this.#whileBusy(() => resultSet.close());
    }
  }

  async run(statement: Statement): Promise<{ readonly affected: number }> {
    const result = await this.#whileBusy(() => this.#execute(statement, { autoCommit: !this.isInTransaction }));
    return { affected: result.rowsAffected ?? 0 };
  }

  /** A transaction that writes begins by itself. */
  async begin(mode: 'read' | 'write'): Promise<void> {
    if (mode === 'read') await this.#whileBusy(() => this.#client.execute('SET TRANSACTION READ ONLY'));
    this.isInTransaction = true;
  }

  async commit(): Promise<void> {
    await this.#whileBusy(() => this.#client.commit());
    this.isInTransaction = false;
  }

  async rollback(): Promise<void> {
    await this.#whileBusy(() => this.#client.rollback());
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
    const onLost = this.#onLost;
    const wasUsable = this.isUsable;
    this.isUsable = false;
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
    if (!wasUsable) return;
    // The server ends the statement by this message, or when it notices that the connection has gone.
    if (this.#isBusy) this.#client.break().catch(() => undefined);
    else this.#client.close().catch(() => undefined);
    onLost?.(noAnswer('closed'));
  }

  #execute({ text, values }: Statement, options: ExecuteOptions): Promise<Result<readonly unknown[]>> {
    return this.#client.execute<readonly unknown[]>(text, toBinds(values), options);
  }

  async #whileBusy<T>(work: () => Promise<T>, limits?: ReadLimits): Promise<T> {
    if (!this.isUsable) throw noAnswer('closed');
    this.#isBusy = true;
    // The client reads one batch ahead.
    this.#limit.allow(limits === undefined ? Infinity : 2 * limits.batchBytes);
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

function compileRow(columns: readonly OracleColumn[]): (values: readonly unknown[]) => Row {
  const readers = columns.map(readerOf);
  const toRow = rowMaker(columns.map(({ name }) => name));
  return (values) => toRow(values.map((value, index) => (value === null || value === undefined ? null : readers[index]!(value))));
}
