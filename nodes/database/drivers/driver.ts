/**
 * The contract between the database nodes and a database. To add a database: copy `postgresql.ts`, and add a line to
 * `../engines.ts`. The suite `test/nodes/database/drivers/conformance.ts` checks every driver that can run.
 */
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';

/**
 * A row as plain JSON data, the same for all databases:
 * - integers up to 2^53 are numbers; larger ones and decimals are text with all their digits
 * - floating-point numbers are numbers; NaN and infinities are text
 * - a date is `YYYY-MM-DD`; a timestamp is ISO 8601, with `Z` if its type has a time zone, otherwise without a zone
 * - bytes are Base64 text, JSON columns are their value, booleans are booleans, NULL is null, anything else is text
 */
export type Row = Readonly<Record<string, unknown>>;

/** A value that a statement gets. Everything else was turned into text before (`toSqlValue`). */
export type SqlValue = string | number | boolean | null | Uint8Array;

/** One statement with the placeholders of the database. Values never become part of the text. */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export interface ReadLimits {
  /** Maximum number of rows per batch. */
  readonly batchRows: number;
  /**
   * Maximum number of bytes that the server may send per batch. If it sends more, the driver drops the connection and
   * throws DATABASE_ROW_TOO_LARGE (input).
   */
  readonly batchBytes: number;
  /**
   * Called before the rows of each result, by databases whose statements may have several results (a procedure). A
   * batch belongs to one result. What it throws ends the reading.
   */
  onResult?(): void;
}

export interface Target {
  /** The file of a database without a server, with all links resolved. The fields of a server are then empty. */
  readonly file?: string;
  readonly host: string;
  readonly port: number;
  /** Oracle: the service name. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Absent for a connection without TLS. With TLS, the name and the chain are always checked. */
  readonly tls: { readonly ca?: string; readonly serverName?: string } | undefined;
  readonly connectTimeoutMs: number;
  /** The server ends a statement that runs longer. */
  readonly timeoutMs: number;
  /** Every socket must go through the guard. */
  readonly outbound: OutboundGuard;
  /** Aborts opening the connection. An open connection is ended by `close`. */
  readonly signal: AbortSignal;
}

export interface Driver {
  /**
   * Opens a connection and logs in. Rejects with DATABASE_CONNECT_FAILED (transient), with DATABASE_LOGIN_REFUSED,
   * DATABASE_TLS_REQUIRED or OUTBOUND_REFUSED (input).
   */
  open(target: Target): Promise<Connection>;
}

/**
 * One connection. It runs one statement at a time. Its methods reject with:
 * - DATABASE_STATEMENT_REFUSED, DATABASE_CONSTRAINT (input): the database refused the statement
 * - DATABASE_CONFLICT, DATABASE_TIMEOUT, DATABASE_SERVER_ERROR (transient): the database did nothing
 * - DATABASE_NO_ANSWER (transient): the connection was lost. What was sent may have been done, so a node that writes
 *   outside a transaction, or was committing one, turns it into `unknown-outcome`.
 */
export interface Connection {
  /** False once the connection is lost or closed. */
  readonly isUsable: boolean;
  /** True between `begin` and `commit` or `rollback`. */
  readonly isInTransaction: boolean;
  /** Runs a statement and yields its rows, batch by batch, as fast as they are consumed. May be ended early; the connection may then be unusable. */
  rows(statement: Statement, limits: ReadLimits): AsyncIterable<readonly Row[]>;
  /** Runs a statement that returns no rows. Returns how many rows it changed. */
  run(statement: Statement): Promise<{ readonly affected: number }>;
  /** Begins a transaction. In one that reads, the database refuses to change anything, where it can. */
  begin(mode: 'read' | 'write'): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Returns the columns of all tables and views that the user may read, table by table. */
  columns(): Promise<readonly Column[]>;
  /** An idle connection does not keep the process running. */
  setIdle(isIdle: boolean): void;
  /** Ends the connection at once, also while a statement runs: that statement rejects with DATABASE_NO_ANSWER. */
  close(): void;
}

/** Maximum number of columns that `columns` returns. */
export const MAX_COLUMNS = 20_000;

/** The form in which a column's values appear in a row; see `Row`. */
export type ColumnForm = 'integer' | 'decimal' | 'number' | 'boolean' | 'date' | 'timestamp' | 'bytes' | 'json' | 'text';

export interface Column {
  readonly schema: string;
  readonly table: string;
  readonly kind: 'table' | 'view';
  /** What the database says about the table. */
  readonly about?: string;
  readonly name: string;
  /** The type as the database writes it. */
  readonly type: string;
  readonly form: ColumnForm;
  readonly isNullable: boolean;
  /** True if the column belongs to the primary key. */
  readonly isKey: boolean;
}
