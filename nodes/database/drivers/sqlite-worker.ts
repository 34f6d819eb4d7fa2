/** The process of one SQLite connection. It does one task at a time, and ends with the process that started it. */
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite';
import { MAX_COLUMNS, type Column, type ColumnForm, type SqlValue } from './driver.ts';
import type { SqliteFailure } from './sqlite-errors.ts';
import { base64, exactNumber, floatNumber, jsonValue, localTimestamp } from './values.ts';

export type SqliteTask =
  | { readonly kind: 'open' | 'finish' | 'columns' }
  | { readonly kind: 'prepare' | 'run'; readonly text: string; readonly values: readonly SqlValue[] }
  | { readonly kind: 'next'; readonly batchRows: number; readonly batchBytes: number }
  | { readonly kind: 'begin'; readonly mode: 'read' | 'write' }
  | { readonly kind: 'end'; readonly text: 'COMMIT' | 'ROLLBACK' };

export type SqliteAnswer = { readonly value: unknown } | { readonly failure: SqliteFailure };

export interface SqliteBatch {
  readonly rows: readonly (readonly unknown[])[];
  readonly isLast: boolean;
  readonly isTooMuch: boolean;
}

const [file, timeoutMs] = process.argv.slice(2) as [string, string];
/** Statements of this file, as opposed to those of a flow, may use pragmas. */
let isOwn = false;
let database: DatabaseSync;
let reading: { readonly rows: Iterator<readonly unknown[]>; readonly readers: readonly Read[] } | undefined;

process.on('message', (task: SqliteTask) => process.send!(answer(task)));
process.once('disconnect', () => process.exit());

function answer(task: SqliteTask): SqliteAnswer {
  try {
    return { value: handle(task) };
  } catch (error) {
    const { errcode = 1, message } = error as Error & { readonly errcode?: number };
    return { failure: { code: errcode, message } };
  }
}

function handle(task: SqliteTask): unknown {
  switch (task.kind) {
    case 'open':
      return open();
    case 'prepare':
      return prepare(task.text, task.values);
    case 'next':
      return next(task.batchRows, task.batchBytes);
    case 'finish':
      reading?.rows.return?.();
      return (reading = undefined);
    case 'run':
      return Number(database.prepare(task.text).run(...task.values.map(toSqlite)).changes);
    case 'begin':
      return own(`PRAGMA query_only = ${task.mode === 'read' ? 'ON' : 'OFF'}; BEGIN${task.mode === 'read' ? '' : ' IMMEDIATE'}`);
    case 'end':
      return own(`${task.text}; PRAGMA query_only = OFF`);
    case 'columns':
      return readColumns();
  }
}

/** Neither other files nor extensions can be opened, and pragmas are not for flows. */
function open(): void {
  database = new DatabaseSync(file, { timeout: Number(timeoutMs), enableForeignKeyConstraints: true, allowExtension: false });
  database.enableDefensive(true);
  const denied: ReadonlySet<number> = new Set([constants.SQLITE_ATTACH, constants.SQLITE_DETACH]);
  database.setAuthorizer((action) =>
    denied.has(action) || (action === constants.SQLITE_PRAGMA && !isOwn) ? constants.SQLITE_DENY : constants.SQLITE_OK,
  );
  // A file that is no database is only noticed when it is read.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
}

function own(sql: string): void {
  isOwn = true;
  try {
    database.exec(sql);
  } finally {
    isOwn = false;
  }
}

function prepare(text: string, values: readonly SqlValue[]): readonly string[] {
  const statement: StatementSync = database.prepare(text);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const columns = statement.columns();
  const rows = statement.iterate(...values.map(toSqlite)) as unknown as Iterator<readonly unknown[]>;
  reading = { rows, readers: columns.map(({ type }) => readerOf(type ?? '')) };
  return columns.map(({ name }) => name);
}

function next(batchRows: number, batchBytes: number): SqliteBatch {
  const { rows, readers } = reading!;
  const batch: (readonly unknown[])[] = [];
  let bytes = 0;
  while (batch.length < batchRows) {
    const step = rows.next();
    if (step.done === true) return { rows: batch, isLast: true, isTooMuch: false };
    const row = step.value;
    for (const one of row) bytes += typeof one === 'string' ? one.length : one instanceof Uint8Array ? one.byteLength : 8;
    if (bytes > batchBytes) return { rows: [], isLast: true, isTooMuch: true };
    batch.push(row.map((one, index) => (one === null ? null : readers[index]!(one))));
  }
  return { rows: batch, isLast: false, isTooMuch: false };
}

function toSqlite(value: SqlValue): string | number | bigint | null | Uint8Array {
  if (typeof value === 'boolean') return value ? 1 : 0;
  // Otherwise SQLite would store a whole number as a floating-point number in a column without a type.
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

type Read = (value: unknown) => unknown;

/** SQLite stores any value in any column. The declared type says how it is meant. */
function readerOf(declared: string): Read {
  const form = formOf(declared);
  return (value) => {
    if (typeof value === 'bigint') return form === 'boolean' && value <= 1n && value >= 0n ? value === 1n : exactNumber(value.toString());
    if (typeof value === 'number') return floatNumber(value);
    if (value instanceof Uint8Array) return base64(value);
    return form === 'json' ? jsonValue(value as string) : form === 'timestamp' ? localTimestamp(value as string) : value;
  };
}

const FORMS: readonly (readonly [RegExp, ColumnForm])[] = [
  [/INT/i, 'integer'],
  [/BOOL/i, 'boolean'],
  [/^DATE$/i, 'date'],
  [/^(DATETIME|TIMESTAMP)/i, 'timestamp'],
  [/JSON/i, 'json'],
  [/BLOB/i, 'bytes'],
  [/REAL|FLOA|DOUB|NUM|DEC/i, 'number'],
];

function formOf(declared: string): ColumnForm {
  return FORMS.find(([pattern]) => pattern.test(declared))?.[1] ?? 'text';
}

interface ColumnRow {
  readonly table: string;
  readonly kind: 'table' | 'view';
  readonly name: string;
  readonly type: string;
  readonly required: number;
  readonly pk: number;
}

function readColumns(): readonly Column[] {
  isOwn = true;
  try {
    const rows = database
      .prepare(
        `SELECT m.name AS "table", m.type AS kind, p.name, p.type, p."notnull" AS required, p.pk
          FROM sqlite_schema m JOIN pragma_table_info(m.name) p
          WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY m.name, p.cid LIMIT ?`,
      )
      .all(MAX_COLUMNS) as unknown as readonly ColumnRow[];
    return rows.map(({ table, kind, name, type, required, pk }) => ({
      ...{ schema: '', table, kind, name, type, form: formOf(type) },
      isNullable: required === 0 && pk === 0,
      isKey: pk > 0,
    }));
  } finally {
    isOwn = false;
  }
}
