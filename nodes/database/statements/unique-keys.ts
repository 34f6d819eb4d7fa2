/**
 * Idempotency by key relies on a unique key in the database. Where a statement does not name the key columns itself, the
 * database would not refuse a table without one, so the index is looked up.
 */
import type { Connection } from '../drivers/driver.ts';
import { keyNotUnique } from '../drivers/errors.ts';
import { readAll } from './read-all.ts';
import type { TableWriter, Values } from './write-dialects.ts';

const LIMITS = { batchRows: 100, batchBytes: 1_048_576 };

/** The keys that were found, per connection: one that is opened later looks again. */
const found = new WeakMap<Connection, Set<string>>();

/**
 * Rejects with DATABASE_KEY_NOT_UNIQUE (input) if the table has no unique index on exactly the key columns. `row` is one
 * that will be written.
 */
export async function requireUniqueKey(connection: Connection, writer: TableWriter, row: Values): Promise<void> {
  const statement = writer.uniqueIndexes();
  if (statement === undefined) return;
  const known = found.get(connection) ?? new Set();
  const id = JSON.stringify([statement.values, writer.keyNames]);
  if (known.has(id)) return;
  const wanted = textOf(writer.keyNames);
  const parts = await readAll(connection, statement, LIMITS);
  const isUnique = Map.groupBy(parts, (part) => part['index_name'])
    .values()
    .some((columns) => textOf(columns.map((part) => part['column_name'])) === wanted);
  if (!isUnique) {
    // If the table or a column is missing, the database says so here.
    await readAll(connection, writer.select(row, writer.keyNames));
    throw keyNotUnique();
  }
  found.set(connection, known.add(id));
}

/** Databases do not distinguish upper and lower case in names of columns. */
function textOf(columns: readonly unknown[]): string {
  return JSON.stringify(columns.map((column) => String(column).toLowerCase()).sort());
}
