import type { Connection } from './drivers/driver.ts';

/**
 * Runs the work in a transaction: commits it, or rolls it back if the work fails or only reads. Rejects with the error
 * of the work, or with those of `Connection`.
 */
export async function inTransaction<T>(connection: Connection, mode: 'read' | 'write', work: () => Promise<T>): Promise<T> {
  await connection.begin(mode);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // A connection that cannot roll back is of no further use. The server rolls back when it is closed.
    if (connection.isUsable) await connection.rollback().catch(() => connection.close());
    throw error;
  }
  if (mode === 'write') await connection.commit();
  // A driver may have closed the connection to end a result early.
  else if (connection.isUsable) await connection.rollback();
  return result;
}
