/** Writes rows into a table, in the transaction of the caller. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Connection, Row } from '../drivers/driver.ts';
import { readAll } from './read-all.ts';
import { requireUniqueKey } from './unique-keys.ts';
import type { TableWriter, Values } from './write-dialects.ts';

export type WriteMode = 'insert' | 'update' | 'upsert' | 'delete';

export interface WriteOrder {
  readonly mode: WriteMode;
  /** An insert accepts an equal row that exists already. */
  readonly isRepeatable: boolean;
  readonly rows: readonly Values[];
  /** Columns to return of each row. */
  readonly returning: readonly string[];
}

export interface Written {
  readonly affected: number;
  readonly rows?: readonly Row[];
}

/** Maximum size of the values of one INSERT. Databases limit the size of a statement, MySQL to 16 MB by default. */
const BATCH_BYTES = 1_048_576;

/**
 * Rejects with DATABASE_ROW_DIFFERS, DATABASE_KEY_NOT_UNIQUE or DATABASE_RETURNING (input), and the errors of `Connection`.
 */
export async function writeRows(connection: Connection, writer: TableWriter, order: WriteOrder): Promise<Written> {
  const { mode, isRepeatable, rows, returning } = order;
  if (mode === 'insert' && !isRepeatable) return insertAll(connection, writer, order);
  let affected = 0;
  const returned: Row[] = [];
  for (const row of rows) {
    affected += await writeRow(connection, writer, mode, row);
    if (returning.length > 0) returned.push(...(await readAll(connection, writer.select(row, returning))));
  }
  return { affected, ...(returning.length > 0 ? { rows: returned } : {}) };
}

async function writeRow(connection: Connection, writer: TableWriter, mode: WriteMode, row: Values): Promise<number> {
  switch (mode) {
    case 'insert':
      await insertOnce(connection, writer, row);
      return 1;
    case 'upsert':
      await requireUniqueKey(connection, writer, row);
      // Databases count this differently: MySQL counts a changed row as two.
      await connection.run(writer.upsert(row));
      return 1;
    case 'update':
      return (await connection.run(writer.update(row))).affected;
    case 'delete':
      return (await connection.run(writer.delete(row))).affected;
  }
}

async function insertAll(connection: Connection, writer: TableWriter, { rows, returning }: WriteOrder): Promise<Written> {
  if (returning.length > 0) return insertReturning(connection, writer, rows, returning);
  let affected = 0;
  for (const batch of batchesOf(rows, writer.dialect)) affected += (await connection.run(writer.insert(batch))).affected;
  return { affected };
}

/** Inserts row by row, because databases do not promise the order in which a statement returns several rows. */
async function insertReturning(
  connection: Connection,
  writer: TableWriter,
  rows: readonly Values[],
  returning: readonly string[],
): Promise<Written> {
  if (writer.dialect.returning === undefined) {
    throw new AppError('DATABASE_RETURNING', 'input', 'This database cannot return columns of an inserted row.', {
      fix: 'Return no columns; or choose idempotency by key, so that the row can be read by its key.',
    });
  }
  const returned: Row[] = [];
  for (const row of rows) returned.push(...(await readAll(connection, writer.insert([row], returning))));
  return { affected: returned.length, rows: returned };
}

function* batchesOf(rows: readonly Values[], { maxRows, maxValues }: TableWriter['dialect']): Iterable<readonly Values[]> {
  let batch: Values[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.reduce<number>(
      (sum, value) => sum + (typeof value === 'object' || typeof value === 'string' ? (value?.length ?? 0) : 8),
      0,
    );
    if (batch.length === maxRows || (batch.length + 1) * row.length > maxValues || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Inserts a row, or finds an equal one. Rejects with DATABASE_ROW_DIFFERS (input) if it differs. */
async function insertOnce(connection: Connection, writer: TableWriter, row: Values): Promise<void> {
  if (await insertUnlessKeyExists(connection, writer, row)) return;
  if ((await readAll(connection, writer.selectSame(row, 'all'))).length > 0) return;
  if ((await readAll(connection, writer.selectSame(row, 'key'))).length === 0) {
    const message = 'A row exists already whose key is written differently, but counts as equal in this database.';
    throw new AppError('DATABASE_ROW_DIFFERS', 'input', message, {
      values: { problem: 'key' },
      fix: 'Compare both keys: upper and lower case, accents and trailing spaces; correct the key, or the collation of its column.',
    });
  }
  throw new AppError('DATABASE_ROW_DIFFERS', 'input', 'A row with this key exists already, but with other values.', {
    fix: 'Correct the key; or choose insert or update, if the existing row should be changed.',
  });
}

/** Returns false if a row with this key exists already. The transaction goes on. */
export async function insertUnlessKeyExists(connection: Connection, writer: TableWriter, row: Values): Promise<boolean> {
  const statement = writer.insertUnlessKeyExists(row);
  if (statement !== undefined) return (await connection.run(statement)).affected > 0;
  await requireUniqueKey(connection, writer, row);
  try {
    await connection.run(writer.insert([row]));
    return true;
  } catch (error) {
    const isUnique = error instanceof AppError && error.code === 'DATABASE_CONSTRAINT' && error.values['problem'] === 'unique';
    if (!isUnique) throw error;
    // Another unique constraint may have refused the row.
    const isKey = (await readAll(connection, writer.select(row, writer.keyNames))).length > 0;
    if (!isKey) throw error;
    return false;
  }
}
