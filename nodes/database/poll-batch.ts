import { inTransaction } from './in-transaction.ts';
import { readRows } from './read-rows.ts';
import { bindStatement } from './sql-parameters.ts';
import { useConnection, type DatabaseContext } from './use-connection.ts';
import type { Row, SqlValue } from './drivers/driver.ts';

export interface BatchQuery {
  readonly sql: string;
  readonly values: ReadonlyMap<string, SqlValue>;
  readonly maxRows: number;
  readonly maxRowBytes: number;
  /** Returns whether a row belongs to the batch. Others are read over. */
  takes(row: Row): boolean;
}

export interface Batch {
  readonly rows: readonly Row[];
  /** True if the query has no further row. */
  readonly isLast: boolean;
}

/**
 * Reads up to `maxRows` rows that are taken, then ends the query: nothing is held open in the database while the rows
 * are handed in. Rejects with the errors of `useConnection` and `readRows`.
 */
export async function readBatch(ctx: DatabaseContext, { sql, values, maxRows, maxRowBytes, takes }: BatchQuery): Promise<Batch> {
  return useConnection(ctx, async ({ connection, syntax }) => {
    const statement = bindStatement(sql, values, syntax);
    return inTransaction(connection, 'read', async () => {
      const rows: Row[] = [];
      for await (const batch of readRows(connection, statement, { maxRows: Number.MAX_SAFE_INTEGER, maxRowBytes }))
        for (const { row } of batch) {
          if (!takes(row)) continue;
          if (rows.length === maxRows) return { rows, isLast: false };
          rows.push(row);
        }
      return { rows, isLast: true };
    });
  });
}
