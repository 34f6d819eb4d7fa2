import type { Connection, ReadLimits, Row, Statement } from '../drivers/driver.ts';

const LIMITS: ReadLimits = { batchRows: 1, batchBytes: 16_777_216 };

/** Reads a statement that returns few rows. */
export async function readAll(connection: Connection, statement: Statement, limits = LIMITS): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const batch of connection.rows(statement, limits)) rows.push(...batch);
  return rows;
}
