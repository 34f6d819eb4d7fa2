import { AppError } from '../../engine/contract/values/errors.ts';
import type { Connection } from './drivers/driver.ts';
import { commitUnknown } from './drivers/errors.ts';

/**
 * Runs the work in a transaction: commits it, or rolls it back if the work fails or only reads. Rejects with the error
 * of the work, with those of `Connection`, or with DATABASE_COMMIT_UNKNOWN (unknown-outcome).
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
  if (mode === 'write') await commit(connection);
  // A driver may have closed the connection to end a result early.
  else if (connection.isUsable) await connection.rollback();
  return result;
}

/** Until it commits, a lost connection changes nothing. While it commits, the outcome is unknown. */
async function commit(connection: Connection): Promise<void> {
  try {
    await connection.commit();
  } catch (error) {
    throw error instanceof AppError && error.code === 'DATABASE_NO_ANSWER' ? commitUnknown(error) : error;
  }
}
