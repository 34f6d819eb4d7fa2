/**
 * The ledger: a table in the target database with one row per step that has written. The row is inserted in the same
 * transaction as the data, so a repeated step finds it and changes nothing. Old rows are deleted, and a step of a message
 * that is older does not write by itself (decision 0061).
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Connection } from '../drivers/driver.ts';
import type { SqlSyntax } from '../sql/syntax.ts';
import { TableWriter, type WriteDialect } from './write-dialects.ts';
import { readAll } from './read-all.ts';
import { insertUnlessKeyExists } from './write-rows.ts';

/** For how long a step that has written is known. */
const KEPT_DAYS = 90;
/** The clocks of database and platform, and their time zones, may differ. */
const MARGIN_DAYS = 2;
const DAY_MS = 86_400_000;
const DELETED_AT_ONCE = 500;
const MOST_DELETIONS = 20;

export interface Ledger {
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly key: string;
}

type Language = readonly [SqlSyntax, WriteDialect];

/** Throws DATABASE_LEDGER_OLD (input) if a step of this message may have written, and its row may be deleted. */
export function requireKnown(acceptedAt: number, now: number): void {
  if (now - acceptedAt < KEPT_DAYS * DAY_MS) return;
  throw new AppError('DATABASE_LEDGER_OLD', 'input', `The message is older than the ${KEPT_DAYS} days that the ledger is kept.`, {
    values: { days: KEPT_DAYS },
    fix: 'Check in the database whether this step has written: if so, end the message; if not, replay it as a new one.',
  });
}

/**
 * Runs the work once per key and keeps its result. Must be called in a transaction. Another step with the same key waits
 * until that transaction has ended.
 */
export async function oncePerKey<T>(
  connection: Connection,
  { table, key }: Ledger,
  language: Language,
  work: () => Promise<T>,
): Promise<T> {
  const writer = ledgerWriter(table, language);
  if (!(await insertUnlessKeyExists(connection, writer, [key, '{}']))) {
    const [row] = await readAll(connection, writer.select([key, null], ['result']));
    return JSON.parse(String(row!['result'])) as T;
  }
  const result = await work();
  await connection.run(writer.update([key, JSON.stringify(result)]));
  return result;
}

/** Deletes old rows in small batches, outside a transaction. Rejects with the errors of `Connection`. */
export async function deleteOld(connection: Connection, table: string, language: Language): Promise<void> {
  const writer = ledgerWriter(table, language);
  const old = writer.selectOlder('written_at', KEPT_DAYS + MARGIN_DAYS, DELETED_AT_ONCE);
  for (let deletions = 0; deletions < MOST_DELETIONS; deletions += 1) {
    const keys = (await readAll(connection, old)).map((row) => String(row['step_key']));
    if (keys.length > 0) await connection.run(writer.deleteAll(keys));
    if (keys.length < DELETED_AT_ONCE) return;
  }
}

function ledgerWriter(table: string, [syntax, dialect]: Language): TableWriter {
  const [name = '', schema] = table.split('.').reverse();
  const columns = [
    { name: 'step_key', isKey: true },
    { name: 'result', isKey: false },
  ];
  return new TableWriter({ schema, name, columns }, syntax, dialect);
}
