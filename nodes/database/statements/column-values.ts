/**
 * Turns values in the form in which rows are read (see `Row`) into what the columns of a table take, where the database does
 * not do so itself. Only the type of the column decides: the same text stays as it is in a column of text.
 */
import type { Connection } from '../drivers/driver.ts';
import { readAll } from './read-all.ts';
import type { TableWriter, Values } from './write-dialects.ts';

const LIMITS = { batchRows: 100, batchBytes: 1_048_576 };

/** Returns the rows as the columns take them. Reads the types of the columns only if a value has such a form. */
export async function toColumnValues(connection: Connection, writer: TableWriter, rows: readonly Values[]): Promise<readonly Values[]> {
  const { columnForm: form } = writer.dialect;
  if (form === undefined || !rows.some((row) => row.some((value) => form.isRead(value)))) return rows;
  const textOf = (name: unknown) => (form.hasCase ? String(name) : String(name).toLowerCase());
  const found = await readAll(connection, writer.about(form.columns), LIMITS);
  const details = new Map(found.map((column) => [textOf(column['column_name']), column['detail']]));
  const names = writer.columnNames.map(textOf);
  return rows.map((row) =>
    row.map((value, at) => (form.isRead(value) && details.has(names[at]!) ? form.convert(value, details.get(names[at]!)) : value)),
  );
}
