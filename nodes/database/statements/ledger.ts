/**
 * The ledger: a table in the target database with one row per step that has written. The row is inserted in the same
 * transaction as the data, so a repeated step finds it and changes nothing.
 */
import type { Connection } from '../drivers/driver.ts';
import type { SqlSyntax } from '../sql/syntax.ts';
import { TableWriter, type WriteDialect } from './write-dialects.ts';
import { insertUnlessKeyExists, readAll } from './write-rows.ts';

export interface Ledger {
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly key: string;
}

/**
 * Runs the work once per key and keeps its result. Must be called in a transaction. Another step with the same key waits
 * until that transaction has ended.
 */
export async function oncePerKey<T>(
  connection: Connection,
  { table, key }: Ledger,
  [syntax, dialect]: readonly [SqlSyntax, WriteDialect],
  work: () => Promise<T>,
): Promise<T> {
  const [name = '', schema] = table.split('.').reverse();
  const columns = [
    { name: 'step_key', isKey: true },
    { name: 'result', isKey: false },
  ];
  const writer = new TableWriter({ schema, name, columns }, syntax, dialect);
  if (!(await insertUnlessKeyExists(connection, writer, [key, '{}']))) {
    const [row] = await readAll(connection, writer.select([key, null], ['result']));
    return JSON.parse(String(row!['result'])) as T;
  }
  const result = await work();
  await connection.run(writer.update([key, JSON.stringify(result)]));
  return result;
}
